import { Agent, request } from 'undici'
import { type AddressGuard, createGuardedLookup, findLiteralTrouble } from './webhook-addresses.ts'
import { signWebhook } from './webhook-signature.ts'

/** What is sent, and where. */
export interface WebhookMessage {
  url: string
  secret: string
  /** The same in every attempt. */
  message_id: string
  body: string
}

/** What became of one call. `ok`: the receiver answered with a status from 200 to 299. */
export interface CallOutcome {
  ok: boolean
  http_status: number | null
  error: string | null
  /** The first 1,000 bytes of what a refusal said. */
  response: string | null
  duration_ms: number
}

/** Calls to webhooks that share their connections. */
export interface WebhookCaller {
  call: (message: WebhookMessage, stop?: AbortSignal) => Promise<CallOutcome>
  close: () => Promise<void>
}

const CALL_MS = 10_000
const BODY_MS = 1_000
const BODY_BYTES = 1_000

/**
 * Opens the way to webhooks. Addresses are checked at every connection, and redirects are not followed.
 *
 * @param deadlineMs for connecting, sending and the answer's head together.
 */
export function openWebhookCaller(guard: AddressGuard, deadlineMs = CALL_MS): WebhookCaller {
  const agent = new Agent({
    connect: { lookup: createGuardedLookup(guard), timeout: deadlineMs },
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 4_000,
    allowH2: false,
  })
  return {
    call: async (message, stop) => {
      const startedAt = performance.now()
      const deadline = AbortSignal.timeout(deadlineMs)
      const signal = stop === undefined ? deadline : AbortSignal.any([deadline, stop])
      const answer = await callOnce(agent, guard, message, signal).catch((error: unknown) => {
        const late = `It did not answer within ${deadlineMs / 1000} seconds.`
        return { ok: false, http_status: null, response: null, error: deadline.aborted ? late : describeError(error) }
      })
      return { ...answer, duration_ms: Math.round(performance.now() - startedAt) }
    },
    close: () => agent.destroy(),
  }
}

async function callOnce(
  agent: Agent,
  guard: AddressGuard,
  { url, secret, message_id, body }: WebhookMessage,
  signal: AbortSignal,
): Promise<Omit<CallOutcome, 'duration_ms'>> {
  const trouble = findLiteralTrouble(guard, new URL(url))
  if (trouble !== null) throw new Error(trouble)
  const signed = signWebhook(secret, message_id, Math.floor(Date.now() / 1000), body)
  const headers = { ...signed, 'content-type': 'application/json', 'user-agent': 'Whetstone' }
  const answer = await request(url, { dispatcher: agent, method: 'POST', headers, body, signal })
  const text = await readBeginning(answer.body)
  const status = answer.statusCode
  const ok = status >= 200 && status < 300
  const redirect = status >= 300 && status < 400 ? '; redirects are not followed' : ''
  const error = ok ? null : `It answered ${status}${redirect}.`
  return { ok, http_status: status, error, response: ok ? null : text }
}

async function readBeginning(body: AsyncIterable<Uint8Array> & { destroy: () => unknown }): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  const late = setTimeout(() => body.destroy(), BODY_MS)
  try {
    for await (const chunk of body) {
      chunks.push(chunk.subarray(0, BODY_BYTES - size))
      size += chunk.byteLength
      if (size > BODY_BYTES) break
    }
  } catch {
    // The head has said what counts.
  } finally {
    clearTimeout(late)
  }
  return new TextDecoder().decode(Buffer.concat(chunks))
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // Where each of a name's addresses failed, the message is empty.
  const inner = error instanceof AggregateError ? error.errors.find(each => each instanceof Error) : undefined
  return error.message || (inner instanceof Error ? inner.message : error.name)
}
