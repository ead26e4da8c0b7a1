/** Experiments that are there without having been run: their sums are written as the runs' triggers would leave them. */
import { randomUUID } from 'node:crypto'
import sql from 'sql-template-tag'
import { type Db, query, queryRow } from '#db/connect.ts'
import { ensureUser } from '#projects/users.ts'

export interface SeedCase {
  cluster: string
  /** 0 to 9999; default 9999. */
  split?: number
}

export interface SeedRun {
  /** By scorer; null where the run has none. A failed run has zeros. */
  grades: (number | null)[]
  failed?: boolean
  cost_usd?: number | null
  duration_ms?: number | null
}

export interface SeedVariant {
  trial: { [name: string]: unknown }
  /** By case: the repeats, or null where the variant was not run. */
  runs: (SeedRun[] | null)[]
  prompts?: { stage: string; name: string; version: string }[]
  baseline?: boolean
  last_round?: number
}

export interface SeedExperiment {
  name?: string
  status?: string
  scorers: { name: string; weight: number | null; declared?: boolean }[]
  cases: SeedCase[]
  variants: SeedVariant[]
  test_share?: number
  pass_threshold?: number
  /** Default: as many as there are runs. */
  planned?: number
}

export interface SeededExperiment {
  id: string
  experiment_no: number
  case_nos: number[]
}

/** Writes an experiment of the default project with its cases and sums. */
export async function seedExperiment(db: Db, seed: SeedExperiment): Promise<SeededExperiment> {
  const caseNos = await seedCases(db, seed.cases)
  const { user_id } = await ensureUser(db, 'ada')
  const runs = seed.variants.flatMap(variant => variant.runs.flatMap(repeats => repeats ?? []))
  const failed = runs.filter(run => run.failed).length
  const { experiment_no, id } = await queryRow<{ experiment_no: number; id: string }>(
    db,
    sql`
      insert into experiments (project_id, user_id, name, definition, status, test_below, pass_threshold, cells, completed, failed)
      values (1, ${user_id}, ${seed.name ?? `experiment ${randomUUID()}`}, '{}', ${seed.status ?? 'completed'},
        ${Math.round((seed.test_share ?? 0) * 10_000)}, ${seed.pass_threshold ?? 0.5}, ${seed.planned ?? runs.length},
        ${runs.length - failed}, ${failed})
      returning experiment_no, experiment_id as id`,
  )
  for (const [index, { name, weight, declared }] of seed.scorers.entries()) {
    await query(
      db,
      sql`
        insert into experiment_scorers (project_id, experiment_no, scorer_no, name, weight, declared)
        values (1, ${experiment_no}, ${index + 1}, ${name}, ${weight}, ${declared ?? true})`,
    )
  }
  for (const [index, variant] of seed.variants.entries()) {
    const { trial, prompts = [], baseline = false, last_round = null } = variant
    await query(
      db,
      sql`
        insert into variants (project_id, experiment_no, variant_no, trial, stages, prompts, baseline, last_round)
        values (1, ${experiment_no}, ${index + 1}, ${JSON.stringify(trial)}, '[]', ${JSON.stringify(prompts)}, ${baseline},
          ${last_round})`,
    )
  }
  const weights = seed.scorers.map(({ weight }) => weight ?? 0)
  const shared = { experiment_no, weights, threshold: seed.pass_threshold ?? 0.5 }
  const rows = seed.variants.flatMap((variant, index) =>
    variant.runs.flatMap((repeats, place) =>
      repeats === null ? [] : [sumRuns({ ...shared, variant_no: index + 1, case_no: caseNos[place] ?? 0 }, repeats)],
    ),
  )
  for (let from = 0; from < rows.length; from += 2000) await putSums(db, rows.slice(from, from + 2000))
  return { id, experiment_no, case_nos: caseNos }
}

/** Replaces the sums of cells, in one statement; `changed_xid` is that of its transaction. */
export async function putSums(db: Db, rows: object[]): Promise<void> {
  await query(
    db,
    sql`
      insert into case_sums (
        project_id, experiment_no, variant_no, case_no, runs, failed, weighted_n, weighted_total, passes, grade_n, grade_total,
        cost_n, cost_total, duration_n, duration_total
      )
      select project_id, experiment_no, variant_no, case_no, runs, failed, weighted_n, weighted_total, passes, grade_n,
        grade_total, cost_n, cost_total, duration_n, duration_total
      from json_populate_recordset(null::case_sums, ${JSON.stringify(rows)})
      on conflict (project_id, experiment_no, variant_no, case_no) do update set
        runs = excluded.runs, failed = excluded.failed, passes = excluded.passes, grade_n = excluded.grade_n,
        grade_total = excluded.grade_total, cost_n = excluded.cost_n,
        cost_total = excluded.cost_total, duration_n = excluded.duration_n, duration_total = excluded.duration_total,
        changed_xid = pg_current_xact_id()`,
  )
}

/** The sums of a cell's runs. */
export function sumRuns(
  cell: { experiment_no: number; variant_no: number; case_no: number; weights: number[]; threshold: number },
  runs: SeedRun[],
): object {
  const { weights, threshold, ...key } = cell
  const grades = weights.map((_, scorer) => runs.flatMap(run => run.grades[scorer] ?? []))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const weighted = runs.map(run =>
    run.grades.some(grade => grade === null)
      ? null
      : run.grades.reduce<number>((sum, grade, scorer) => {
          const share = total === 0 ? 1 / weights.length : (weights[scorer] ?? 0) / total
          return sum + share * (grade ?? 0)
        }, 0),
  )
  const known = weighted.filter(score => score !== null)
  const costs = runs.flatMap(run => run.cost_usd ?? [])
  const durations = runs.flatMap(run => run.duration_ms ?? [])
  return {
    project_id: 1,
    ...key,
    runs: runs.length,
    failed: runs.filter(run => run.failed).length,
    weighted_n: known.length,
    weighted_total: Math.round(1e9 * known.reduce((sum, score) => sum + score, 0)),
    passes: known.filter(score => score >= threshold - 1e-12).length,
    grade_n: grades.map(values => values.length),
    grade_total: grades.map(values => values.reduce((sum, value) => sum + Math.round(value * 1e9), 0)),
    cost_n: costs.length,
    cost_total: costs.reduce((sum, cost) => sum + cost, 0),
    duration_n: durations.length,
    duration_total: durations.reduce((sum, duration) => sum + duration, 0),
  }
}

async function seedCases(db: Db, cases: SeedCase[]): Promise<number[]> {
  const { dataset_no } = await queryRow<{ dataset_no: number }>(
    db,
    sql`insert into datasets (project_id, name) values (1, ${`cases ${randomUUID()}`}) returning dataset_no`,
  )
  const rows = await query<{ case_no: number }>(
    db,
    sql`
      insert into cases (project_id, dataset_no, input, metadata, cluster, split, content_hash, added_in)
      select 1, ${dataset_no}, json_build_object('n', turn), '{}', cluster, split, sha256(turn::text::bytea), 1
      from unnest(${cases.map(one => one.cluster)}::text[], ${cases.map(one => one.split ?? 9999)}::smallint[])
        with ordinality as one (cluster, split, turn)
      order by turn returning case_no`,
  )
  return rows.map(row => row.case_no).sort((one, other) => one - other)
}
