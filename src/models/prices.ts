import { calcPrice, findProvider, type Provider } from '@pydantic/genai-prices'
import type { BackendConfig } from './backends.ts'
import type { ModelAnswer } from './model.ts'

/** What a model's tokens cost, in US dollars per million. */
export interface Price {
  input: number
  output: number
  /** Of input tokens that came from the provider's cache; null when they cost what `input` says. */
  cached_input: number | null
  /** Where the table knows the model: long calls cost more at some providers, which only the table can work out. */
  table: { provider: Provider; model: string } | null
}

const DEFAULT_CONTEXT_TOKENS = 32_768

/**
 * The price of a model at a backend, or null when nobody knows it. The operator's word comes first, then `free`, then
 * the table of the package `@pydantic/genai-prices` as it was installed; nothing is fetched. A backend of a provider's
 * own kind has that provider's prices wherever its base URL points (a proxy, say); an OpenAI-compatible one only when
 * its address is a provider's in the table, never by the model's name alone: the same weights cost nothing at home.
 */
export function findPrice(config: BackendConfig, model: string): Price | null {
  if (Object.hasOwn(config.prices, model)) {
    const price = config.prices[model]
    if (price) return { ...price, cached_input: price.cached_input ?? null, table: null }
  }
  if (config.free) return { input: 0, output: 0, cached_input: 0, table: null }
  const provider = findTableProvider(config)
  const found = provider && calcPrice({ input_tokens: 1, output_tokens: 1 }, model, { provider })
  if (!provider || !found) return null
  const { input_mtok, output_mtok, cache_read_mtok } = found.model_price
  const cached = cache_read_mtok === undefined ? null : readBasePrice(cache_read_mtok)
  return {
    input: readBasePrice(input_mtok),
    output: readBasePrice(output_mtok),
    cached_input: cached,
    table: { provider, model },
  }
}

/**
 * US dollars of one answer, rounded to 1e-9; null when its price or its tokens are unknown. Where the price is zero
 * for all tokens the answer is free even if they were not counted. Input tokens include the cached ones, which cost
 * `cached_input`.
 */
export function computeCost(
  price: Price | null,
  answer: Pick<ModelAnswer, 'tokens_in' | 'tokens_out' | 'tokens_in_cached'>,
): number | null {
  if (price === null) return null
  if (price.input === 0 && price.output === 0) return 0
  const { tokens_in: input, tokens_out: output } = answer
  if (input === null || output === null) return null
  const cached = Math.min(answer.tokens_in_cached ?? 0, input)
  if (price.table) {
    const { provider, model } = price.table
    const usage = { input_tokens: input, cache_read_tokens: cached, output_tokens: output }
    const total = calcPrice(usage, model, { provider })?.total_price
    return total === undefined ? null : roundDollars(total)
  }
  const perMillion =
    (input - cached) * price.input + cached * (price.cached_input ?? price.input) + output * price.output
  return roundDollars(perMillion / 1e6)
}

/**
 * How many tokens a model's prompt and answer may have together: the operator's word (`context_tokens`), else the
 * table's, else 32,768. What a local server really gives its models is its own setting, which no API tells: an operator
 * of one states it in `whetstone.yaml`.
 */
export function findContextWindow(config: BackendConfig, model: string): number {
  const stated = config.context_tokens
  if (typeof stated === 'number') return stated
  if (stated && Object.hasOwn(stated, model)) return stated[model] ?? DEFAULT_CONTEXT_TOKENS
  const provider = findTableProvider(config)
  const found = provider && calcPrice({ input_tokens: 1 }, model, { provider })
  return found?.model.context_window ?? DEFAULT_CONTEXT_TOKENS
}

/** Rounds US dollars to a billionth, so that sums of prices compare equal to what is stored. */
function roundDollars(dollars: number): number {
  return Math.round(dollars * 1e9) / 1e9
}

function findTableProvider(config: BackendConfig): Provider | undefined {
  if (config.kind === 'scripted') return undefined
  if (config.kind !== 'openai-compatible') return findProvider({ providerId: config.kind })
  return config.base_url === null ? undefined : findProvider({ providerApiUrl: config.base_url })
}

function readBasePrice(price: number | { base: number } | undefined): number {
  return typeof price === 'number' ? price : (price?.base ?? 0)
}
