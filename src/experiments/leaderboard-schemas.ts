import { z } from '@hono/zod-openapi'
import { experimentStatusSchema } from './experiments.ts'

/** Shapes of what a leaderboard says. No number stands without an interval and what it is made of. */

export const meanEstimateSchema = z
  .object({
    estimate: z.number(),
    low: z.number().nullable().openapi({ description: 'Null where nothing is known of the spread' }),
    high: z.number().nullable(),
    cases: z.int(),
    clusters: z.int(),
    runs: z.int(),
  })
  .openapi('MeanEstimate')

export const namedVariantSchema = z.object({ variant_no: z.int(), label: z.string() })
export type NamedVariant = z.infer<typeof namedVariantSchema>

const comparisonVerdictSchema = z.enum(['better', 'worse', 'undecided'])

export const differenceSchema = z
  .object({
    estimate: z.number().openapi({ description: 'Of the variant minus the other, paired by case' }),
    low: z.number().openapi({ description: 'For this difference alone' }),
    high: z.number(),
    simultaneous_low: z.number().nullable().openapi({ description: 'For the whole family; null while it runs' }),
    simultaneous_high: z.number().nullable(),
    cut_at_zero: z.boolean().openapi({ description: 'Holm decides what the simultaneous interval alone leaves open' }),
    p_value: z
      .number()
      .nullable()
      .openapi({ description: 'By Holm over the family; null while it runs, and in the family of all pairs' }),
    verdict: comparisonVerdictSchema.nullable().openapi({ description: 'Null while it runs' }),
    detectable: z
      .number()
      .nullable()
      .openapi({ description: 'The smallest difference that 80 % power would have shown, after correction' }),
    family: z.int().openapi({ description: 'How many comparisons are corrected for' }),
    cases: z.int(),
    clusters: z.int(),
  })
  .openapi('PairedDifference')
export type ShownDifference = z.infer<typeof differenceSchema>

export const entrySchema = namedVariantSchema
  .extend({
    trial: z.record(z.string(), z.unknown()),
    last_round: z.int().nullable(),
    rank: z
      .object({ best: z.int(), worst: z.int() })
      .nullable()
      .openapi({ description: 'What all pairs leave open; null where it is not ranked, and while it runs' }),
    weighted: meanEstimateSchema.nullable(),
    missing: z
      .array(z.object({ scorer: z.string(), runs: z.int() }))
      .openapi({ description: 'Scorers with a weight that some of its runs have no score of: it is not ranked' }),
    cases: z.int(),
    clusters: z.int(),
    runs: z.int(),
    failed: z.int().openapi({ description: 'Of its runs; each counts 0' }),
    scorers: z.array(z.object({ name: z.string(), weight: z.number(), value: meanEstimateSchema.nullable() })),
    difference: differenceSchema.nullable().openapi({ description: 'To the baseline' }),
    pass_at_k: meanEstimateSchema.nullable().openapi({ description: 'Cases with at least k runs' }),
    consistency: meanEstimateSchema.nullable().openapi({ description: 'That two runs of a case agree in passing' }),
    cost_usd: meanEstimateSchema.nullable().openapi({ description: 'Of one run, each case with the same weight' }),
    latency_p50_ms: meanEstimateSchema
      .nullable()
      .openapi({ description: 'The median over the cases of the mean duration of their runs' }),
    on_front: z
      .boolean()
      .nullable()
      .openapi({ description: 'No other ranked variant is as good in everything and better in something' }),
  })
  .openapi('LeaderboardEntry')
export type LeaderboardEntry = z.infer<typeof entrySchema>

const turnSchema = namedVariantSchema.extend({ weight: z.number() }).nullable()

export const variantLeaderboardSchema = z
  .object({
    experiment_id: z.string(),
    name: z.string(),
    status: experimentStatusSchema,
    provisional: z.boolean().openapi({ description: 'It has not ended: no verdict, no ranks, no p-values' }),
    planned: z.int(),
    done: z.int(),
    failed: z.int(),
    split: z.enum(['all', 'train', 'test']),
    level: z.number(),
    k: z.int(),
    pass_threshold: z.number(),
    baseline: namedVariantSchema.nullable(),
    variants: z.int(),
    ranked: z.int(),
    comparisons: z.int().openapi({ description: 'With the baseline, corrected for together' }),
    pairs: z.int().openapi({ description: 'Of all ranked variants, corrected for together; ranks come from these' }),
    front_by: z.array(z.enum(['quality', 'cost', 'latency'])).openapi({ description: 'What the Pareto front is of' }),
    entries: z.array(entrySchema),
    winner: namedVariantSchema.nullable().openapi({ description: 'The highest mean; null while it runs' }),
    selection: z
      .enum(['selected on these cases', 'confirmed on the test split'])
      .nullable()
      .openapi({ description: 'Where the winner was chosen, and whether other cases were held back to confirm it' }),
    confirmation: z
      .object({
        mean: meanEstimateSchema,
        failed: z.int(),
        against_baseline: differenceSchema.nullable(),
        against_runner_up: differenceSchema.nullable(),
      })
      .nullable(),
    runner_up: namedVariantSchema
      .extend({ difference: differenceSchema.openapi({ description: 'The family is that of all pairs' }) })
      .nullable(),
    sensitivity: z
      .array(z.object({ scorer: z.string(), weight: z.number(), below: turnSchema, above: turnSchema }))
      .openapi({ description: 'The nearest weights of one scorer at which another variant would win' }),
    verdict: z.string().nullable(),
    verdict_in_letters: z
      .string()
      .nullable()
      .openapi({ description: 'The same with A for the first variant and so on, for where labels are long' }),
  })
  .openapi('VariantLeaderboard')
export type VariantLeaderboard = z.infer<typeof variantLeaderboardSchema>
