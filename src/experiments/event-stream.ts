import type { Context } from 'hono'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import { isOutage } from '#db/outage.ts'
import type { AppEnv } from '#http/context.ts'
import { type EventFeed, openEventFeed } from './event-feed.ts'
import { cursorAt, type EventFilter, type EventPage, findWatermark, type PlacedEvent } from './events.ts'

/** A stream without events says this often that it lives, for proxies that cut what is silent. */
const HEARTBEAT_MS = 15_000
/** What browsers are asked to wait before they connect again. */
const RETRY_MS = 2_000

/**
 * Sends events as they happen, each under its cursor as id, from `after` on; without one from now on. Heartbeats are
 * comments and carry the cursor as well, so that a listener who comes back reads nothing twice. Ends when the listener
 * leaves or the server stops.
 */
export function streamEvents(c: Context<AppEnv>, filter: EventFilter, after: string | null): Response {
  const { db, log } = c.var.app
  const report = async (error: Error) => log.info({ err: error }, 'a stream of events broke off')
  return streamSSE(
    c,
    async stream => {
      const left = Promise.withResolvers<null>()
      stream.onAbort(() => left.resolve(null))
      const start = after ?? cursorAt(await findWatermark(db))
      await stream.write(`retry: ${RETRY_MS}\nid: ${start}\n\n`)
      await followEvents(openEventFeed(db), stream, left.promise, filter, start)
    },
    report,
  )
}

async function followEvents(
  feed: EventFeed,
  stream: SSEStreamingApi,
  left: Promise<null>,
  filter: EventFilter,
  start: string,
): Promise<void> {
  let cursor = start
  let heardAt = performance.now()
  while (!stream.aborted) {
    const below = await Promise.race([feed.next(), left])
    for (let more = below !== null && cursorAt(below) !== cursor; more && below !== null && !stream.aborted; ) {
      const page = await readPatiently(feed, filter, cursor, below)
      if (page === null) break
      if (page.events.length > 0) {
        await stream.write(page.events.map(writeEvent).join(''))
        heardAt = performance.now()
      }
      cursor = page.cursor
      more = page.more
    }
    if (!stream.aborted && performance.now() - heardAt > HEARTBEAT_MS) {
      await stream.write(`: still here\nid: ${cursor}\n\n`)
      heardAt = performance.now()
    }
  }
}

/** Null while the database is away: the next look tries again. */
function readPatiently(feed: EventFeed, filter: EventFilter, cursor: string, below: string): Promise<EventPage | null> {
  return feed.read(filter, cursor, below).catch((error: unknown) => {
    if (isOutage(error)) return null
    throw error
  })
}

function writeEvent({ cursor, event }: PlacedEvent): string {
  return `id: ${cursor}\nevent: ${event.event}\ndata: ${JSON.stringify(event)}\n\n`
}
