import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import {
  type ChangeSource,
  type ChangeWatch,
  createChangeWatch,
  findChanges,
  nameStanding,
  type Standing,
} from './changes.ts'
import type { App, AppEnv } from './context.ts'
import { createRouter } from './router.ts'
import { refusals } from './schemas.ts'

const HEARTBEAT_MS = 15_000
/** A stream ends after this long and is opened again by the client, so that a key which was revoked does not listen on. */
const STREAM_MS = 15 * 60_000

const route = createRoute({
  method: 'get',
  path: '/events',
  tags: ['server'],
  summary: 'What changes in the project, as server-sent events',
  description:
    '`hello` first: `{topics: {name: value}, changed: [name]}`, where `changed` is what differs from the `Last-Event-ID` that was ' +
    'sent. Then `changed` with `{topic, value}`. Comments in between say that the connection is alive.',
  request: { headers: z.object({ 'last-event-id': z.string().max(1000).optional() }) },
  responses: { 200: { description: 'Events', content: { 'text/event-stream': { schema: z.string() } } }, ...refusals },
})

/** The stream of changes, of what the rooms want to be known. */
export function createChangeRoutes(app: App, sources: ChangeSource[]) {
  const watch = createChangeWatch(sources, app.db, app.log)
  return createRouter().openapi(route, async c => {
    const known = c.req.valid('header')['last-event-id']
    return streamChanges(c, watch, known)
  })
}

async function streamChanges(c: Context<AppEnv>, watch: ChangeWatch, known: string | undefined): Promise<Response> {
  const waiting: (() => Promise<void>)[] = []
  const ending = new AbortController()
  let wake = () => {}
  let stream: SSEStreamingApi | null = null
  const push = (send: () => Promise<void>) => {
    waiting.push(send)
    wake()
  }
  const end = () => {
    ending.abort()
    wake()
  }
  const { standing, leave } = await watch.listen(c.var.project, {
    onChange: (next, changed) => {
      for (const topic of changed) push(async () => stream?.writeSSE(describeChange(next, topic)))
    },
    onEnd: end,
  })
  const report = async (error: Error) => c.var.app.log.info({ err: error }, 'a page no longer listens')
  const lasting = setTimeout(end, STREAM_MS).unref()
  const beating = setInterval(() => push(async () => void (await stream?.write(': alive\n\n'))), HEARTBEAT_MS).unref()
  return streamSSE(
    c,
    async opened => {
      stream = opened
      opened.onAbort(end)
      try {
        await opened.writeSSE(describeStanding(standing, known))
        while (!ending.signal.aborted && !opened.aborted) {
          const next = waiting.shift()
          if (next !== undefined) await next()
          else
            await new Promise<void>(resolve => {
              wake = resolve
            })
        }
      } finally {
        leave()
        clearTimeout(lasting)
        clearInterval(beating)
      }
    },
    report,
  )
}

function describeStanding(standing: Standing, known: string | undefined) {
  const topics = Object.fromEntries([...standing].map(([topic, { value }]) => [topic, value]))
  const changed = known === undefined ? [] : findChanges(standing, known)
  return { event: 'hello', id: nameStanding(standing), data: JSON.stringify({ topics, changed }), retry: 1_000 }
}

function describeChange(standing: Standing, topic: string) {
  return {
    event: 'changed',
    id: nameStanding(standing),
    data: JSON.stringify({ topic, value: standing.get(topic)?.value }),
  }
}
