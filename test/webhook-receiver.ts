import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A call as a receiver of webhooks sees it. */
export interface ReceivedCall {
  id: string
  event: string
  run_id: string
  body: string
  headers: IncomingMessage['headers']
}

/** A real server that notes what it is sent; `answer` may say something else than 200. */
export interface Receiver {
  port: number
  calls: ReceivedCall[]
  connections: () => number
  answer: (call: ReceivedCall, response: ServerResponse) => void | Promise<void>
  close: () => Promise<void>
}

/** Starts a receiver on this machine. */
export async function openReceiver(): Promise<Receiver> {
  let connections = 0
  const receiver: Receiver = {
    port: 0,
    calls: [],
    connections: () => connections,
    answer: (_call, response) => void response.end(),
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString()
    const { event, run_id } = JSON.parse(body)
    const call = { id: String(request.headers['webhook-id']), event, run_id, body, headers: request.headers }
    receiver.calls.push(call)
    await receiver.answer(call, response)
  })
  server.on('connection', () => connections++)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address() as AddressInfo
  receiver.port = address.port
  return receiver
}

/** Whether a call is signed by this secret, worked out as a receiver would. */
export function isSigned(call: ReceivedCall, secret: string): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const content = `${call.id}.${call.headers['webhook-timestamp']}.${call.body}`
  return call.headers['webhook-signature'] === `v1,${createHmac('sha256', key).update(content).digest('base64')}`
}
