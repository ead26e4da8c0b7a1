import type { App } from '#http/context.ts'
import { sweepRules } from './sweep.ts'

/** Lets the rules look at what earlier rooms brought about. */
export function sweepCorrections(app: App): Promise<void> {
  return sweepRules(app.db)
}
