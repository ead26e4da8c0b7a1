/** An experiment as its user writes it, as YAML or over the API. */
import { z } from '@hono/zod-openapi'
import { anyJsonSchema, foreignIdSchema } from '#http/schemas.ts'
import { parameterSpaceSchema, TRIALS_BY_DEFAULT } from './sweep-space.ts'

const jsonObjectSchema = z.record(z.string(), anyJsonSchema)

/** A tool that a model may name in its answer; Whetstone never carries the call out. */
const toolSchema = z.strictObject({
  name: z.string().min(1).max(64),
  description: z.string().max(10_000).exactOptional(),
  /** JSON schema of its arguments. */
  parameters: jsonObjectSchema.exactOptional(),
})
export type Tool = z.infer<typeof toolSchema>

/** The text of a user's message, both messages, or a prompt of the registry by label (`production` by default) or version. */
export const promptSourceSchema = z.union([
  z.string(),
  z.strictObject({ system: z.string().exactOptional(), user: z.string() }),
  z.strictObject({ name: foreignIdSchema, label: foreignIdSchema.exactOptional() }),
  z.strictObject({ name: foreignIdSchema, version: z.string().min(1).max(200) }),
])
export type PromptSource = z.infer<typeof promptSourceSchema>

/** Model, backend and parameters: of a stage, or of all stages that name none themselves. */
const askedShape = {
  model: foreignIdSchema.exactOptional(),
  backend: foreignIdSchema.exactOptional(),
  params: jsonObjectSchema.exactOptional(),
}

export const stageInputSchema = z.strictObject({
  /** Later stages read its output as `stages.NAME.output`. */
  name: z.string().regex(/^[\p{L}_][\p{L}\p{N}_-]{0,99}$/u, 'expected a name without spaces and dots'),
  prompt: promptSourceSchema,
  ...askedShape,
  /** JSON schema that the output is asked to follow. */
  schema: jsonObjectSchema.exactOptional(),
  tools: z.array(toolSchema).min(1).max(128).exactOptional(),
})
export type StageInput = z.infer<typeof stageInputSchema>

const stageListSchema = z.array(stageInputSchema).max(100)

export const pipelineSchema = z.union([
  stageListSchema,
  z.strictObject({ stages: stageListSchema, ...askedShape }),
  z.strictObject({
    /** May be left to the parameter space. */
    prompt: promptSourceSchema.exactOptional(),
    ...askedShape,
    schema: stageInputSchema.shape.schema,
    tools: stageInputSchema.shape.tools,
  }),
])
export type Pipeline = z.infer<typeof pipelineSchema>

const weightSchema = z.number('expected a number').min(0, 'a weight may not be negative').max(1e9)

export const scoringConfigSchema = z
  .strictObject({
    /** How much each scorer counts; names are free, so that a person's scores need no declaration. */
    weights: z.record(z.string().trim().min(1).max(100), weightSchema).default({}),
    /** What grades each run by itself: a kind, or a kind with its settings. */
    scorers: z
      .array(z.union([z.string(), jsonObjectSchema]))
      .max(100)
      .default([]),
    /** The weighted score from which on a run passes, for pass@k and consistency. */
    pass_threshold: z.number().min(0).max(1).default(0.5),
  })
  .openapi('ScoringConfig')
export type ScoringConfig = z.output<typeof scoringConfigSchema>

const caseInputSchema = z.strictObject({
  input: jsonObjectSchema,
  expected: anyJsonSchema.exactOptional(),
  metadata: jsonObjectSchema.exactOptional(),
  source: z.string().exactOptional(),
})

/** Which cases: those of a dataset by name, in its newest version unless one is named, or a list. */
export const datasetSourceSchema = z.union([
  foreignIdSchema,
  z.strictObject({
    name: foreignIdSchema,
    version: z.string().min(1).max(200).exactOptional(),
    cases: z.array(caseInputSchema).min(1).max(100_000).exactOptional(),
    split: z.enum(['all', 'train', 'test']).default('all'),
    /** The share of source sessions whose cases are held back to confirm the winner on. */
    test_share: z.number().min(0).max(0.9).default(0),
    limit: z.int().min(1).exactOptional(),
  }),
])
export type DatasetSource = z.output<typeof datasetSourceSchema>

export const sweepSettingsSchema = z
  .strictObject({
    method: z.enum(['grid', 'random', 'guided']).default('grid'),
    trials: z.int().min(1).max(100_000).default(TRIALS_BY_DEFAULT),
    seed: z.int().min(0).max(4_294_967_295).default(0),
    /** How often each case is run by each variant. */
    repeats: z.int().min(1).max(1000).default(1),
    /** Runs of this experiment that are under way at the same time, in all processes together. */
    concurrency: z.int().min(1).max(10_000).exactOptional(),
    max_tokens: z.int().min(1).exactOptional(),
    max_cost_usd: z.number().min(0).max(1e9).exactOptional(),
    first_cases: z.int().min(1).exactOptional(),
    keep_one_of: z.int().min(2).max(1000).exactOptional(),
    exploration: z.number().min(0).lt(1).exactOptional(),
  })
  .openapi('SweepSettings')
export type SweepSettings = z.output<typeof sweepSettingsSchema>

export const experimentInputSchema = z
  .strictObject({
    name: foreignIdSchema,
    description: z.string().max(10_000).exactOptional(),
    metadata: jsonObjectSchema.exactOptional(),
    pipeline: pipelineSchema.nullish(),
    parameter_space: parameterSpaceSchema.nullish(),
    dataset: datasetSourceSchema.nullish(),
    scoring_config: scoringConfigSchema.nullish(),
    sweep: sweepSettingsSchema.nullish(),
    /** The variant that the others are compared with: the values of its parameters, as in `{"model": "gemma"}`. */
    baseline: jsonObjectSchema.nullish(),
  })
  .openapi('ExperimentInput')
export type ExperimentInput = z.output<typeof experimentInputSchema>
