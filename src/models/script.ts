import { z } from 'zod'
import type { FailureKind, ModelRequest } from './model.ts'

const failureKinds = [
  'configuration',
  'overloaded',
  'unreachable',
  'interrupted',
  'failed',
  'deadline',
  'cancelled',
] as const satisfies FailureKind[]

const Milliseconds = z.number().min(0).max(86_400_000)

/** Latencies as real models have them: `ln(latency)` is normal with the median's logarithm as mean and `sigma`. */
export const latencySchema = z.strictObject({
  median_ms: Milliseconds,
  sigma: z.number().min(0).max(5).default(0),
  seed: z.number().int().default(1),
})
export type Latency = z.input<typeof latencySchema>

/** What the scripted model does with one call. Everything has a default; an empty step answers `ok` at once. */
export const scriptStepSchema = z.strictObject({
  /** The answer's text; anything that is not text is answered as its JSON. */
  reply: z.json().optional(),
  delay_ms: Milliseconds.optional(),
  latency: latencySchema.optional(),
  /** Instead of an answer: the failure that is thrown, after the delay. */
  fail: z
    .strictObject({
      kind: z.enum(failureKinds),
      status: z.number().int().optional(),
      message: z.string().optional(),
      retry_after_ms: Milliseconds.optional(),
    })
    .optional(),
  /** Tokens to report; null reports none; without it they are estimated from the texts. */
  usage: z
    .strictObject({
      tokens_in: z.number().int().min(0),
      tokens_out: z.number().int().min(0),
      tokens_in_cached: z.number().int().min(0).default(0),
    })
    .nullable()
    .optional(),
  /** Tools that the answer names; arguments are `{}` by default. */
  tool_calls: z.array(z.strictObject({ name: z.string().min(1), arguments: z.json().optional() })).optional(),
  finish_reason: z.enum(['stop', 'length', 'content_filter', 'other']).optional(),
})

/** A step that is used for the calls that fit `when` (all parts of it), at most `times` times. */
export const scriptRuleSchema = scriptStepSchema.extend({
  when: z
    .strictObject({
      /** Text that occurs in the last message. */
      last: z.string().optional(),
      /** Text that occurs in any message. */
      any: z.string().optional(),
      /** The model's exact name. */
      model: z.string().optional(),
    })
    .default({}),
  times: z.number().int().min(1).optional(),
})

/**
 * How a scripted backend answers: first the `steps`, one per call in the order of arrival; then the first of the
 * `rules` that fits and is not used up; then `default`.
 */
export const scriptSchema = z.strictObject({
  steps: z.array(scriptStepSchema).default([]),
  rules: z.array(scriptRuleSchema).default([]),
  default: scriptStepSchema.default({}),
})

/** A reply that is worked out from the request; only code can give one, a file cannot. */
export type ReplyFunction = (request: ModelRequest) => string

type WithFunction<Step> = Omit<Step, 'reply'> & { reply?: z.core.util.JSONType | ReplyFunction | undefined }

/** A script as code writes it: what a file can say, and functions as replies. */
export interface ScriptInput {
  steps?: WithFunction<z.input<typeof scriptStepSchema>>[] | undefined
  rules?: WithFunction<z.input<typeof scriptRuleSchema>>[] | undefined
  default?: WithFunction<z.input<typeof scriptStepSchema>> | undefined
}
