import { z } from '@hono/zod-openapi'
import { Invalid, type Location } from '#errors.ts'
import { compilePattern } from './pattern.ts'
import { defineScorer, gradeWhether, quoteBriefly } from './scorer.ts'
import { fieldSettings, gradeField, writeAsText } from './selection.ts'

/**
 * 1 when a pattern occurs in the output, or with `full` is all of it; with `absent` 1 when not. Patterns are RE2's, which take
 * time linear in the output's length.
 */
export const regexScorer = defineScorer({
  kind: 'regex',
  revision: 1,
  settings: {
    ...fieldSettings,
    pattern: z.string().min(1).max(10_000),
    /** i: case does not count; m: `^` and `$` at every line; s: `.` is also a line feed. */
    flags: z
      .string()
      .regex(/^[ims]*$/, 'expected letters of i, m, s')
      .default(''),
    full: z.boolean().default(false),
    absent: z.boolean().default(false),
  },
  compile: (config, loc) => {
    const occurs = compileAt(config.full ? `\\A(?:${config.pattern})\\z` : config.pattern, config.flags, loc)
    const pattern = quoteBriefly(config.pattern)
    return (_scored, output) =>
      gradeField(config, output, actual => {
        const holds = occurs(writeAsText(actual))
        const explanation = `The output ${holds ? 'matches' : 'does not match'} ${pattern}.`
        return gradeWhether(holds !== config.absent, explanation, explanation)
      })
  },
})

function compileAt(pattern: string, flags: string, loc: Location): (text: string) => boolean {
  try {
    return compilePattern(pattern, flags)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new Invalid(`pattern: ${error.message}`, [...loc, 'pattern'], 'pattern_invalid')
  }
}
