import type { BackendConfig } from './backends.ts'
import { RequestRefused } from './call-failure.ts'
import { type FailureKind, ModelFailure } from './model.ts'

/** What a provider answered, as far as it decides what to make of it. */
export interface ProviderReply {
  status: number
  headers: { [name: string]: string | string[] | undefined }
  body: string
}

/**
 * What an HTTP status other than 200 means. `model` is null when none was asked for. Messages name the backend, the
 * status, what to do, and the provider's own words, shortened; the caller takes the key out of them.
 */
export function describeStatus(config: BackendConfig, reply: ProviderReply, model: string | null): ModelFailure {
  const { status } = reply
  const words = readErrorWords(reply.body)
  const { kind, advice, refused } = judgeStatus(
    config,
    status,
    `${words.code} ${words.text}`.toLowerCase(),
    reply,
    model,
  )
  const said = words.text ? ` It said: ${shorten(words.text)}` : ''
  const message = `The backend "${config.name}" answered ${status}${advice}.${said}`
  const more = { status, retryAfterMs: readRetryAfter(reply.headers, Date.now()) }
  return refused ? new RequestRefused(kind, message, more) : new ModelFailure(kind, message, more)
}

/** A body that came with status 200 and is not the API's: empty, HTML, no JSON, or an error object. */
export function describeBody(config: BackendConfig, reply: ProviderReply, model: string | null): ModelFailure | null {
  const name = `The backend "${config.name}"`
  const more = { status: reply.status }
  const text = reply.body.trim()
  if (text === '') return new ModelFailure('interrupted', `${name} answered 200 with an empty body.`, more)
  if (looksLikeHtml(text)) {
    return new ModelFailure(
      'interrupted',
      `${name} answered with a web page instead of JSON${htmlAdvice(config)}.`,
      more,
    )
  }
  const data = parseObject(text)
  if (data === null) {
    return new ModelFailure(
      'interrupted',
      `${name} answered with a body that is not whole JSON: ${shorten(text)}`,
      more,
    )
  }
  if (data.error === undefined || data.error === null || Array.isArray(data.choices)) return null
  const code = Number(isObject(data.error) ? data.error.code : undefined)
  if (code >= 400 && code < 600) return describeStatus(config, { ...reply, status: code }, model)
  return new ModelFailure('failed', `${name} answered 200 with an error: ${shorten(readErrorWords(text).text)}`, more)
}

/** What an error of the connection means, by its code: nothing was sent, or no whole answer came back. */
export function describeConnection(config: BackendConfig, error: unknown): ModelFailure {
  const code = findCode(error)
  const at = `"${config.name}" at ${config.base_url}`
  const make = (kind: FailureKind, message: string) => new ModelFailure(kind, message, { cause: error })
  if (code === 'ECONNREFUSED') return make('unreachable', `Nothing listens for the backend ${at}; is it running?`)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return make('unreachable', `The host name of the backend ${at} is not known; check its base URL and the network.`)
  }
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return make('unreachable', `The backend ${at} did not take the connection.`)
  if (unreachableCodes.has(code)) return make('unreachable', `The backend ${at} cannot be reached (${code}).`)
  if (/CERT|SELF_SIGNED|^ERR_(TLS|SSL)|UNABLE_TO_/.test(code)) {
    return make('configuration', `The certificate or encryption of the backend ${at} is not accepted (${code}).`)
  }
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return make('interrupted', `The backend ${at} sent an answer of more than 64 MB.`)
  }
  return make('interrupted', `The connection to the backend ${at} broke before a whole answer came (${code || error}).`)
}

const unreachableCodes = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'EADDRNOTAVAIL', 'ETIMEDOUT', 'ENETDOWN'])

/**
 * How long a provider asks to be left alone, in milliseconds from `now`: `retry-after-ms`, else `Retry-After` in
 * seconds or as an HTTP date (RFC 9110, 10.2.3). Null when it does not say or makes no sense; a date gone by is 0.
 */
function readRetryAfter(headers: ProviderReply['headers'], now: number): number | null {
  const milliseconds = readHeader(headers, 'retry-after-ms')
  if (/^\d+(\.\d+)?$/.test(milliseconds)) return Number(milliseconds)
  const value = readHeader(headers, 'retry-after')
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000
  // Date.parse alone would take a bare number or "-5" for a year.
  const date = /^[A-Z][a-z]{2}/.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(date) ? null : Math.max(0, date - now)
}

interface StatusVerdict {
  kind: FailureKind
  advice: string
  refused?: true
}

function judgeStatus(
  config: BackendConfig,
  status: number,
  words: string,
  reply: ProviderReply,
  model: string | null,
): StatusVerdict {
  if (status === 401 || status === 403) return { kind: 'configuration', advice: keyAdvice(config, status) }
  if (status === 429 && /insufficient_quota|billing|credit balance/.test(words)) {
    return { kind: 'configuration', advice: ': the account has no credit left' }
  }
  if (status === 402) return { kind: 'configuration', advice: ': the account has no credit left' }
  if (status === 429) return { kind: 'overloaded', advice: ': too many requests' }
  if (status === 503 || status === 529) return { kind: 'overloaded', advice: ': it is overloaded' }
  if (status >= 500 || status === 408 || status === 409 || status === 425) return { kind: 'failed', advice: '' }
  if (status >= 300 && status < 400) {
    return {
      kind: 'configuration',
      advice: `: it moved to ${readHeader(reply.headers, 'location')}; correct its base URL`,
    }
  }
  if (looksLikeHtml(reply.body.trim()))
    return { kind: 'configuration', advice: ` with a web page${htmlAdvice(config)}` }
  return judgeRequest(config, status, words, model)
}

/** A 4xx that is about the request: which part of it? */
function judgeRequest(config: BackendConfig, status: number, words: string, model: string | null): StatusVerdict {
  const aboutModel =
    /model_not_found|no such model|(unknown|invalid|unsupported) model|model[^.]{0,120}(not (exist|found|pulled|available)|does not exist)/
  if (/api.?key.{0,20}(not valid|invalid|expired)|(invalid|incorrect) api.?key/.test(words)) {
    return { kind: 'configuration', advice: keyAdvice(config, 401) }
  }
  if (model !== null && (status === 404 ? /model/.test(words) : aboutModel.test(words))) {
    return { kind: 'configuration', advice: `: it does not know the model "${model}"` }
  }
  if (status === 404 || status === 405) {
    return { kind: 'configuration', advice: `: the address ${config.base_url} is not its API's; correct its base URL` }
  }
  if (/response_format|json_schema|structured output|output_config|response_?json_?schema|responseschema/.test(words)) {
    const advice = ': it does not take this JSON schema; for a backend that takes none set `structured_outputs: false`'
    return { kind: 'configuration', advice }
  }
  if (/(unsupported|unknown|unrecognized|unexpected) (parameter|value|argument|field)|extra inputs/.test(words)) {
    return { kind: 'configuration', advice: ': it does not take one of the parameters' }
  }
  if (status === 413 || /context|too long|too large|maximum|tokens/.test(words)) {
    return { kind: 'configuration', advice: ': the request is too long for the model', refused: true }
  }
  return { kind: 'configuration', advice: ': it refuses this request', refused: true }
}

function keyAdvice(config: BackendConfig, status: number): string {
  if (status === 403) return ': the key may not do this, or not with this model'
  return config.key_env
    ? `: the key in ${config.key_env} is missing or wrong`
    : ': it wants a key; name its environment variable with `key_env`'
}

function htmlAdvice(config: BackendConfig): string {
  return `; is ${config.base_url} its API (many end in /v1), or does a proxy stand in between?`
}

function looksLikeHtml(text: string): boolean {
  return /^<(!doctype|html|head|body|\?xml)/i.test(text)
}

/** The provider's own words in an error body of any of the usual shapes. */
function readErrorWords(body: string): { text: string; code: string } {
  const data = parseObject(body)
  if (!data) return { text: looksLikeHtml(body.trim()) ? '' : body.trim(), code: '' }
  const error = isObject(data.error) ? data.error : data
  const text = [error.message, data.error, data.detail, data.message].find(part => typeof part === 'string')
  return { text: typeof text === 'string' ? text : body.trim(), code: `${error.code ?? ''} ${error.type ?? ''}` }
}

function readHeader(headers: ProviderReply['headers'], name: string): string {
  const value = headers[name]
  return (Array.isArray(value) ? value[0] : value)?.trim() ?? ''
}

function parseObject(text: string): { [key: string]: unknown } | null {
  try {
    const data: unknown = JSON.parse(text)
    return isObject(data) ? data : null
  } catch {
    return null
  }
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function findCode(error: unknown): string {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if ('code' in at && typeof at.code === 'string') return at.code
  }
  return ''
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > 300 ? `${line.slice(0, 300)}…` : line
}
