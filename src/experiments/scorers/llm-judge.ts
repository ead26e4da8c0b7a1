import { z } from '@hono/zod-openapi'
import { Invalid, type Location } from '#errors.ts'
import { anyJsonSchema, foreignIdSchema } from '#http/schemas.ts'
import { computeLabel } from '#judging/version.ts'
import { JUDGE_TEXT, judgeReplySchema, type RunJudge } from './judge-prompt.ts'
import { readSettings } from './scorer.ts'

/** A scorer that asks one language model, or several, whose mean counts. */
export interface JudgeScorer {
  kind: 'llm_judge'
  name: string
  /** `<name>@<8 hexadecimal digits>` of settings, prompt and reply. */
  version: string
  config: z.infer<typeof judgeSettingsSchema>
  judges: RunJudge[]
}

const paramsSchema = z.record(z.string(), anyJsonSchema)
const askedShape = {
  model: foreignIdSchema.exactOptional(),
  backend: foreignIdSchema.exactOptional(),
  params: paramsSchema.exactOptional(),
}

export const judgeSettingsSchema = z.strictObject({
  /** What the score is to say, in words: what a 10 is, what a 1 is. */
  rubric: z.string().trim().min(1).max(50_000),
  ...askedShape,
  /** Whether the judge sees what went in, and what the case expects. */
  shows_input: z.boolean().default(true),
  shows_expected: z.boolean().default(true),
  /** Several judges; each has what is said above wherever it says nothing of its own. */
  panel: z
    .array(
      z.strictObject({
        name: z.string().trim().min(1).max(100),
        instructions: z.string().trim().min(1).max(20_000).exactOptional(),
        ...askedShape,
      }),
    )
    .min(1)
    .max(10)
    .exactOptional(),
})

/**
 * Reads the settings of a scorer of kind `llm_judge`. Its version is of everything that decides a grade but the backend's
 * own doing: rubric, models, parameters, panel, and the text and shape of what is asked.
 *
 * @throws Invalid at the field's path below `loc`.
 */
export function prepareJudgeScorer(given: unknown, loc: Location): JudgeScorer {
  const { name, config } = readSettings('llm_judge', judgeSettingsSchema, given, loc)
  const judges = listJudges(config, loc)
  const version = computeLabel(name, { kind: 'llm_judge', config, text: JUDGE_TEXT, reply: judgeReplySchema() })
  return { kind: 'llm_judge', name, version, config, judges }
}

const BACKEND_BY_DEFAULT = 'ollama'

function listJudges(config: z.infer<typeof judgeSettingsSchema>, loc: Location): RunJudge[] {
  const panel = config.panel ?? [{ name: 'judge' }]
  return panel.map((member, index) => {
    const place = config.panel === undefined ? loc : [...loc, 'panel', index]
    if (panel.findIndex(({ name }) => name === member.name) !== index) {
      throw new Invalid(`There is a judge "${member.name}" already: give this one another name.`, [...place, 'name'])
    }
    const model = member.model ?? config.model
    if (model === undefined) throw new Invalid('model: which model is to judge?', [...place, 'model'], 'missing')
    return {
      name: member.name,
      instructions: member.instructions ?? null,
      model,
      backend: member.backend ?? config.backend ?? BACKEND_BY_DEFAULT,
      params: { ...config.params, ...member.params },
    }
  })
}
