/** Writes what a sweep will do: its variants, and its cells in batches. */
import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { BATCH_CELLS } from './batches.ts'
import type { ExperimentKey } from './experiments.ts'
import type { VariantStage } from './pipeline.ts'
import type { QuestionVariant } from './question.ts'

/** Variants that are written in one statement. */
const PAGE = 1000

/** Writes variants under the numbers from 1. */
export async function insertVariants(
  tx: Db,
  key: ExperimentKey,
  variants: readonly QuestionVariant[],
  baseline: number | null,
): Promise<void> {
  for (let start = 0; start < variants.length; start += PAGE) {
    const page = variants.slice(start, start + PAGE)
    const prompts = page.map(({ stages }) =>
      JSON.stringify(stages.flatMap(({ name, prompt }) => (prompt === null ? [] : [{ stage: name, ...prompt }]))),
    )
    await query(
      tx,
      sql`
        insert into variants (project_id, experiment_no, variant_no, trial, stages, prompts, baseline)
        select ${key.project_id}, ${key.experiment_no}, ${start} + turn, trial::json, stages::json, prompts::json,
          ${start} + turn - 1 = coalesce(${baseline}::integer, -1)
        from unnest(
          ${page.map(({ trial }) => JSON.stringify(trial))}::text[],
          ${page.map(({ stages }) => JSON.stringify(stages))}::text[], ${prompts}::text[]
        ) with ordinality as variant (trial, stages, prompts, turn)`,
    )
  }
}

/** The lane of a variant: the backends that its stages ask. */
export function nameLane(stages: readonly VariantStage[]): string {
  return [...new Set(stages.map(stage => stage.backend))].sort().join(' ')
}

/** Variants of one lane, by number. */
export interface Lane {
  lane: string
  variant_nos: number[]
}

/** The lanes of variants; a single one where the ceiling of concurrent runs leaves not one run for each. */
export function listLanes(
  variants: readonly { variant_no: number; stages: readonly VariantStage[] }[],
  concurrency: number | null,
): Lane[] {
  const named = Map.groupBy(variants, ({ stages }) => nameLane(stages))
  const lanes = [...named].map(([lane, its]) => ({ lane, variant_nos: its.map(one => one.variant_no) }))
  if (concurrency === null || lanes.length <= concurrency) return lanes
  const names = [...new Set([...named.keys()].flatMap(lane => lane.split(' ')))].sort()
  return [{ lane: names.join(' '), variant_nos: variants.map(one => one.variant_no) }]
}

/**
 * Writes batches of cells: case by case, so that early on all variants are compared on the same cases, and lane beside
 * lane. Made by the database from the numbers alone. Call it once for each part of the cases.
 *
 * @returns how many cells.
 */
export async function insertBatches(
  tx: Db,
  key: ExperimentKey,
  round: number,
  lanes: readonly Lane[],
  caseNos: readonly number[],
  repeats: number,
): Promise<number> {
  if (caseNos.length === 0) return 0
  let cells = 0
  for (const { lane, variant_nos } of lanes) {
    cells += variant_nos.length * caseNos.length * repeats
    if (variant_nos.length === 0) continue
    await query(
      tx,
      sql`
        insert into run_batches (project_id, experiment_no, kind, lane, round, variant_nos, case_nos, repeats)
        select ${key.project_id}, ${key.experiment_no}, 'sweep', ${lane}, ${round}, array_agg(variant_no order by turn),
          array_agg(case_no order by turn), array_agg(repeat order by turn)
        from (
          select variant_no, case_no, repeat, turn, (turn - 1) / ${BATCH_CELLS} as batch from (
            select variant_no, case_no, repeat, row_number() over (order by place, repeat, variant_no) as turn
            from unnest(${caseNos}::bigint[]) with ordinality as one_case (case_no, place)
            cross join unnest(${variant_nos}::integer[]) as variant_no
            cross join generate_series(0, ${repeats - 1}::smallint) as repeat
          ) numbered
        ) cell
        group by batch order by batch`,
    )
  }
  return cells
}
