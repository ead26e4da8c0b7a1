import { z } from '@hono/zod-openapi'
import { foreignIdSchema } from '#http/schemas.ts'
import { AXES } from '#judging/axes.ts'

const conditionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('dislike') }),
  z.strictObject({
    kind: z.literal('axis'),
    axis: z.enum(AXES),
    below: z.number().min(0).max(100).openapi({ description: 'The mean over the experts lies below this' }),
  }),
])

export const ruleSchema = z
  .strictObject({
    name: z.string().regex(/^[\w-]{1,60}$/, 'Expected 1 to 60 letters, digits, - and _'),
    when: conditionSchema,
    profile: foreignIdSchema.optional(),
    sampling: z.number().min(0).max(1).default(1).openapi({ description: 'Of what it finds, how much it takes' }),
    max_per_day: z.int().min(0).max(10_000).default(50),
    enabled: z.boolean().default(true),
  })
  .openapi('PromotionRule')
export type Rule = z.infer<typeof ruleSchema>
