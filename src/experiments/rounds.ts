import sql from 'sql-template-tag'
import { type Db, query, queryOne, queryRow } from '#db/connect.ts'
import { type ExperimentInput, sweepSettingsSchema } from './definition.ts'
import type { ExperimentKey } from './experiments.ts'
import { FINALISTS, type GuidedPlan, orderTraining, planGuided } from './guided-plan.ts'
import { promoteVariants } from './halving.ts'
import type { VariantStage } from './pipeline.ts'
import { insertBatches, type Lane, listLanes } from './plan.ts'
import { boundHeldBack, type Question, type QuestionDataset, readQuestionCases } from './question.ts'

/** Plans the first round of a guided sweep: variants in the order in which they were drawn, and the baseline. */
export async function planFirstRound(tx: Db, key: ExperimentKey, question: Question, lanes: Lane[]): Promise<void> {
  const { dataset, sweep, baseline } = question
  if (dataset === null) return
  const { train } = await splitCases(tx, key, dataset)
  const [first] = planGuided(question).rounds
  if (first === undefined) return
  const drawn = question.variants.map((_, index) => index + 1).slice(0, first.fresh)
  const entrants = [...new Set([...drawn, ...(baseline === null ? [] : [baseline + 1])])]
  await enterRound(tx, key, 0, entrants)
  const caseNos = orderTraining(train, sweep.seed).slice(0, first.cases)
  await addCells(tx, key, await insertBatches(tx, key, 0, pickLanes(lanes, entrants), caseNos, sweep.repeats))
}

/**
 * Plans the round after the one whose cells have all ended; false when there is none. The better part of it goes on to
 * more cases, variants not seen before come in, and the baseline is in every round. After the last one the finalists
 * and the baseline run the cases that were held back.
 */
export async function planNextRound(tx: Db, key: ExperimentKey): Promise<boolean> {
  const { round, definition, concurrency, ref } = await readRound(tx, key)
  const sweep = sweepSettingsSchema.parse(definition.sweep ?? {})
  if (sweep.method !== 'guided' || ref === null) return false
  const variants = await listVariants(tx, key)
  const source = readSource(definition)
  const cases = await splitCases(tx, key, { ref, source, cases: 0, test: 0 })
  const baseline = variants.find(variant => variant.baseline) ?? null
  const plan = planGuided({
    sweep,
    dataset: { ref, source, cases: cases.train.length + cases.test.length, test: cases.test.length },
    baseline: baseline === null ? null : baseline.variant_no - 1,
  })
  const order = orderTraining(cases.train, sweep.seed)
  const lanes = listLanes(variants, concurrency)
  const standing: Standing = { round, plan, order, variants, test: cases.test, repeats: sweep.repeats }
  const cells =
    round + 1 < plan.rounds.length
      ? await planHalved(tx, key, lanes, standing)
      : await planFinal(tx, key, lanes, standing)
  if (cells === 0) return false
  await addCells(tx, key, cells)
  return true
}

interface VariantRow {
  variant_no: number
  stages: VariantStage[]
  baseline: boolean
  last_round: number | null
}

/** Where a guided sweep stands. */
interface Standing {
  round: number
  plan: GuidedPlan
  /** The training cases in the order in which rounds take them. */
  order: number[]
  variants: VariantRow[]
  test: number[]
  repeats: number
}

async function planHalved(tx: Db, key: ExperimentKey, lanes: Lane[], standing: Standing): Promise<number> {
  const { round, plan, order, variants, repeats } = standing
  const [before, next] = [plan.rounds[round], plan.rounds[round + 1]]
  if (before === undefined || next === undefined) return 0
  const carried = await promote(tx, key, standing, order.slice(0, before.cases), next.carried)
  const unseen = variants.filter(variant => variant.last_round === null).map(variant => variant.variant_no)
  const fresh = unseen.slice(0, next.fresh)
  await enterRound(tx, key, round + 1, [...carried, ...fresh])
  const more = order.slice(before.cases, next.cases)
  const carriedCells = await insertBatches(tx, key, round + 1, pickLanes(lanes, carried), more, repeats)
  const all = order.slice(0, next.cases)
  return carriedCells + (await insertBatches(tx, key, round + 1, pickLanes(lanes, fresh), all, repeats))
}

async function planFinal(tx: Db, key: ExperimentKey, lanes: Lane[], standing: Standing): Promise<number> {
  const { round, plan, order, test, repeats } = standing
  if (round >= plan.rounds.length || test.length === 0) return 0
  const finalists = await promote(tx, key, standing, order, FINALISTS)
  await enterRound(tx, key, round + 1, finalists)
  return insertBatches(tx, key, round + 1, pickLanes(lanes, finalists), test, repeats)
}

/** The best variants of the round by their mean over its cases, and the baseline if it is not one of them. */
async function promote(
  tx: Db,
  key: ExperimentKey,
  { round, variants }: Standing,
  caseNos: number[],
  count: number,
): Promise<number[]> {
  const entered = variants.filter(variant => variant.last_round === round).map(variant => variant.variant_no)
  const scores = await query<{ variant: string; score: number }>(
    tx,
    sql`
      select variant_no::text as variant, avg(score) as score from (
        select variant_no, case_no, avg(coalesce(weighted, 0)) as score from runs
        where project_id = ${key.project_id} and experiment_no = ${key.experiment_no}
          and variant_no = any(${entered}::integer[]) and case_no = any(${caseNos}::bigint[])
          and status in ('completed', 'failed')
        group by variant_no, case_no
      ) one_case
      group by variant_no order by variant_no`,
  )
  const best = promoteVariants(scores, count).map(Number)
  const baseline = variants.find(variant => variant.baseline)?.variant_no
  return baseline === undefined || best.includes(baseline) ? best : [...best, baseline]
}

async function readRound(tx: Db, key: ExperimentKey) {
  const row = await queryRow<{
    round: number
    definition: ExperimentInput
    concurrency: number | null
    dataset_no: number | null
    version_no: number | null
  }>(
    tx,
    sql`
      select round, definition, concurrency, dataset_no, version_no from experiments
      where project_id = ${key.project_id} and experiment_no = ${key.experiment_no}`,
  )
  const { dataset_no, version_no } = row
  const ref = dataset_no === null || version_no === null ? null : { dataset_no, version_no, version: '' }
  return { ...row, ref }
}

function readSource({ dataset }: ExperimentInput): QuestionDataset['source'] {
  return typeof dataset === 'object' && dataset !== null
    ? dataset
    : { name: dataset ?? '', split: 'all', test_share: 0 }
}

/** The numbers of the cases to train on and of those that are held back. */
async function splitCases(tx: Db, key: ExperimentKey, dataset: QuestionDataset) {
  const bound = boundHeldBack(dataset.source)
  const cases: { train: number[]; test: number[] } = { train: [], test: [] }
  for await (const page of readQuestionCases(tx, key.project_id, dataset)) {
    for (const { case_no, split } of page) (split < bound ? cases.test : cases.train).push(case_no)
  }
  return cases
}

function listVariants(tx: Db, key: ExperimentKey): Promise<VariantRow[]> {
  return query<VariantRow>(
    tx,
    sql`
      select variant_no, stages, baseline, last_round from variants
      where project_id = ${key.project_id} and experiment_no = ${key.experiment_no} order by variant_no`,
  )
}

async function enterRound(tx: Db, key: ExperimentKey, round: number, variantNos: number[]): Promise<void> {
  await query(
    tx,
    sql`
      update variants set first_round = case when last_round is null then ${round} else first_round end, last_round = ${round}
      where project_id = ${key.project_id} and experiment_no = ${key.experiment_no}
        and variant_no = any(${variantNos}::integer[])`,
  )
  await query(
    tx,
    sql`
      update experiments set round = ${round}
      where project_id = ${key.project_id} and experiment_no = ${key.experiment_no}`,
  )
}

async function addCells(tx: Db, key: ExperimentKey, cells: number): Promise<void> {
  await queryOne(
    tx,
    sql`
      update experiments set cells = cells + ${cells}
      where project_id = ${key.project_id} and experiment_no = ${key.experiment_no}`,
  )
}

function pickLanes(lanes: readonly Lane[], variantNos: readonly number[]): Lane[] {
  const wanted = new Set(variantNos)
  return lanes.map(({ lane, variant_nos }) => ({ lane, variant_nos: variant_nos.filter(no => wanted.has(no)) }))
}
