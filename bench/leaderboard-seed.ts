import sql from 'sql-template-tag'
import { type Db, query, queryRow } from '#db/connect.ts'
import { liftDeadline, transact } from '#db/transact.ts'

export interface LeaderboardShape {
  variants: number
  cases: number
  repeats: number
  clusters: number
}

const CHUNK = 100_000

/**
 * Writes an experiment of this shape that has come to its end: two scorers with weights (pass or fail, and graded), one
 * without. Variants differ by up to 0.2, cases and clusters in how hard they are. Written set by set; the sums are worked
 * out afterwards as the triggers would have.
 *
 * @returns its id.
 */
export async function seedLeaderboard(db: Db, shape: LeaderboardShape): Promise<{ id: string; experiment_no: number }> {
  const { variants, cases, repeats, clusters } = shape
  const runs = variants * cases * repeats
  const { user_id } = await queryRow<{ user_id: number }>(
    db,
    sql`insert into users (name) values ('bench') on conflict (name) do update set name = excluded.name returning user_id`,
  )
  const name = `${variants} x ${cases} x ${repeats}`
  const { experiment_no, id } = await queryRow<{ experiment_no: number; id: string }>(
    db,
    sql`
      insert into experiments (project_id, user_id, name, definition, status, cells, completed, runs)
      values (1, ${user_id}, ${name}, '{}', 'completed', ${runs}, ${runs}, ${runs})
      returning experiment_no, experiment_id as id`,
  )
  await query(
    db,
    sql`
      insert into experiment_scorers (project_id, experiment_no, scorer_no, name, weight, declared)
      values (1, ${experiment_no}, 1, 'exact', 2, true), (1, ${experiment_no}, 2, 'style', 1, true),
        (1, ${experiment_no}, 3, 'length', null, true)`,
  )
  await query(
    db,
    sql`
      insert into variants (project_id, experiment_no, variant_no, trial, stages)
      select 1, ${experiment_no}, v, json_build_object('model', 'model-' || v % 10, 'seed', v), '[]'
      from generate_series(1, ${variants}::integer) v`,
  )
  const { dataset_no } = await queryRow<{ dataset_no: number }>(
    db,
    sql`insert into datasets (project_id, name) values (1, ${`${name} ${id}`}) returning dataset_no`,
  )
  const { first } = await queryRow<{ first: number }>(
    db,
    sql`
      with added as (
        insert into cases (project_id, dataset_no, input, metadata, cluster, split, content_hash, added_in)
        select 1, ${dataset_no}, json_build_object('n', n), '{}', 'session:' || n % ${clusters}, 9999, sha256(n::text::bytea), 1
        from generate_series(0, ${cases - 1}::integer) n returning case_no
      ) select min(case_no) as first from added`,
  )
  await transact(db, async tx => {
    const patient = await liftDeadline(tx)
    await query(patient, sql`alter table runs disable trigger user`)
    for (let from = 0; from < runs; from += CHUNK) {
      await insertRuns(patient, { ...shape, experiment_no, first }, from, Math.min(runs, from + CHUNK) - 1)
    }
    await query(patient, sql`alter table runs enable trigger user`)
    await sumSeededRuns(patient, experiment_no)
  })
  for (const table of [sql`runs`, sql`case_sums`, sql`cases`]) await query(db, sql`vacuum analyze ${table}`)
  return { id, experiment_no }
}

async function insertRuns(
  db: Db,
  { variants, repeats, clusters, experiment_no, first }: LeaderboardShape & { experiment_no: number; first: number },
  from: number,
  to: number,
): Promise<void> {
  const chance = (salt: number) => sql`((hashint4(n + ${salt}::integer)::bigint + 2147483648) % 10007) / 10007.0`
  await query(
    db,
    sql`
      insert into runs (
        project_id, experiment_no, variant_no, case_no, repeat, config_hash, status, started_at, completed_at, duration_ms,
        cost_usd, grades, score_mean, weighted
      )
      select 1, ${experiment_no}, v, ${first} + c, r, sha256('bench'), 'completed', now(), now(), 200 + (n % 997), 0.001,
        array[exact, style, 0.5], (exact + style + 0.5) / 3, (2 * exact + style) / 3
      from (
        select n, v, c, r, (${chance(1)} < ease)::integer::float8 as exact,
          round((ease * ${chance(3)})::numeric, 3)::float8 as style
        from (
          select n, v, c, r,
            0.45 + 0.2 * v / ${variants}::float8 + 0.15 * (hashint4(c % ${clusters}) % 100) / 100.0
              + 0.15 * (hashint4(c + 7) % 100) / 100.0 as ease
          from (
            select n, 1 + n % ${variants} as v, n / ${variants} / ${repeats} as c, n / ${variants} % ${repeats} as r
            from generate_series(${from}::integer, ${to}::integer) n
          ) cell
        ) eased
      ) graded`,
  )
}

function sumSeededRuns(db: Db, experimentNo: number): Promise<unknown> {
  return query(
    db,
    sql`
      insert into case_sums (
        project_id, experiment_no, variant_no, case_no, runs, failed, weighted_n, weighted_total, passes, grade_n, grade_total,
        cost_n, cost_total, duration_n, duration_total
      )
      select 1, experiment_no, variant_no, case_no, count(*), 0, count(*), sum((weighted * 1e9)::bigint),
        count(*) filter (where weighted >= 0.5), array[count(*), count(*), count(*)],
        array[sum((grades[1] * 1e9)::bigint), sum((grades[2] * 1e9)::bigint), sum((grades[3] * 1e9)::bigint)],
        count(*), sum(cost_usd), count(*), sum(duration_ms)
      from runs where project_id = 1 and experiment_no = ${experimentNo} group by experiment_no, variant_no, case_no`,
  )
}
