import { z } from '@hono/zod-openapi'
import type { Db } from '#db/connect.ts'
import { Invalid, type Location } from '#errors.ts'
import { isJsonObject } from '#json.ts'
import type { Backends } from '#models/backend.ts'
import { estimateTokens } from '#models/tokens.ts'
import type { ExperimentInput } from './definition.ts'
import { findExperiment } from './experiments.ts'
import { planGuided } from './guided-plan.ts'
import type { VariantStage } from './pipeline.ts'
import { prepareQuestion, type Question, readQuestionCases } from './question.ts'
import type { PreparedStage } from './stages.ts'

export const expectedSchema = z
  .object({
    variants: z.int(),
    cases: z.int(),
    repeats: z.int().openapi({ description: 'How often each variant runs each case' }),
    cells: z.int().openapi({ description: 'Variants × cases × repeats' }),
    calls: z.int().openapi({ description: 'Model calls of stages and judges, as if none of their answers were known' }),
    tokens_in: z.int(),
    tokens_out: z.int(),
    cost_usd: z.number().nullable().openapi({ description: 'Null when a price is unknown' }),
    unpriced: z.array(z.string()).openapi({ description: 'Models whose price is not known' }),
  })
  .openapi('ExpectedExperiment')
export type Expected = z.infer<typeof expectedSchema>

export const expectedDefinitionSchema = expectedSchema
  .extend({
    excess: z
      .object({ field: z.string(), message: z.string() })
      .nullable()
      .openapi({ description: 'Which ceiling it would not be started under, and why' }),
  })
  .openapi('ExpectedDefinition')

/** What an answer is taken to have; where the stage says `max_tokens`, no more than that. */
const ANSWER_TOKENS = 500

/** What an experiment would take if no answer were known yet. @throws Invalid where it could not start. */
export async function expectExperiment(
  db: Db,
  backends: Backends,
  projectId: number,
  experimentId: string,
): Promise<Expected> {
  const { definition } = await findExperiment(db, projectId, experimentId)
  return computeExpected(db, backends, projectId, await prepareQuestion(db, backends, projectId, definition))
}

/** The same of a document that is not kept; that it exceeds its ceilings is told, not thrown. @throws Invalid */
export async function expectDefinition(
  db: Db,
  backends: Backends,
  projectId: number,
  input: ExperimentInput,
): Promise<z.infer<typeof expectedDefinitionSchema>> {
  const question = await prepareQuestion(db, backends, projectId, input)
  const expected = await computeExpected(db, backends, projectId, question)
  const excess = findExcess(question.sweep, expected)
  if (excess === null) return { ...expected, excess: null }
  return { ...expected, excess: { field: excess.loc.slice(1).join('.'), message: excess.message } }
}

/** Why an experiment may not start for its ceilings; null if it may. */
export function findExcess(
  { max_cost_usd, max_tokens }: Question['sweep'],
  { cost_usd, unpriced, tokens_in, tokens_out, calls }: Expected,
): Invalid | null {
  const what = `${calls} ${calls === 1 ? 'call' : 'calls'}, answers that are known already among them`
  if (max_cost_usd !== undefined && cost_usd === null) {
    const models = unpriced.join(', ')
    return new Invalid(
      `max_cost_usd cannot be kept, since no price is known for ${models}; state one in whetstone.yaml.`,
      [...CEILINGS, 'max_cost_usd'],
      'price_unknown',
    )
  }
  if (max_cost_usd !== undefined && cost_usd !== null && cost_usd > max_cost_usd) {
    return new Invalid(
      `About $${showDollars(cost_usd)} expected for ${what}, more than max_cost_usd of $${showDollars(max_cost_usd)}.`,
      [...CEILINGS, 'max_cost_usd'],
      'over_budget',
    )
  }
  if (max_tokens === undefined || tokens_in + tokens_out <= max_tokens) return null
  return new Invalid(
    `About ${tokens_in + tokens_out} tokens expected for ${what}, more than max_tokens of ${max_tokens}.`,
    [...CEILINGS, 'max_tokens'],
    'over_budget',
  )
}

/** Two digits, or cents; never as 1e-7. */
function showDollars(usd: number): string {
  return usd === 0 || usd >= 1 ? usd.toFixed(2) : usd.toFixed(Math.min(20, 1 - Math.floor(Math.log10(usd))))
}

const CEILINGS: Location = ['body', 'sweep']

/**
 * What a question would take if no answer were known yet. A judge reads its instructions, the rubric, the output and, unless
 * its scorer says otherwise, the input; what cases expect is not counted.
 */
export async function computeExpected(
  db: Db,
  backends: Backends,
  projectId: number,
  question: Question,
): Promise<Expected> {
  const { dataset, variants, sweep, judges } = question
  const cases = dataset?.cases ?? 0
  const fields = dataset === null ? new Map<string, number>() : await weighFields(db, projectId, question)
  // Of a guided sweep not every variant runs every case.
  const cells =
    sweep.method === 'guided' && dataset !== null ? planGuided(question).cells : variants.length * cases * sweep.repeats
  const share = variants.length * cases === 0 ? 0 : cells / (variants.length * cases)
  const sum = { calls: 0, tokens_in: 0, tokens_out: 0, cost_usd: 0 }
  const unpriced = new Set<string>()
  const add = ({ backend, model, params }: Asked, calls: number, tokens_in: number) => {
    const tokens_out = calls * countAnswerTokens(params)
    const price = backends.get(backend).price(model)
    if (price === null) unpriced.add(model)
    sum.calls += calls
    sum.tokens_in += tokens_in
    sum.tokens_out += tokens_out
    sum.cost_usd += (tokens_in * (price?.input ?? 0) + tokens_out * (price?.output ?? 0)) / 1e6
  }
  const inputs = [...fields.values()].reduce((total, tokens) => total + tokens, 0)
  for (const { prepared } of variants) {
    for (const one of prepared)
      add(one.stage, cases * share, (cases * weighTemplate(one) + weighReads(one, fields)) * share)
    const output = countAnswerTokens(prepared.at(-1)?.stage.params ?? {})
    for (const judge of judges) {
      const material = judge.shows_input ? inputs : 0
      add(judge, cases * share, (cases * (judge.frame_tokens + output) + material) * share)
    }
  }
  return {
    ...{ variants: variants.length, cases, repeats: sweep.repeats, cells, calls: Math.round(sum.calls) },
    tokens_in: Math.round(sum.tokens_in),
    tokens_out: Math.round(sum.tokens_out),
    cost_usd: unpriced.size === 0 ? sum.cost_usd : null,
    unpriced: [...unpriced].sort(),
  }
}

type Asked = Pick<VariantStage, 'backend' | 'model' | 'params'>

/** Tokens of each field of the input over all cases. */
async function weighFields(db: Db, projectId: number, { dataset }: Question): Promise<Map<string, number>> {
  const totals = new Map<string, number>()
  if (dataset === null) return totals
  for await (const page of readQuestionCases(db, projectId, dataset)) {
    for (const { input } of page) {
      for (const [name, value] of isJsonObject(input) ? Object.entries(input) : [['input', input] as const]) {
        const tokens = estimateTokens(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))
        totals.set(name, (totals.get(name) ?? 0) + tokens)
      }
    }
  }
  return totals
}

function weighTemplate({ stage, system, user }: PreparedStage): number {
  const outputs = [system, user].flatMap(
    template => template?.variables.filter(({ path }) => path[0] === 'stages') ?? [],
  )
  return estimateTokens(stage.user) + estimateTokens(stage.system ?? '') + outputs.length * ANSWER_TOKENS
}

function weighReads({ system, user }: PreparedStage, fields: ReadonlyMap<string, number>): number {
  const names = [system, user].flatMap(template => template?.variables.map(({ path }) => String(path[0])) ?? [])
  return names.reduce((sum, name) => sum + (fields.get(name) ?? 0), 0)
}

function countAnswerTokens(params: Asked['params']): number {
  const limit = params.max_tokens ?? params.max_completion_tokens
  return typeof limit === 'number' ? Math.min(limit, ANSWER_TOKENS) : ANSWER_TOKENS
}
