import { Invalid } from '#errors.ts'
import type { BackendConfig } from './backends.ts'
import { type BreakerState, createBreaker } from './breaker.ts'
import {
  type CallAnswer,
  type CallContext,
  type CallOptions,
  defaultRetry,
  makeCall,
  type RetryPolicy,
} from './call.ts'
import { type BackendCheck, checkBackend } from './check.ts'
import { type Clock, systemClock } from './clock.ts'
import { createLimiter, type LimiterState } from './limiter.ts'
import type { Model, ModelAnswer, ModelRequest } from './model.ts'
import { computeCost, findContextWindow, findPrice, type Price } from './prices.ts'
import { createModel, findParameterTrouble } from './provider.ts'
import { createTransport } from './transport.ts'

/** One backend as a process uses it; everything that asks it in this process shares its limits. */
export interface Backend {
  name: string
  origin: string
  kind: BackendConfig['kind']
  config: BackendConfig
  /** The request as it is sent, the backend's defaults filled in: this is what the ledger's key is made of. */
  prepare(request: ModelRequest): ModelRequest
  /**
   * Asks, with limits, retries and the breaker; `deadlineMs` defaults to the backend's. Throws `CallFailure`, which
   * holds the attempts.
   */
  ask(request: ModelRequest, options?: Partial<CallOptions>): Promise<CallAnswer>
  /** Whether it is there, without a chat completion. */
  check(signal?: AbortSignal): Promise<BackendCheck>
  /** Why it would not take a parameter; null if it would. */
  parameterTrouble(name: string, value: unknown): string | null
  price(model: string): Price | null
  /** US dollars of an answer of this model, or null when unknown. */
  cost(model: string, answer: Pick<ModelAnswer, 'tokens_in' | 'tokens_out' | 'tokens_in_cached'>): number | null
  /** Tokens of prompt and answer together. */
  contextWindow(model: string): number
  state(): BackendState
  close(): Promise<void>
}

export interface BackendState {
  limiter: LimiterState
  breaker: BreakerState
}

/** The backends of a process, by name. */
export interface Backends {
  /** Throws `Invalid` that lists the known names. */
  get(name: string): Backend
  names(): string[]
  close(): Promise<void>
}

/** What tests replace. */
export interface BackendParts {
  model?: Model
  clock?: Clock
  random?: () => number
  retry?: Partial<RetryPolicy>
}

type Environment = { [name: string]: string | undefined }

/** Opens a backend; nothing is sent before it is asked. One per process and backend, or the limits are not shared. */
export function openBackend(config: BackendConfig, env: Environment, parts: BackendParts = {}): Backend {
  const transport = createTransport(config, env)
  const clock = parts.clock ?? systemClock
  const model = parts.model ?? createModel(config, env, transport)
  const context: CallContext = {
    name: config.name,
    model,
    limiter: createLimiter(config.concurrency, clock),
    breaker: createBreaker(clock),
    clock,
    random: parts.random ?? Math.random,
    retry: { ...defaultRetry, max_attempts: config.max_attempts, ...parts.retry },
  }
  const prepare = (request: ModelRequest) => fillDefaults(config, request)
  const prices = new Map<string, Price | null>()
  const price = (name: string) => {
    const known = prices.get(name)
    if (known !== undefined) return known
    const found = findPrice(config, name)
    prices.set(name, found)
    return found
  }
  return {
    name: config.name,
    origin: model.origin,
    kind: config.kind,
    config,
    prepare,
    ask: (request, options) =>
      makeCall(context, prepare(request), { deadlineMs: config.deadline_seconds * 1000, ...options }),
    check: signal => checkBackend(config, transport, signal),
    parameterTrouble: (name, value) => (config.kind === 'scripted' ? null : findParameterTrouble(config, name, value)),
    price,
    cost: (name, answer) => computeCost(price(name), answer),
    contextWindow: name => findContextWindow(config, name),
    state: () => ({ limiter: context.limiter.state(), breaker: context.breaker.state() }),
    close: transport.close,
  }
}

/** Opens all backends of `whetstone.yaml` and the default ones, for as long as the process lives. */
export function openBackends(
  configs: BackendConfig[],
  env: Environment,
  parts: { [name: string]: BackendParts } = {},
): Backends {
  const backends = new Map(configs.map(config => [config.name, openBackend(config, env, parts[config.name])]))
  return {
    get: name => {
      const backend = backends.get(name)
      if (backend) return backend
      const known = [...backends.keys()].join(', ')
      throw new Invalid(`There is no backend "${name}"; known are: ${known}.`, ['body', 'backend'])
    },
    names: () => [...backends.keys()],
    close: async () => {
      await Promise.all([...backends.values()].map(backend => backend.close()))
    },
  }
}

function fillDefaults(config: BackendConfig, request: ModelRequest): ModelRequest {
  const { parameters } = request
  if (config.max_tokens === null || 'max_tokens' in parameters || 'max_completion_tokens' in parameters) return request
  return { ...request, parameters: { ...parameters, max_tokens: config.max_tokens } }
}
