/** A panel: the experts that judge a session together. Versioned by its content, see `computeJudgeVersion`. */
import { z } from '@hono/zod-openapi'
import { describeTextSchema, nameSchema, parseYamlText } from './yaml-text.ts'

export const expertSchema = z.strictObject({
  id: z
    .string()
    .regex(
      /^[a-z][a-z0-9_]{0,39}$/,
      'expected an id of at most 40 lower-case letters, digits and "_", the first a letter',
    ),
  title: describeTextSchema(200),
  instructions: describeTextSchema(20_000),
})
export type Expert = z.infer<typeof expertSchema>

/** Sampling parameters, by their OpenAI names. Closed, so that a slip of the pen is not taken for a setting. */
const parametersSchema = z.strictObject({
  temperature: z.number().min(0).max(2).exactOptional(),
  top_p: z.number().min(0).max(1).exactOptional(),
  top_k: z.int().min(1).exactOptional(),
  max_tokens: z.int().min(1).exactOptional(),
  seed: z.int().exactOptional(),
  frequency_penalty: z.number().min(-2).max(2).exactOptional(),
  presence_penalty: z.number().min(-2).max(2).exactOptional(),
  reasoning_effort: z
    .string()
    .regex(/^[a-z]{1,20}$/, 'expected a word such as `low`')
    .exactOptional(),
})

export const panelSchema = z.strictObject({
  name: nameSchema,
  title: describeTextSchema(200),
  /** `model`: each expert is a call to a language model; `baseline`: computed from the transcript without one. */
  kind: z.enum(['model', 'baseline']),
  experts: z
    .array(expertSchema)
    .min(1, 'expected at least one expert')
    // Means over experts are exact at a scale that 1 to 10 divide, see `mean.ts`.
    .max(10, 'expected at most ten experts')
    .refine(experts => new Set(experts.map(expert => expert.id)).size === experts.length, 'expected each id once'),
  parameters: parametersSchema.exactOptional(),
})
export type Panel = z.infer<typeof panelSchema>

/** Reads a panel from YAML. Throws `Invalid` with the field's path and what is expected there. */
export function parsePanel(yamlText: string): Panel {
  return parseYamlText('panel', yamlText, panelSchema)
}
