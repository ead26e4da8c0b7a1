/**
 * What Whetstone asks of a language model: one question, one answer. Providers, the scripted model and the tests
 * implement `Model`; limits, retries and the ledger are built around it.
 */

export interface ModelMessage {
  role: 'system' | 'user' | 'assistant'
  content: string
}

export type JsonSchema = { [key: string]: unknown }

/** A tool that the model may name in its answer; nothing here carries it out. */
export interface ModelTool {
  name: string
  description?: string
  /** JSON schema of its arguments; any object without it. */
  parameters?: JsonSchema
}

export interface ModelToolCall {
  name: string
  /** As the model wrote them, which should be JSON. */
  arguments: string
}

/** Everything that decides what a model is asked; together with the backend it is the call's key in the ledger. */
export interface ModelRequest {
  model: string
  messages: ModelMessage[]
  /** Sampling parameters by their OpenAI names: `temperature`, `max_tokens`, `seed`, `top_p`, … */
  parameters: { [name: string]: unknown }
  /** When given, the answer is asked for as JSON of this schema. */
  schema: JsonSchema | null
  /** Absent where there are none. */
  tools?: readonly ModelTool[]
}

export interface ModelAnswer {
  /** The answer's text, as it came. */
  text: string
  /** `stop`, or why the model ended before it was done. */
  finish_reason: 'stop' | 'length' | 'content_filter' | 'other'
  /** The model that answered, by the provider's word; null when it did not say. */
  response_model: string | null
  /** Tokens as the provider counted them, null when it did not say. `tokens_in` includes what came from its cache. */
  tokens_in: number | null
  tokens_out: number | null
  tokens_in_cached: number | null
  /** Tools that the answer names, in its order; absent where it names none. */
  tool_calls?: ModelToolCall[]
}

export interface Model {
  /** The backend's name in `whetstone.yaml`, and the origin (scheme, host, port) that it stands for. */
  backend: string
  origin: string
  /** Asks once: no retry, no cache. Throws `ModelFailure`. */
  ask(request: ModelRequest, signal: AbortSignal): Promise<ModelAnswer>
}

/**
 * Why a call gave no answer:
 * - `configuration`: asking again cannot help (401, 403, unknown model, a request that the provider rejects);
 * - `overloaded`: 429, 503, 529: ask again later, with fewer calls in flight;
 * - `unreachable`: no connection (refused, unknown host);
 * - `interrupted`: sent, but no whole answer came back (reset, truncated, a body that is not the API's);
 * - `failed`: the provider answered with an error of its own (500 and the like);
 * - `deadline`: it took longer than the call may take;
 * - `cancelled`: the caller gave up.
 */
export type FailureKind =
  | 'configuration'
  | 'overloaded'
  | 'unreachable'
  | 'interrupted'
  | 'failed'
  | 'deadline'
  | 'cancelled'

/** A model call that gave no answer. The message is fit for a person to read. */
export class ModelFailure extends Error {
  override name = 'ModelFailure'
  readonly kind: FailureKind
  /** HTTP status, where there was one. */
  readonly status: number | null
  /** How long the provider asked to be left alone, in milliseconds. */
  readonly retryAfterMs: number | null

  constructor(
    kind: FailureKind,
    message: string,
    more: { status?: number | null; retryAfterMs?: number | null; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.kind = kind
    this.status = more.status ?? null
    this.retryAfterMs = more.retryAfterMs ?? null
  }
}
