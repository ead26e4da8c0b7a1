import { describeAbort } from './abort.ts'
import { type BackendConfig, publicBaseUrls } from './backends.ts'
import { describeBody, describeStatus, type ProviderReply } from './failures.ts'
import { ModelFailure } from './model.ts'
import type { Transport } from './transport.ts'

/** Whether a backend is there. `models` are the names it lists, null where it lists none. */
export interface BackendCheck {
  ok: boolean
  models: string[] | null
  ms: number
  /** Why it is not there, in a sentence; null when it is. */
  error: string | null
}

const CHECK_MS = 10_000

/**
 * Asks a backend for its list of models (`GET /models`), which costs nothing and makes no chat completion. Servers
 * that keep no such list still show by any answer that they are there; only a refused key, a gateway's error (502, 503,
 * 504) and a page of the web say that they are not.
 */
export async function checkBackend(
  config: BackendConfig,
  transport: Transport,
  signal: AbortSignal = AbortSignal.timeout(CHECK_MS),
): Promise<BackendCheck> {
  const start = performance.now()
  const finish = (models: string[] | null, error: string | null): BackendCheck => ({
    ok: error === null,
    models,
    ms: Math.round(performance.now() - start),
    error: error === null ? null : transport.redact(error),
  })
  if (config.kind === 'scripted') return finish(null, null)
  if (transport.key === null && config.base_url === publicBaseUrls[config.kind]) {
    return finish(null, `The backend "${config.name}" has no key: set ${config.key_env ?? '`key_env`'}.`)
  }
  try {
    const reply = await transport.get('/models', buildHeaders(config, transport.key), signal)
    const failure = judgeReply(config, reply)
    return failure ? finish(null, failure.message) : finish(readModels(reply.body), null)
  } catch (error) {
    if (signal.aborted) {
      const { kind } = describeAbort(signal)
      return finish(
        null,
        kind === 'deadline' ? `The backend "${config.name}" does not answer.` : 'The check was cancelled.',
      )
    }
    if (error instanceof ModelFailure) return finish(null, error.message)
    throw error
  }
}

function judgeReply(config: BackendConfig, reply: ProviderReply): ModelFailure | null {
  if ([401, 403, 502, 503, 504].includes(reply.status)) return describeStatus(config, reply, null)
  const failure = reply.status === 200 ? describeBody(config, reply, null) : null
  return failure && /web page/.test(failure.message) ? failure : null
}

function buildHeaders(config: BackendConfig, key: string | null): { [name: string]: string } {
  const headers: { [name: string]: string } = { accept: 'application/json' }
  if (config.kind === 'anthropic') headers['anthropic-version'] = '2023-06-01'
  if (key === null) return headers
  if (config.kind === 'anthropic') return { ...headers, 'x-api-key': key }
  if (config.kind === 'google') return { ...headers, 'x-goog-api-key': key }
  return { ...headers, authorization: `Bearer ${key}` }
}

/** `{data: [{id}]}` of OpenAI and Anthropic, `{models: [{name: "models/…"}]}` of Google. */
function readModels(body: string): string[] | null {
  try {
    const reply: unknown = JSON.parse(body)
    if (typeof reply !== 'object' || reply === null) return null
    const list = 'data' in reply ? reply.data : 'models' in reply ? reply.models : null
    if (!Array.isArray(list)) return null
    return list.flatMap(entry => {
      const name: unknown = entry?.id ?? entry?.name
      return typeof name === 'string' ? [name.replace(/^models\//, '')] : []
    })
  } catch {
    return null
  }
}
