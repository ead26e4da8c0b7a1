/** What a pipeline asks: its stages in full, with the values of a trial in their places. */
import { Invalid, type Location } from '#errors.ts'
import { explainIssues } from '#http/issues.ts'
import { canonicalJson } from '#json.ts'
import { type Pipeline, type PromptSource, promptSourceSchema, type StageInput, type Tool } from './definition.ts'
import { checkStageSchemas } from './stage-schemas.ts'
import type { SweepTrial } from './sweep-space.ts'

/** One stage of a variant, with everything that decides what it asks but the case. */
export interface VariantStage {
  name: string
  /** Liquid templates; without a system message null. */
  system: string | null
  user: string
  model: string
  backend: string
  params: { [name: string]: unknown }
  schema: { [field: string]: unknown } | null
  tools: Tool[] | null
  /** The registered prompt that it uses, pinned. */
  prompt: { name: string; version: string } | null
}

/** A stage before its prompt is looked up, and where in the request its parts are said. */
export interface DraftStage {
  name: string
  /** Null: a parameter is to say it. */
  prompt: PromptSource | null
  /** Of a sweep's parameter `system` or `user`: takes the place of the prompt's. */
  system: string | null
  user: string | null
  model: string | null
  backend: string
  params: { [name: string]: unknown }
  schema: StageInput['schema']
  tools: StageInput['tools']
  loc: {
    stage: Location
    prompt: Location
    system: Location | null
    user: Location | null
    model: Location
    backend: Location
    /** Of each parameter. */
    params: { [name: string]: Location }
  }
}

/** The texts of a registered prompt. */
export interface RegisteredPrompt {
  name: string
  version: string
  system: string | null
  user: string
}

/** The backend that is asked where none is named. */
const DEFAULT_BACKEND = 'ollama'
/** The name of the stage of a pipeline that is a single prompt. */
export const ONLY_STAGE = 'main'

/**
 * The stages of a pipeline, the outer model, backend and parameters filled in. `loc` is its place in the request.
 *
 * @throws Invalid for two stages of one name.
 */
export function readPipeline(pipeline: Pipeline, loc: Location): DraftStage[] {
  if (Array.isArray(pipeline))
    return pipeline.map((stage, index) => draftStage(stage, {}, [...loc, index], loc, pipeline))
  if ('stages' in pipeline) {
    const { stages, ...outer } = pipeline
    return stages.map((stage, index) => draftStage(stage, outer, [...loc, 'stages', index], loc, stages))
  }
  return [draftStage({ name: ONLY_STAGE, ...pipeline }, {}, loc, loc, [])]
}

/** Puts the values of a trial in their places: of one stage (`plan.temperature`) or of all (`temperature`). */
export function applyTrial(drafts: DraftStage[], trial: SweepTrial, loc: Location): DraftStage[] {
  let stages = drafts
  for (const [key, value] of Object.entries(trial)) {
    const { stage, part } = readParameterName(key, drafts, [...loc, key])
    stages = stages.map(draft =>
      stage === null || stage === draft.name ? setPart(draft, part, value, [...loc, key]) : draft,
    )
  }
  return stages
}

/** A prompt of the registry, by label or version. */
export type RegisteredSource = Extract<PromptSource, { name: string }>

/** Which registered prompts the stages use. */
export function listRegistered(drafts: DraftStage[]): { source: RegisteredSource; loc: Location }[] {
  return drafts.flatMap(({ prompt, loc }) =>
    prompt !== null && typeof prompt !== 'string' && 'name' in prompt ? [{ source: prompt, loc: loc.prompt }] : [],
  )
}

/** Names a registered prompt in the map that `finishStages` reads. */
export function keyPrompt(source: PromptSource): string {
  return canonicalJson(source)
}

/**
 * The stages in full.
 *
 * @param registered the prompts of the registry, by `keyPrompt`.
 * @throws Invalid for a stage without a model or a prompt.
 */
export function finishStages(drafts: DraftStage[], registered: ReadonlyMap<string, RegisteredPrompt>): VariantStage[] {
  return drafts.map(draft => {
    const { name, model, backend, params } = draft
    if (model === null)
      throw new Invalid('A model is needed, here, for all stages, or as a parameter.', draft.loc.model, 'missing')
    const prompt = draft.prompt ?? draft.user
    if (prompt === null) throw new Invalid('A prompt is needed, here or as a parameter.', draft.loc.prompt, 'missing')
    const { version, ...texts } = readTexts(prompt, registered)
    return {
      ...{ name, system: draft.system ?? texts.system, user: draft.user ?? texts.user, model, backend, params },
      schema: draft.schema ?? null,
      tools: draft.tools ?? null,
      prompt: version === null ? null : { name: texts.name, version },
    }
  })
}

/**
 * A run's configuration in the contract's shape: that of a single plain stage has its prompt, model, backend and
 * parameters, any other its stages.
 */
export function buildCellConfig(stages: readonly VariantStage[], input: unknown): { [field: string]: unknown } {
  const [only] = stages
  if (stages.length === 1 && only !== undefined && only.schema === null && only.tools === null) {
    return { ...describeStage(only), input_data: input }
  }
  const described = stages.map(stage => ({
    name: stage.name,
    ...describeStage(stage),
    ...(stage.schema === null ? {} : { schema: stage.schema }),
    ...(stage.tools === null ? {} : { tools: stage.tools }),
  }))
  return { stages: described, input_data: input }
}

function describeStage({ system, user, model, backend, params }: VariantStage) {
  return { prompt: system === null ? user : { system, user }, model, backend, params }
}

function draftStage(
  stage: Omit<StageInput, 'prompt'> & Partial<Pick<StageInput, 'prompt'>>,
  outer: Pick<StageInput, 'model' | 'backend' | 'params'>,
  at: Location,
  outerAt: Location,
  all: readonly StageInput[],
): DraftStage {
  const first = all.findIndex(other => other.name === stage.name)
  if (first >= 0 && all[first] !== stage) {
    throw new Invalid(`There is a stage "${stage.name}" already: give this one another name.`, [...at, 'name'])
  }
  checkStageSchemas(stage, at)
  const place = (field: 'model' | 'backend') => [
    ...(stage[field] === undefined && outer[field] !== undefined ? outerAt : at),
    field,
  ]
  const prompt = [...at, 'prompt']
  const isPair = typeof stage.prompt === 'object' && 'user' in stage.prompt
  const pair = isPair ? { system: [...prompt, 'system'], user: [...prompt, 'user'] } : { system: null, user: null }
  const params = Object.fromEntries([
    ...Object.keys(outer.params ?? {}).map(name => [name, [...outerAt, 'params', name]]),
    ...Object.keys(stage.params ?? {}).map(name => [name, [...at, 'params', name]]),
  ])
  return {
    ...{ name: stage.name, prompt: stage.prompt ?? null, system: null, user: null },
    model: stage.model ?? outer.model ?? null,
    backend: stage.backend ?? outer.backend ?? DEFAULT_BACKEND,
    params: { ...outer.params, ...stage.params },
    schema: stage.schema,
    tools: stage.tools,
    loc: { stage: at, prompt, ...pair, params, model: place('model'), backend: place('backend') },
  }
}

/** `temperature` is of all stages, `plan.temperature` of the stage `plan`. */
function readParameterName(key: string, drafts: DraftStage[], loc: Location): { stage: string | null; part: string } {
  const dot = key.indexOf('.')
  const stage = dot < 0 ? null : key.slice(0, dot)
  const part = key.slice(dot + 1)
  const names = drafts.map(draft => draft.name).join(', ')
  if (stage !== null && !drafts.some(draft => draft.name === stage)) {
    throw new Invalid(`There is no stage "${stage}"; the stages are ${names || 'none'}.`, loc)
  }
  if (part === '' || FIXED.has(part)) {
    throw new Invalid(`"${part}" cannot be varied: name a model, backend, prompt, system, user or a parameter.`, loc)
  }
  return { stage, part }
}

const FIXED = new Set(['name', 'schema', 'tools', 'messages', 'stages', 'params'])

function setPart(draft: DraftStage, part: string, value: unknown, loc: Location): DraftStage {
  if (part === 'prompt') {
    const { success, data, error } = promptSourceSchema.safeParse(value)
    if (success) return { ...draft, prompt: data, loc: { ...draft.loc, prompt: loc, system: null, user: null } }
    const trouble = explainIssues(error.issues, value)[0]
    throw new Invalid(`A value of prompt does not fit: ${trouble?.message}.`, loc)
  }
  if (part !== 'model' && part !== 'backend' && part !== 'system' && part !== 'user') {
    const params = { ...draft.loc.params, [part]: loc }
    return { ...draft, params: { ...draft.params, [part]: value }, loc: { ...draft.loc, params } }
  }
  if (typeof value !== 'string' || value === '') throw new Invalid(`Every value of ${part} must be text.`, loc)
  return { ...draft, [part]: value, loc: { ...draft.loc, [part]: loc } }
}

function readTexts(
  prompt: PromptSource,
  registered: ReadonlyMap<string, RegisteredPrompt>,
): { name: string; version: string | null; system: string | null; user: string } {
  if (typeof prompt === 'string') return { name: '', version: null, system: null, user: prompt }
  if ('user' in prompt) return { name: '', version: null, system: prompt.system ?? null, user: prompt.user }
  const found = registered.get(keyPrompt(prompt))
  if (found === undefined) throw new Error(`The prompt ${keyPrompt(prompt)} was not looked up.`)
  return found
}
