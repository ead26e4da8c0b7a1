import { createServer, type Server } from 'node:http'
import { getRequestListener, type Http2Bindings, type HttpBindings, RequestError } from '@hono/node-server'
import { Conflict } from '#errors.ts'

export interface Listening {
  /** The address with the port that was really taken. */
  url: string
  close: () => Promise<void>
}

type Bindings = HttpBindings | Http2Bindings
type Stream = Bindings['outgoing']

/** Serves a fetch handler over HTTP. @throws Conflict that says what to do if the port is taken. */
export async function serve(
  fetch: (request: Request) => Response | Promise<Response>,
  host: string,
  port: number,
): Promise<Listening> {
  const streams = new Set<Stream>()
  const answerRequest = async (request: Request, { outgoing }: Bindings) => {
    const response = await fetch(request)
    if (response.headers.get('content-type') === 'text/event-stream') {
      streams.add(outgoing)
      outgoing.once('close', () => streams.delete(outgoing))
    }
    return response
  }
  const server = createServer(
    getRequestListener(answerRequest, { overrideGlobalObjects: false, errorHandler: answerUnreadable }),
  )
  // Imports of any size and event streams take as long as they take; headers do not.
  server.requestTimeout = 0
  await listen(server, host, port)
  const address = server.address()
  const taken = typeof address === 'object' && address !== null ? address.port : port
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`, close: () => close(server, streams) }
}

/** A request whose address or Host cannot be read reaches no handler. */
function answerUnreadable(error: unknown): Response {
  if (!(error instanceof RequestError)) return Response.json({ detail: 'Internal error.' }, { status: 500 })
  return Response.json({ detail: `The address of the request cannot be read: ${error.message}.` }, { status: 400 })
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, host, port)))
    server.listen(port, host, resolve)
  })
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    return new Conflict(`Port ${port} is taken by another program. Choose one with PORT=…, or stop the other program.`)
  }
  if (error.code === 'EACCES')
    return new Conflict(`Port ${port} may not be used by this user. Choose one above 1023 with PORT=…`)
  if (['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'].includes(error.code ?? ''))
    return new Conflict(`HOST=${host} is no address of this machine.`)
  return error
}

/** Lets requests that are under way finish for a moment, then cuts what is left; event streams have no end, and end at once. */
async function close(server: Server, streams: Iterable<Stream>): Promise<void> {
  const closed = new Promise(resolve => server.close(resolve))
  server.closeIdleConnections()
  for (const stream of streams) stream.destroy()
  const patience = setTimeout(() => server.closeAllConnections(), 1_000)
  await closed
  clearTimeout(patience)
}
