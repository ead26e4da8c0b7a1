import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLatencySource } from '#models/latency.ts'
import type { Latency } from '#models/script.ts'

/** What the fake does with one chat completion; without anything it answers `ok`. */
export interface FakeReply {
  /** The answer's text. */
  text?: string
  refusal?: string
  finish_reason?: string | null
  /** Null leaves it out. */
  usage?: { [name: string]: unknown } | null
  status?: number
  headers?: { [name: string]: string }
  /** Instead of a completion: this body, text as it is, all else as JSON. */
  body?: unknown
  /**
   * `reset`: the connection is cut after the request was read; `hang`: no answer, ever; `truncate`: the connection is
   * cut in the middle of the body; `cut_json`: a whole HTTP answer with half of its JSON.
   */
  fault?: 'reset' | 'hang' | 'truncate' | 'cut_json'
  latency_ms?: number
}

export interface FakeCall {
  path: string
  headers: { [name: string]: string | string[] | undefined }
  /** The request's body as it came. */
  text: string
  /** The same as JSON; null when the fake keeps no bodies. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it field by field
  body: any
}

export interface FakeOptions {
  port?: number
  /** Used up one per call, in order; afterwards, or without any, `reply`. */
  script?: FakeReply[]
  /** For every other call: fixed, or worked out from the call and its number (from 0). */
  reply?: FakeReply | ((call: FakeCall, index: number) => FakeReply)
  latency?: number | Latency
  /** What GET /models lists; null answers it with 404. */
  models?: string[] | null
  /** Answers 401 to any other key. */
  key?: string
  /** False keeps no calls, for long runs. */
  keep?: boolean
}

export interface Fake {
  /** The base URL, ending in `/v1`. */
  url: string
  calls: FakeCall[]
  /** Chat completions that arrived. */
  count(): number
  /** Most chat completions in flight at once. */
  maxInFlight(): number
  close(): Promise<void>
}

/** Starts a server on loopback that speaks OpenAI's chat completions, with faults as told. */
export const startFake = async (options: FakeOptions = {}): Promise<Fake> => {
  const calls: FakeCall[] = []
  const script = [...(options.script ?? [])]
  const drawLatency = createDraw(options.latency)
  let count = 0
  let inFlight = 0
  let maxInFlight = 0

  const answer = (request: IncomingMessage, response: ServerResponse, text: string) => {
    if (options.key && request.headers.authorization !== `Bearer ${options.key}`) {
      return send(response, { status: 401, body: { error: { message: 'Incorrect API key provided' } } })
    }
    if (request.method === 'GET') return send(response, listModels(options.models))
    const keep = options.keep !== false
    const call: FakeCall = {
      path: request.url ?? '',
      headers: request.headers,
      text,
      body: keep ? JSON.parse(text) : null,
    }
    const index = count++
    if (keep) calls.push(call)
    inFlight++
    maxInFlight = Math.max(maxInFlight, inFlight)
    response.once('close', () => inFlight--)
    const reply =
      script.shift() ?? (typeof options.reply === 'function' ? options.reply(call, index) : (options.reply ?? {}))
    const wait = reply.latency_ms ?? drawLatency()
    if (wait > 0) setTimeout(() => send(response, reply), wait)
    else send(response, reply)
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => answer(request, response, Buffer.concat(chunks).toString()))
  })
  await new Promise<void>(resolve => server.listen(options.port ?? 0, '127.0.0.1', 4096, resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    calls,
    count: () => count,
    maxInFlight: () => maxInFlight,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** An address on loopback where nothing listens. */
export const findDeadUrl = async (): Promise<string> => {
  const fake = await startFake()
  await fake.close()
  return fake.url
}

const createDraw = (latency: FakeOptions['latency']): (() => number) => {
  if (typeof latency === 'object') return createLatencySource(latency)
  return () => latency ?? 0
}

const listModels = (models: string[] | null = ['fake-model']): FakeReply =>
  models === null ? { status: 404, body: 'not found' } : { body: { object: 'list', data: models.map(id => ({ id })) } }

const send = (response: ServerResponse, reply: FakeReply): void => {
  if (reply.fault === 'hang') return
  if (reply.fault === 'reset') {
    response.socket?.resetAndDestroy()
    return
  }
  const body = writeBody(reply)
  const headers = { 'content-type': 'application/json', ...reply.headers }
  if (reply.fault === 'truncate') {
    response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(body) })
    response.write(body.slice(0, body.length / 2), () => response.socket?.destroy())
    return
  }
  const whole = reply.fault === 'cut_json' ? body.slice(0, body.length / 2) : body
  response.writeHead(reply.status ?? 200, { ...headers, 'content-length': Buffer.byteLength(whole) })
  response.end(whole)
}

const writeBody = (reply: FakeReply): string => {
  if (typeof reply.body === 'string') return reply.body
  return JSON.stringify(reply.body ?? buildCompletion(reply))
}

const buildCompletion = (reply: FakeReply) => ({
  id: 'chatcmpl-fake',
  object: 'chat.completion',
  created: 1_750_000_000,
  model: 'fake-model-1',
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: reply.refusal === undefined ? (reply.text ?? 'ok') : null,
        ...(reply.refusal === undefined ? {} : { refusal: reply.refusal }),
      },
      finish_reason: reply.finish_reason === undefined ? 'stop' : reply.finish_reason,
    },
  ],
  ...(reply.usage === null
    ? {}
    : { usage: reply.usage ?? { prompt_tokens: 11, completion_tokens: 3, total_tokens: 14 } }),
})
