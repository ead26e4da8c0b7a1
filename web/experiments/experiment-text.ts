import type { ExperimentRequest, ShownExperiment } from '#client.ts'
import { writeText } from './document.ts'
import { isFields } from './fields.ts'

/** What a new experiment starts from: a question with a place for each answer. */
export const NEW_EXPERIMENT = `# Which is better, and is the difference more than chance?
name: my-experiment
dataset: # the name of a dataset
pipeline:
  backend: ollama
  model: # as the backend calls it
  prompt: "{{ text }}" # fields of a case's input are variables
parameter_space: # what is varied: a parameter with its values
  temperature: [0, 0.7]
scoring_config:
  scorers: [exact]
  weights: { exact: 1 }
sweep:
  repeats: 1 # how often each variant runs each case
  max_cost_usd: 10 # refused beforehand when more is expected
`

const FIELDS = [
  'name',
  'description',
  'metadata',
  'dataset',
  'pipeline',
  'parameter_space',
  'scoring_config',
  'sweep',
  'baseline',
] as const

/** An experiment as the text that would ask the same. */
export function writeExperiment(experiment: ShownExperiment): string {
  const given = FIELDS.flatMap(field => {
    const value: unknown = experiment[field]
    if (value === null || value === undefined) return []
    const shown = dropDefaults(field, value)
    return field === 'sweep' && isFields(shown) && Object.keys(shown).length === 0 ? [] : [[field, shown]]
  })
  return writeText(Object.fromEntries(given))
}

/** A document as a request. What it says is checked by the server. */
export function isExperimentRequest(value: unknown): value is ExperimentRequest {
  return isFields(value)
}

const DEFAULTS: { [field: string]: { [name: string]: unknown } } = {
  sweep: { method: 'grid', trials: 100, seed: 0, repeats: 1 },
  scoring_config: { pass_threshold: 0.5 },
  dataset: { split: 'all', test_share: 0 },
}

/** What the server filled in is left out again. */
function dropDefaults(field: string, value: unknown): unknown {
  const defaults = DEFAULTS[field]
  if (defaults === undefined || !isFields(value)) return value
  const kept = Object.entries(value).filter(([name, one]) => {
    const isEmpty = field === 'scoring_config' && isFields(one) && Object.keys(one).length === 0
    return !isEmpty && defaults[name] !== one
  })
  return Object.fromEntries(kept)
}
