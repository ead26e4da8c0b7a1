import { z } from '@hono/zod-openapi'
import { timeInputSchema } from '#http/schemas.ts'
import { statusSchema } from './overview.ts'

/** What a list of sessions can be narrowed by, and how it is ordered, as parameters of a request. */
export const sessionFilterSchema = z.object({
  status: statusSchema.optional(),
  profile: z.string().optional(),
  from: timeInputSchema.optional().openapi({ description: 'Last active at this time or later' }),
  to: timeInputSchema.optional().openapi({ description: 'Last active before this time' }),
  thumbs: z.enum(['any', 'up', 'down']).optional(),
  search: z.string().trim().max(200).optional().openapi({ description: 'Part of a name, a first request or an id' }),
  sort: z.enum(['last_active', 'judged']).default('last_active').openapi({ default: 'last_active' }),
})
export type SessionFilter = z.output<typeof sessionFilterSchema>
export type SessionSort = SessionFilter['sort']
