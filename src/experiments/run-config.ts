/** The configuration of a run by itself. */
import { z } from '@hono/zod-openapi'
import type { Db } from '#db/connect.ts'
import { Invalid, type Location } from '#errors.ts'
import { explainIssues } from '#http/issues.ts'
import { anyJsonSchema } from '#http/schemas.ts'
import { type PromptSource, promptSourceSchema, type StageInput, stageInputSchema } from './definition.ts'
import { finishStages, keyPrompt, listRegistered, ONLY_STAGE, type RegisteredPrompt, readPipeline } from './pipeline.ts'
import { lookUpPrompt } from './prompt-source.ts'
import { checkInput, type PreparedStage, prepareStages } from './stages.ts'

const { model, backend, params, schema, tools } = stageInputSchema.shape
const outerShape = {
  model: model.or(z.literal('')).nullish(),
  backend: backend.or(z.literal('')).nullish(),
  params: params.nullish(),
}
const stageShape = { ...outerShape, schema: schema.nullish(), tools: tools.nullish() }

/** Fields beyond these are kept with the run and change nothing. */
const runConfigSchema = z.looseObject({
  ...stageShape,
  prompt: promptSourceSchema.nullish(),
  stages: z
    .array(z.looseObject({ ...stageShape, name: stageInputSchema.shape.name, prompt: promptSourceSchema }))
    .min(1)
    .max(100)
    .nullish(),
  input_data: anyJsonSchema.nullish(),
})

export interface RunConfig {
  stages: PreparedStage[]
  input: unknown
}

const CONFIG: Location = ['body', 'config']

/**
 * Reads the configuration of a run by itself: one prompt, or stages whose model, backend and parameters default to the
 * outer ones. Checks templates and the variables that they read.
 *
 * @throws Invalid at the field's path.
 */
export async function readRunConfig(
  db: Db,
  projectId: number,
  config: { [field: string]: unknown },
): Promise<RunConfig> {
  const parsed = runConfigSchema.safeParse(config)
  if (!parsed.success) {
    const [trouble] = explainIssues(parsed.error.issues, config)
    throw new Invalid(
      trouble?.message ?? 'The config does not fit.',
      [...CONFIG, ...(trouble?.path ?? [])],
      trouble?.type,
    )
  }
  const { stages, prompt, input_data, ...outer } = parsed.data
  const drafts = stages
    ? readPipeline({ stages: stages.map(pickStage), ...pickAsked(outer) }, CONFIG)
    : readPipeline([pickStage({ ...outer, name: ONLY_STAGE, prompt: prompt ?? '' })], CONFIG)
  // A single prompt stands in the config itself.
  const placed = stages
    ? drafts
    : drafts.map(draft => ({ ...draft, loc: { ...draft.loc, prompt: [...CONFIG, 'prompt'] } }))
  const registered = new Map<string, RegisteredPrompt>()
  for (const { source, loc } of listRegistered(placed)) {
    registered.set(keyPrompt(source), await lookUpPrompt(db, projectId, source, loc))
  }
  // Without a model the run fails and says so: that it was handed in is recorded all the same.
  const finished = finishStages(
    placed.map(draft => ({ ...draft, model: draft.model ?? '' })),
    registered,
  )
  const prepared = prepareStages(
    finished,
    placed.map(draft => draft.loc),
  )
  const input = input_data ?? {}
  checkInput(prepared, input)
  return { stages: prepared, input }
}

interface LooseParts {
  model?: string | null | undefined
  backend?: string | null | undefined
  params?: StageInput['params'] | null
  schema?: StageInput['schema'] | null
  tools?: StageInput['tools'] | null
}

function pickAsked({ model, backend, params }: LooseParts): Pick<StageInput, 'model' | 'backend' | 'params'> {
  return { ...(model ? { model } : {}), ...(backend ? { backend } : {}), ...(params ? { params } : {}) }
}

function pickStage(stage: LooseParts & { name: string; prompt: PromptSource }): StageInput {
  const { name, prompt, schema, tools } = stage
  return { name, prompt, ...pickAsked(stage), ...(schema ? { schema } : {}), ...(tools ? { tools } : {}) }
}
