/** What an experiment asks, checked and worked out as far as it can be before it starts. */

import { countCases, readCases, toSplitBound } from '#datasets/cases.ts'
import { type DatasetVersion, openVersion } from '#datasets/datasets.ts'
import type { Db } from '#db/connect.ts'
import { Invalid, type Location, NotFound } from '#errors.ts'
import type { Backends } from '#models/backend.ts'
import { type AskedJudge, listAskedJudges } from './asked-judges.ts'
import { checkModels } from './backend-check.ts'
import {
  type DatasetSource,
  type ExperimentInput,
  type ScoringConfig,
  type SweepSettings,
  scoringConfigSchema,
  sweepSettingsSchema,
} from './definition.ts'
import { planHalving } from './halving.ts'
import {
  applyTrial,
  type DraftStage,
  finishStages,
  keyPrompt,
  listRegistered,
  type RegisteredPrompt,
  readPipeline,
  type VariantStage,
} from './pipeline.ts'
import { lookUpPrompt } from './prompt-source.ts'
import { declareScorers } from './question-scorers.ts'
import { checkInput, type PreparedStage, prepareStages } from './stages.ts'
import { drawTrials, listGrid, type SweepTrial } from './sweep-space.ts'
import type { CompiledTemplate } from './template.ts'
import type { ExperimentScorer } from './weights.ts'

/** One configuration under the question. */
export interface QuestionVariant {
  trial: SweepTrial
  stages: VariantStage[]
  prepared: PreparedStage[]
}

export interface Question {
  scoring: ScoringConfig
  scorers: ExperimentScorer[]
  /** The judges among them. */
  judges: AskedJudge[]
  sweep: SweepSettings
  /** Empty where there is no pipeline. */
  variants: QuestionVariant[]
  /** The place among `variants` of the baseline, if one is named. */
  baseline: number | null
  dataset: QuestionDataset | null
}

/** The cases that it is about; those of an inline list are not stored yet. */
export interface QuestionDataset {
  ref: DatasetVersion | null
  source: NamedSource
  cases: number
  test: number
}

type NamedSource = Exclude<DatasetSource, string>

const PIPELINE: Location = ['body', 'pipeline']
const SPACE: Location = ['body', 'parameter_space']
const BASELINE: Location = ['body', 'baseline']
const SCORERS: Location = ['body', 'scoring_config', 'scorers']

/**
 * Works out an experiment's scorers, variants and cases, and checks all that can be checked without a model call: scorers
 * and weights, parameters, backends and the models that they list, templates with the stages and fields that they read.
 *
 * @throws Invalid at the field's path.
 */
export async function prepareQuestion(
  db: Db,
  backends: Backends,
  projectId: number,
  input: ExperimentInput,
): Promise<Question> {
  const scoring = scoringConfigSchema.parse(input.scoring_config ?? {})
  const sweep = sweepSettingsSchema.parse(input.sweep ?? {})
  const scorers = declareScorers(scoring)
  const judges = listAskedJudges(scoring.scorers, SCORERS)
  const dataset = await openCases(db, projectId, input.dataset ?? null)
  const drafts = input.pipeline ? readPipeline(input.pipeline, PIPELINE) : []
  if (input.parameter_space && drafts.length === 0 && input.pipeline === undefined) {
    throw new Invalid('Parameters need a pipeline that they can be put in.', PIPELINE, 'missing')
  }
  const { trials, baseline } = drafts.length === 0 ? { trials: [], baseline: null } : listTrials(input, sweep, dataset)
  const varied = trials.map(trial => ({ trial, drafts: applyTrial(drafts, trial, SPACE) }))
  const all = varied.flatMap(one => one.drafts)
  const registered = await lookUpPrompts(db, projectId, all)
  const compiled = new Map<string, CompiledTemplate>()
  const variants = varied.map(({ trial, drafts }) => {
    const stages = finishStages(drafts, registered)
    const places = drafts.map(draft => draft.loc)
    return { trial, stages, prepared: prepareStages(stages, places, compiled) }
  })
  await checkModels(backends, [...listAsked(all), ...judges])
  if (sweep.method === 'guided' && scorers.length === 0) {
    throw new Invalid('A guided sweep needs scorers that say which variants are better.', SCORERS)
  }
  const question = { scoring, scorers, judges, sweep, variants, baseline, dataset }
  await checkCases(db, projectId, question)
  return question
}

/** The question about the cases as they are stored by now: those that stood in the document are a version of their dataset. */
export async function pinCases(db: Db, projectId: number, question: Question, dataset: ExperimentInput['dataset']) {
  return { ...question, dataset: await openCases(db, projectId, dataset ?? null) }
}

/** Cases whose split lies below are held back for the test: of a dataset's one split nothing is. */
export function boundHeldBack({ split, test_share }: Pick<NamedSource, 'split' | 'test_share'>): number {
  return split === 'all' ? toSplitBound(test_share) : 0
}

/** Reads the cases that a question is about, a thousand at a time, in their order. */
export async function* readQuestionCases(
  db: Db,
  projectId: number,
  { ref, source }: QuestionDataset,
): AsyncGenerator<{ case_no: number; case_id: string; input: unknown; split: number }[]> {
  if (ref === null) {
    yield (source.cases ?? []).map(({ input }, index) => ({
      case_no: index,
      case_id: String(index),
      input,
      split: 10_000,
    }))
    return
  }
  const split = source.split === 'all' ? undefined : source.split
  let left = source.limit ?? Number.POSITIVE_INFINITY
  for (let after = 0; left > 0; ) {
    const limit = Math.min(PAGE, left)
    const page = await readCases(db, projectId, ref, {
      after_case_no: after,
      limit,
      split,
      test_share: source.test_share,
    })
    if (page.length === 0) return
    yield page
    left -= page.length
    after = page.at(-1)?.case_no ?? after
    if (page.length < limit) return
  }
}

const PAGE = 1000

/** Templates of all variants, each once. */
function listDistinctStages(variants: readonly QuestionVariant[]): PreparedStage[][] {
  const seen = new Map<string, PreparedStage[]>()
  for (const { stages, prepared } of variants) {
    const key = JSON.stringify(stages.map(({ name, system, user }) => [name, system, user]))
    if (!seen.has(key)) seen.set(key, prepared)
  }
  return [...seen.values()]
}

async function openCases(db: Db, projectId: number, dataset: DatasetSource | null): Promise<QuestionDataset | null> {
  if (dataset === null) return null
  const source = typeof dataset === 'string' ? { name: dataset, split: 'all' as const, test_share: 0 } : dataset
  if (source.cases !== undefined) {
    if (source.version !== undefined)
      throw new Invalid('Cases that stand here have no version to name.', [...DATASET, 'version'])
    return { ref: null, source, cases: source.cases.length, test: 0 }
  }
  const ref = await openVersion(db, projectId, source).catch(error => {
    throw error instanceof NotFound ? new Invalid(error.message, DATASET, 'dataset_unknown') : error
  })
  const { cases, test } = await countQuestionCases(db, projectId, ref, source)
  if (cases === 0)
    throw new Invalid(
      `The dataset "${source.name}" has no cases${source.split === 'all' ? '' : ' in this split'}.`,
      DATASET,
      'dataset_empty',
    )
  return { ref, source, cases, test }
}

const DATASET: Location = ['body', 'dataset']

async function countQuestionCases(
  db: Db,
  projectId: number,
  ref: DatasetVersion,
  source: NamedSource,
): Promise<{ cases: number; test: number }> {
  const { cases, test } = await countCases(db, projectId, ref, source.test_share)
  if (source.limit === undefined || source.limit >= cases) {
    if (source.split === 'all') return { cases, test }
    return { cases: source.split === 'test' ? test : cases - test, test: 0 }
  }
  const counted = { cases: 0, test: 0 }
  for await (const page of readQuestionCases(db, projectId, { ref, source, cases, test })) {
    counted.cases += page.length
    counted.test += page.filter(one => one.split < boundHeldBack(source)).length
  }
  return counted
}

/** The points of the parameter space that are tried, and among them the baseline, which is added where it is not one. */
function listTrials(
  input: ExperimentInput,
  sweep: SweepSettings,
  dataset: QuestionDataset | null,
): { trials: SweepTrial[]; baseline: number | null } {
  const space = input.parameter_space ?? {}
  const trials = drawPoints(space, sweep, dataset)
  if (!input.baseline) return { trials, baseline: null }
  const wanted = Object.entries(input.baseline)
  const isWanted = (trial: SweepTrial) => wanted.every(([key, value]) => writeValue(trial[key]) === writeValue(value))
  const found = trials.flatMap((trial, index) => (isWanted(trial) ? [index] : []))
  if (found.length > 1) {
    const unsaid = Object.keys(space).filter(name => !Object.hasOwn(input.baseline ?? {}, name))
    throw new Invalid(`The baseline fits ${found.length} variants: say its ${unsaid.join(', ')} too.`, BASELINE)
  }
  if (found[0] !== undefined) return { trials, baseline: found[0] }
  return { trials: [...trials, input.baseline], baseline: trials.length }
}

function writeValue(value: unknown): string {
  return JSON.stringify(value) ?? ''
}

function drawPoints(
  space: NonNullable<ExperimentInput['parameter_space']>,
  sweep: SweepSettings,
  dataset: QuestionDataset | null,
): SweepTrial[] {
  const { method, trials, seed } = sweep
  if (method === 'grid') return listGrid(space, trials, SPACE)
  if (method === 'random' || dataset === null) return drawTrials(space, seed, trials, SPACE)
  const { variants } = planHalving({ ...readHalving(sweep), cases: Math.max(1, dataset.cases - dataset.test) })
  return drawTrials(space, seed, variants, SPACE)
}

/** The settings of a guided sweep. */
export function readHalving({ trials, first_cases, keep_one_of, exploration }: SweepSettings) {
  return {
    trials,
    ...(first_cases === undefined ? {} : { first_cases }),
    ...(keep_one_of === undefined ? {} : { keep_one_of }),
    ...(exploration === undefined ? {} : { exploration }),
  }
}

async function lookUpPrompts(db: Db, projectId: number, drafts: DraftStage[]): Promise<Map<string, RegisteredPrompt>> {
  const found = new Map<string, RegisteredPrompt>()
  for (const { source, loc } of listRegistered(drafts)) {
    const key = keyPrompt(source)
    if (!found.has(key)) found.set(key, await lookUpPrompt(db, projectId, source, loc))
  }
  return found
}

function listAsked(drafts: DraftStage[]) {
  return drafts.map(({ backend, model, params, loc }) => ({
    ...{ backend, model: model ?? '', params },
    loc,
  }))
}

/** Every case must have what every template reads. */
async function checkCases(db: Db, projectId: number, { dataset, variants }: Question): Promise<void> {
  if (dataset === null) return
  const distinct = listDistinctStages(variants)
  for await (const page of readQuestionCases(db, projectId, dataset)) {
    for (const one of page) for (const stages of distinct) checkInput(stages, one.input, one.case_id)
  }
}
