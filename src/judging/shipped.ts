import { readFileSync } from 'node:fs'
import { BASELINE_VERSION, BASELINE_WEIGHTS } from './baseline-weights.ts'
import { computeJudgeVersion } from './judge-version.ts'
import { type Panel, parsePanel } from './panel.ts'
import { parseRubric, type Rubric } from './rubric.ts'

/** The rubric and the panels that come with Whetstone. */
export interface Shipped {
  rubric: Rubric
  model: Panel
  baseline: Panel
}

let shipped: Shipped | null = null

/** Reads them once; they are files beside the code, so they change with it. */
export function readShipped(): Shipped {
  shipped ??= {
    rubric: parseRubric(readText('rubric.yaml')),
    model: parsePanel(readText('panel.yaml')),
    baseline: parsePanel(readText('baseline-panel.yaml')),
  }
  return shipped
}

/** The version under which the code at hand judges with this panel. */
export function identifyPanel(panel: Panel): string {
  return computeJudgeVersion(
    panel,
    panel.kind === 'baseline' ? { version: BASELINE_VERSION, weights: BASELINE_WEIGHTS } : null,
  )
}

function readText(name: string): string {
  return readFileSync(new URL(`./shipped/${name}`, import.meta.url), 'utf8')
}
