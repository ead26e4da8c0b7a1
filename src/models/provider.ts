import type {
  JSONSchema7,
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4FunctionTool,
  LanguageModelV4GenerateResult,
  LanguageModelV4Usage,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider'
import { describeAbort } from './abort.ts'
import { type BackendConfig, publicBaseUrls } from './backends.ts'
import {
  type Model,
  type ModelAnswer,
  ModelFailure,
  type ModelRequest,
  type ModelTool,
  type ModelToolCall,
} from './model.ts'
import { createScriptedModel } from './scripted.ts'
import { createTransport, type Transport } from './transport.ts'

/**
 * The model behind a backend: one HTTP request per `ask`, through the provider's `doGenerate`, which makes no retries.
 * Every failure is a `ModelFailure`; the key occurs in none of them. Parameters have their OpenAI names; those that an
 * OpenAI-compatible backend has beyond the usual ones are passed on as they are, other kinds refuse them before sending.
 */
export function createModel(
  config: BackendConfig,
  env: { [name: string]: string | undefined },
  transport: Transport = createTransport(config, env),
): Model {
  if (config.kind === 'scripted') return createScriptedModel(config.script ?? {}, config.name, { keep: false })
  const models = new Map<string, LanguageModelV4>()
  return {
    backend: config.name,
    origin: findOrigin(config),
    ask: async (request, signal) => {
      if (signal.aborted) throw describeAbort(signal)
      checkKey(config, transport)
      const model = models.get(request.model) ?? (await openLanguageModel(config, request.model, transport))
      models.set(request.model, model)
      const options = buildOptions(config, request, signal)
      try {
        return readAnswer(await model.doGenerate(options))
      } catch (error) {
        throw signal.aborted ? describeAbort(signal) : describeError(config, error, transport)
      }
    },
  }
}

/** What a backend stands for in the ledger's key: scheme, host and port. */
function findOrigin(config: BackendConfig): string {
  return config.base_url === null ? `scripted://${config.name}` : new URL(config.base_url).origin
}

const PROVIDER = 'backend'

/** Providers are loaded when they are first asked: together they take a quarter of the time in which a server starts. */
async function openLanguageModel(config: BackendConfig, model: string, transport: Transport): Promise<LanguageModelV4> {
  const baseURL = config.base_url ?? ''
  const fetch = transport.fetchFor(model)
  // Given as empty text where there is none: the providers would look into the process's environment by themselves.
  const apiKey = transport.key ?? ''
  if (config.kind === 'anthropic') {
    const { createAnthropic } = await import('@ai-sdk/anthropic')
    return createAnthropic({ baseURL, apiKey, fetch })(model)
  }
  if (config.kind === 'google') {
    const { createGoogle } = await import('@ai-sdk/google')
    return createGoogle({ baseURL, apiKey, fetch })(model)
  }
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible')
  const provider = createOpenAICompatible({
    name: PROVIDER,
    baseURL,
    fetch,
    ...(transport.key ? { apiKey: transport.key } : {}),
    supportsStructuredOutputs: true,
    convertUsage: readUsage,
    // OpenAI's newer models refuse the old name of this limit; others know only that one.
    transformRequestBody: body => (baseURL === publicBaseUrls.openai ? renameLimit(body) : body),
  })
  return provider(model)
}

function renameLimit({ max_tokens, ...body }: { [name: string]: unknown }) {
  return max_tokens === undefined ? body : { ...body, max_completion_tokens: max_tokens }
}

/** Why a backend would not take a parameter; null if it would. Nothing is sent. */
export function findParameterTrouble(config: BackendConfig, name: string, value: unknown): string | null {
  try {
    const request = { model: '', messages: [], parameters: { [name]: value }, schema: null }
    buildOptions(config, request, new AbortController().signal)
    return null
  } catch (error) {
    if (error instanceof ModelFailure) return error.message
    throw error
  }
}

function checkKey(config: BackendConfig, transport: Transport): void {
  if (transport.key !== null || config.base_url !== publicBaseUrls[config.kind]) return
  const advice = config.key_env ? `set ${config.key_env}` : 'name its environment variable with `key_env`'
  throw new ModelFailure('configuration', `The backend "${config.name}" has no key: ${advice}.`)
}

function buildOptions(
  config: BackendConfig,
  request: ModelRequest,
  abortSignal: AbortSignal,
): LanguageModelV4CallOptions {
  const options: LanguageModelV4CallOptions = { prompt: buildPrompt(request), abortSignal }
  const extras: SharedV4ProviderOptions[string] = {}
  for (const [name, value] of Object.entries(request.parameters)) {
    if (value !== undefined && !setKnownParameter(config, options, name, value)) {
      extras[name] = checkExtra(config, name, value)
    }
  }
  if (Object.keys(extras).length > 0) options.providerOptions = { [PROVIDER]: extras }
  if (request.tools) options.tools = request.tools.map(describeTool)
  if (request.schema !== null && config.structured_outputs) {
    const schema: JSONSchema7 = request.schema
    options.responseFormat = { type: 'json', schema, name: 'reply' }
  }
  return options
}

function describeTool({ name, description, parameters }: ModelTool): LanguageModelV4FunctionTool {
  const inputSchema: JSONSchema7 = parameters ?? { type: 'object' }
  return { type: 'function', name, inputSchema, ...(description === undefined ? {} : { description }) }
}

function buildPrompt(request: ModelRequest): LanguageModelV4CallOptions['prompt'] {
  return request.messages.map(({ role, content }) =>
    role === 'system' ? { role, content } : { role, content: [{ type: 'text', text: content }] },
  )
}

/** Takes over a parameter that all kinds know; false when this kind has no field for it. */
function setKnownParameter(
  config: BackendConfig,
  options: LanguageModelV4CallOptions,
  name: string,
  value: unknown,
): boolean {
  if (name === 'stop') options.stopSequences = readStops(config, value)
  else if (name === 'max_tokens' || name === 'max_completion_tokens')
    options.maxOutputTokens = asNumber(config, name, value)
  else if (name === 'temperature') options.temperature = asNumber(config, name, value)
  else if (name === 'top_p') options.topP = asNumber(config, name, value)
  else if (name === 'top_k' && !isOpenAi(config)) options.topK = asNumber(config, name, value)
  else if (config.kind === 'anthropic') return false
  else if (name === 'seed') options.seed = asNumber(config, name, value)
  else if (name === 'presence_penalty') options.presencePenalty = asNumber(config, name, value)
  else if (name === 'frequency_penalty') options.frequencyPenalty = asNumber(config, name, value)
  else return false
  return true
}

function isOpenAi(config: BackendConfig) {
  return config.kind === 'openai' || config.kind === 'openai-compatible'
}

const ownFields = new Set([
  'model',
  'messages',
  'response_format',
  'stream',
  'stream_options',
  'n',
  'tools',
  'tool_choice',
])

function checkExtra(config: BackendConfig, name: string, value: unknown): JsonValue {
  if (!isOpenAi(config)) throw refuseParameter(config, name, `is not known to the kind ${config.kind}`)
  if (ownFields.has(name)) throw refuseParameter(config, name, 'is set by Whetstone itself')
  if (!isJson(value)) throw refuseParameter(config, name, 'is not JSON')
  return value
}

function asNumber(config: BackendConfig, name: string, value: unknown): number {
  if (typeof value === 'number') return value
  throw refuseParameter(config, name, 'must be a number')
}

function readStops(config: BackendConfig, value: unknown): string[] {
  const stops = Array.isArray(value) ? value : [value]
  if (stops.every(stop => typeof stop === 'string')) return stops
  throw refuseParameter(config, 'stop', 'must be text or a list of texts')
}

function refuseParameter(config: BackendConfig, name: string, why: string): ModelFailure {
  return new ModelFailure('configuration', `The parameter "${name}" ${why} (backend "${config.name}").`)
}

type JsonValue = NonNullable<SharedV4ProviderOptions[string][string]> | null

function isJson(value: unknown): value is JsonValue {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return true
  return typeof value === 'object' && Object.values(value).every(isJson)
}

function readAnswer(result: LanguageModelV4GenerateResult): ModelAnswer {
  const texts = result.content.map(part => (part.type === 'text' ? part.text : ''))
  const tool_calls = result.content.flatMap(readToolCall)
  const counted = result.usage.raw !== undefined
  return {
    text: texts.join(''),
    finish_reason: readFinishReason(result.finishReason.unified),
    response_model: result.response?.modelId ?? null,
    tokens_in: counted ? readCount(result.usage.inputTokens.total) : null,
    tokens_out: counted ? readCount(result.usage.outputTokens.total) : null,
    tokens_in_cached: counted ? readCount(result.usage.inputTokens.cacheRead) : null,
    ...(tool_calls.length === 0 ? {} : { tool_calls }),
  }
}

const MOST_TOKENS = 2_147_483_647

/** What is no number of tokens is not known: the ledger has no place for it, and the answer is paid all the same. */
function readCount(tokens: number | undefined): number | null {
  return Number.isInteger(tokens) && tokens !== undefined && tokens >= 0 && tokens <= MOST_TOKENS ? tokens : null
}

function readToolCall(part: LanguageModelV4GenerateResult['content'][number]): ModelToolCall[] {
  return part.type === 'tool-call' ? [{ name: part.toolName, arguments: part.input }] : []
}

function readFinishReason(reason: string): ModelAnswer['finish_reason'] {
  if (reason === 'stop' || reason === 'length') return reason
  return reason === 'content-filter' ? 'content_filter' : 'other'
}

interface OpenAiUsage {
  prompt_tokens?: number | null | undefined
  completion_tokens?: number | null | undefined
  prompt_tokens_details?: { cached_tokens?: number | null | undefined } | null | undefined
}

/** As the provider's own conversion, except that what was not counted stays unknown instead of 0. */
function readUsage(usage: OpenAiUsage | null | undefined): LanguageModelV4Usage {
  return {
    inputTokens: {
      total: usage?.prompt_tokens ?? undefined,
      noCache: undefined,
      cacheRead: usage?.prompt_tokens_details?.cached_tokens ?? undefined,
      cacheWrite: undefined,
    },
    outputTokens: { total: usage?.completion_tokens ?? undefined, text: undefined, reasoning: undefined },
    raw: {},
  }
}

/** What the provider threw: a failure of ours from the transport, perhaps wrapped, or its own complaint. */
function describeError(config: BackendConfig, error: unknown, transport: Transport): ModelFailure {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof ModelFailure) return at
  const words = transport.redact(error instanceof Error ? error.message : String(error)).slice(0, 300)
  const message = `The backend "${config.name}" answered with something that is not a chat completion: ${words}`
  return new ModelFailure('interrupted', message, { cause: error })
}
