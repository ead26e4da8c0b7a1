import type { Db } from '#db/connect.ts'
import { isOutage } from '#db/outage.ts'
import { type EventFilter, type EventPage, findWatermark, readEvents } from './events.ts'

/** How often a process looks for new events, in milliseconds, while anybody listens. */
const LOOK_MS = 500

/** The looking for new events that all listeners of a process share. */
export interface EventFeed {
  /** Resolves with the watermark at the next common look. */
  next: () => Promise<string>
  /** Like `readEvents`; listeners that are at the same place at the same look share one statement. */
  read: (filter: EventFilter, after: string, below: string) => Promise<EventPage>
}

const feeds = new WeakMap<Db['pool'], EventFeed>()

/** The feed of this process. Nothing is looked up while nobody waits; then one short statement every half second. */
export function openEventFeed(db: Db): EventFeed {
  const known = feeds.get(db.pool)
  if (known !== undefined) return known
  const feed = createFeed(db)
  feeds.set(db.pool, feed)
  return feed
}

function createFeed(db: Db): EventFeed {
  let waiting: PromiseWithResolvers<string> | null = null
  let lookedAt = Number.NEGATIVE_INFINITY
  const pages = new Map<string, Promise<EventPage>>()
  const plan = () => {
    const wait = Math.max(0, lookedAt + LOOK_MS - performance.now())
    setTimeout(look, wait).unref()
  }
  const look = async () => {
    lookedAt = performance.now()
    try {
      const watermark = await findWatermark(db)
      pages.clear()
      waiting?.resolve(watermark)
      waiting = null
    } catch (error) {
      // A database that is away for a moment ends no stream.
      if (isOutage(error) && !db.pool.ending) return plan()
      waiting?.reject(error)
      waiting = null
    }
  }
  return {
    next: () => {
      if (waiting === null) {
        waiting = Promise.withResolvers()
        plan()
      }
      return waiting.promise
    },
    read: (filter, after, below) => {
      const key = JSON.stringify([filter.project_id, filter.experiment_no, filter.names, after, below])
      const page = pages.get(key) ?? readEvents(db, filter, after, below)
      pages.set(key, page)
      return page
    },
  }
}
