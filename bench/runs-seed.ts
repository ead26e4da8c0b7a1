import sql from 'sql-template-tag'
import { type Db, query, queryRow } from '#db/connect.ts'
import { liftDeadline, transact } from '#db/transact.ts'

const CHUNK = 100_000
const VARIANTS = 10
const CASES = 1000

export interface SeededRuns {
  /** The experiment that has half of all runs, and its runs. */
  large: { id: string; runs: number }
  /** One that has a hundredth. */
  small: { id: string; runs: number }
}

/**
 * Writes runs of 51 experiments: one has half of them, in the middle of the time. One in 500 failed, the newest have not
 * ended. Older runs score less, so that a filter by score finds nothing near the list's beginning.
 */
export async function seedRuns(db: Db, runs: number): Promise<SeededRuns> {
  const { user_id } = await queryRow<{ user_id: number }>(
    db,
    sql`insert into users (name) values ('bench') on conflict (name) do update set name = excluded.name returning user_id`,
  )
  const { dataset_no } = await queryRow<{ dataset_no: number }>(
    db,
    sql`insert into datasets (project_id, name) values (1, 'bench runs') returning dataset_no`,
  )
  const { first } = await queryRow<{ first: number }>(
    db,
    sql`
      with added as (
        insert into cases (project_id, dataset_no, input, metadata, cluster, split, content_hash, added_in)
        select 1, ${dataset_no}, json_build_object('question', repeat('word ', 40) || n), '{}', 'session:' || n, 9999,
          sha256(n::text::bytea), 1
        from generate_series(1, ${CASES}::integer) n returning case_no
      ) select min(case_no) as first from added`,
  )
  const experiments = await query<{ experiment_no: number; id: string }>(
    db,
    sql`
      insert into experiments (project_id, user_id, name, definition, status)
      select 1, ${user_id}, 'bench ' || n, '{}', 'completed' from generate_series(1, 51) n
      returning experiment_no, experiment_id as id`,
  )
  const numbers = experiments.map(one => one.experiment_no)
  await query(
    db,
    sql`
      insert into experiment_scorers (project_id, experiment_no, scorer_no, name, weight, declared)
      select 1, no, place, 'scorer ' || place, place, true
      from unnest(${numbers}::bigint[]) no, generate_series(1, 3) place`,
  )
  const stage = {
    name: 'main',
    system: 'Be brief.',
    user: '{{ question }}',
    model: 'm',
    backend: 'b',
    params: {},
    schema: null,
  }
  await query(
    db,
    sql`
      insert into variants (project_id, experiment_no, variant_no, trial, stages)
      select 1, no, v, json_build_object('seed', v), ${JSON.stringify([{ ...stage, tools: null, prompt: null }])}::json
      from unnest(${numbers}::bigint[]) no, generate_series(1, ${VARIANTS}::integer) v`,
  )
  await transact(db, async tx => {
    const patient = await liftDeadline(tx)
    await query(patient, sql`alter table runs disable trigger user`)
    for (let from = 0; from < runs; from += CHUNK) {
      await insertRuns(patient, { runs, numbers, first }, from, Math.min(runs, from + CHUNK) - 1)
    }
    await query(patient, sql`alter table runs enable trigger user`)
    await query(
      patient,
      sql`
        update experiments e set runs = counted.n from (select experiment_no, count(*) as n from runs group by 1) counted
        where e.experiment_no = counted.experiment_no`,
    )
  })
  for (const table of [sql`runs`, sql`experiments`, sql`cases`]) await query(db, sql`vacuum analyze ${table}`)
  const [large, small] = [experiments[0]?.id ?? '', experiments[25]?.id ?? '']
  return { large: { id: large, runs: Math.floor(runs / 2) }, small: { id: small, runs: Math.floor(runs / 100) } }
}

async function insertRuns(
  db: Db,
  { runs, numbers, first }: { runs: number; numbers: number[]; first: number },
  from: number,
  to: number,
): Promise<void> {
  const chance = (salt: number) => sql`((hashint4(n + ${salt}::integer)::bigint + 2147483648) % 10007) / 10007.0`
  await query(
    db,
    sql`
      insert into runs (
        project_id, experiment_no, variant_no, case_no, repeat, config_hash, status, started_at, completed_at, duration_ms,
        tokens_in, tokens_out, cost_usd, grades, score_mean, weighted, started_xid, ended_xid
      )
      select 1, (${numbers}::bigint[])[experiment], 1 + n % ${VARIANTS}, ${first} + n / ${VARIANTS} % ${CASES},
        n / ${VARIANTS * CASES} % 1000, sha256(n::text::bytea),
        case when age < 50 then 'pending' when age < 100 then 'running' when n % 500 = 7 then 'failed' else 'completed' end,
        case when age >= 50 then at end, case when age >= 100 then at + interval '200 ms' end,
        200 + n % 997, 400, 60, 0.001,
        case when age < 100 then '{}' else array[exact, style, 0.5] end, case when age >= 100 then (exact + style + 0.5) / 3 end,
        case when age >= 100 then (exact + 2 * style + 1.5) / 6 end, '9'::xid8, case when age >= 100 then '9'::xid8 end
      from (
        select n, age, at, experiment, (${chance(1)} < ease)::integer::float8 as exact,
          round((ease * ${chance(3)})::numeric, 3)::float8 as style
        from (
          select n, ${runs - 1} - n as age, now() - make_interval(secs => (${runs} - n) * 0.05) as at,
            case when n between ${runs}::integer / 4 and ${runs}::integer / 4 * 3 - 1 then 1
              else 2 + (n / (${runs}::integer / 100)) % 50 end as experiment,
            0.3 + 0.6 * n / ${runs}::float8 as ease
          from generate_series(${from}::integer, ${to}::integer) n
        ) placed
      ) graded`,
  )
}
