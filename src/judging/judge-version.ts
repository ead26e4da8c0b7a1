/** The judge version: everything but the rubric and the model that decides how a session is judged. */
import { AXES, NULLABLE_AXES } from './axes.ts'
import { CUT_POLICY } from './cut.ts'
import type { Panel } from './panel.ts'
import { PROMPT_VERSION } from './prompt.ts'
import { PROMPT_TEXT } from './prompt-text.ts'
import { verdictSchema } from './verdict.ts'
import { computeLabel } from './version.ts'

/**
 * The judge version of a panel: `<name>@<8 hexadecimal digits>` of the panel with its instructions and parameters and of
 * what turns a session into scores: for a panel of models the prompt builder, the cutting policy and the reply's schema,
 * for the baseline its `method` (whatever describes its formulas and weights as JSON). Layout and comments of the panel's
 * YAML do not count, nor does the order of keys; the order of experts does.
 */
export function computeJudgeVersion(panel: Panel, method: unknown = null): string {
  const axes = { axes: AXES, nullable: NULLABLE_AXES }
  if (panel.kind === 'baseline') return computeLabel(panel.name, { panel, axes, method })
  const prompt = { version: PROMPT_VERSION, text: PROMPT_TEXT }
  return computeLabel(panel.name, { panel, axes, prompt, cut: CUT_POLICY, reply: verdictSchema() })
}
