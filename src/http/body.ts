import { createMiddleware } from 'hono/factory'
import { HTTPException } from 'hono/http-exception'
import { matchedRoutes } from 'hono/route'
import { Invalid } from '#errors.ts'
import { parseJson } from '#json.ts'
import type { AppEnv } from './context.ts'

/** One JSON body, at most. Sessions larger than this come as a line of NDJSON or by `append`. */
const MAX_BYTES = 64 * 1024 * 1024

/**
 * Reads a JSON body exactly: bytes that are not UTF-8, duplicate keys and nesting without end are refused, and numbers
 * that JavaScript would change are kept. Stands before every route that takes JSON; a body of no bytes is undefined.
 */
export const readBody = createMiddleware<AppEnv>(async (c, next) => {
  // A wrong address or method is answered as such, whatever is sent to it.
  if (['GET', 'HEAD'].includes(c.req.method) || matchedRoutes(c).every(route => route.method === 'ALL')) return next()
  refuseEncoding(c.req.header('content-encoding'))
  const type = c.req.header('content-type')
  if (type !== undefined && !/^\s*application\/([\w.-]+\+)?json\s*(;|$)/i.test(type)) {
    const message = `Send JSON, with the header content-type: application/json instead of ${type.slice(0, 80)}`
    throw new Invalid(message, ['header', 'content-type'], 'content_type')
  }
  const value = readValue(await collectBytes(c.req.raw.body, Number(c.req.header('content-length') ?? 0)))
  if (type === undefined) c.req.raw = declareJson(c.req.raw)
  Object.assign(c.req, { json: () => Promise.resolve(value) })
  await next()
})

/** @throws HTTPException 415 for a compressed body. */
export function refuseEncoding(encoding: string | undefined): void {
  if (encoding === undefined || /^\s*(identity)?\s*$/i.test(encoding)) return
  throw new HTTPException(415, { message: `Send the body as it is, not compressed (${encoding.slice(0, 40)}).` })
}

async function collectBytes(stream: ReadableStream<Uint8Array> | null, announced: number): Promise<Buffer> {
  if (announced > MAX_BYTES) throw tooLarge()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream ?? []) {
    size += chunk.byteLength
    if (size > MAX_BYTES) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function tooLarge(): HTTPException {
  return new HTTPException(413, { message: `The body is larger than ${MAX_BYTES / 1024 / 1024} MB.` })
}

function readValue(bytes: Buffer) {
  return bytes.length === 0 ? undefined : parseJson(bytes)
}

/** The same request, its body already read, as if it had named its content type: the validators ask for it. */
function declareJson(request: Request): Request {
  const headers = new Headers(request.headers)
  headers.set('content-type', 'application/json')
  return new Request(request.url, { method: request.method, headers, signal: request.signal })
}
