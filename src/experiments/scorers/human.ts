import { z } from '@hono/zod-openapi'
import type { Location } from '#errors.ts'
import { readSettings } from './scorer.ts'

/** A scorer whose grades people give, each when they come to it. */
export interface HumanScorer {
  kind: 'human'
  name: string
  config: { instructions?: string }
}

export const humanSettingsSchema = z.strictObject({
  /** What people should look at. */
  instructions: z.string().trim().min(1).max(20_000).exactOptional(),
})

/** Reads the settings of a scorer of kind `human`. @throws Invalid at the field's path below `loc`. */
export function prepareHumanScorer(given: unknown, loc: Location): HumanScorer {
  return { kind: 'human', ...readSettings('human', humanSettingsSchema, given, loc) }
}
