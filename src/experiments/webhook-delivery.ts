import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Db } from '#db/connect.ts'
import { declareTask } from '#queue/task.ts'
import { type EventPage, findWatermark, type PlacedEvent, type RunEvent, readEvents } from './events.ts'
import type { WebhookCaller } from './webhook-call.ts'
import { forgetDeliveries } from './webhook-deliveries.ts'
import { type HeldWebhook, releaseWebhook, settleWebhook, takeWebhook } from './webhook-hold.ts'

/** Sends a webhook what has happened since it was last told. */
export const deliverWebhookTask = declareTask('deliver_webhook', z.object({ project_id: z.int(), webhook_no: z.int() }))

/** An event that fails this long after it happened is given up. */
const GIVE_UP_MS = 24 * 60 * 60 * 1000
const FIRST_WAIT_S = 2
const LONGEST_WAIT_S = 60 * 60
/** After the last event a worker looks for more this often, and for this long, before it lets go. */
const LOOK_MS = 500
const LINGER_MS = 4_000
const HOLD_AGAIN_MS = 10_000
const PAGE = 100

/**
 * Sends a webhook its events, one after the other, until there are none or one fails. One worker at a time does: it holds
 * the webhook, and its word counts only while it does. An event is settled after its receiver has answered, so one that a
 * worker dies over is sent again; its `webhook-id` stays the same.
 */
export async function deliverWebhook(
  db: Db,
  caller: WebhookCaller,
  ref: z.infer<typeof deliverWebhookTask.payload>,
  signal: AbortSignal,
  lingerMs = LINGER_MS,
): Promise<void> {
  const held = await takeWebhook(db, ref)
  if (held === null) return
  try {
    await followWebhook(db, caller, held, signal, lingerMs)
  } finally {
    await releaseWebhook(db, held)
    await forgetDeliveries(db, held)
  }
}

/**
 * Seconds until the next attempt: doubled with each failure up to an hour, and of that a random part from half to whole,
 * so that receivers which were away together are not called together.
 */
export function chooseWait(failures: number, random = Math.random()): number {
  return Math.min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (failures - 1)) * (0.5 + random / 2)
}

/** What names a message for its receiver: the same in every attempt, another one for every event of every run. */
function nameMessage({ event, run_id }: RunEvent): string {
  return `${event.replaceAll('.', '_')}_${run_id}`
}

async function followWebhook(
  db: Db,
  caller: WebhookCaller,
  held: HeldWebhook,
  signal: AbortSignal,
  lingerMs: number,
): Promise<void> {
  let newsAt = performance.now()
  let saidAt = newsAt
  while (!signal.aborted) {
    const page = await readNext(db, held)
    for (const placed of page.events) {
      const goesOn = await deliverEvent(db, caller, held, placed, signal)
      if (!goesOn) return
    }
    held.cursor = page.cursor
    const now = performance.now()
    if (page.events.length > 0) newsAt = now
    if (page.events.length > 0) saidAt = now
    if (now - newsAt >= lingerMs && !page.more) return
    if (now - saidAt > HOLD_AGAIN_MS) {
      if (!(await settleWebhook(db, held, null))) return
      saidAt = now
    }
    if (!page.more) await sleep(LOOK_MS, undefined, { signal }).catch(() => {})
  }
}

async function readNext(db: Db, held: HeldWebhook): Promise<EventPage> {
  const filter = { project_id: held.project_id, experiment_no: held.experiment_no, names: held.events }
  return readEvents(db, filter, held.cursor, await findWatermark(db), PAGE)
}

/** Returns whether the next event may follow. */
async function deliverEvent(
  db: Db,
  caller: WebhookCaller,
  held: HeldWebhook,
  { cursor, event }: PlacedEvent,
  signal: AbortSignal,
): Promise<boolean> {
  const message_id = nameMessage(event)
  const { url, secret } = held
  const outcome = await caller.call({ url, secret, message_id, body: JSON.stringify(event) }, signal)
  if (signal.aborted && !outcome.ok) return false
  const note = { ...outcome, message_id, event: event.event, run_id: event.run_id }
  if (outcome.ok) {
    held.cursor = cursor
    held.failures = 0
    return settleWebhook(db, held, { ...note, status: 'delivered' })
  }
  held.failures++
  const wait = { seconds: chooseWait(held.failures) }
  const isOld = Date.now() - Date.parse(event.time) > GIVE_UP_MS
  if (!isOld) await settleWebhook(db, held, { ...note, status: 'failing' }, wait)
  else {
    const error = `${outcome.error} ${await skipOld(db, held)}`
    await settleWebhook(db, held, { ...note, error, status: 'skipped' }, wait)
  }
  return false
}

/** Moves the cursor over all that is as old, so that a receiver which comes back begins with what is recent. */
async function skipOld(db: Db, held: HeldWebhook): Promise<string> {
  const oldest = Date.now() - GIVE_UP_MS
  let skipped = 0
  for (let more = true; more; ) {
    const page = await readNext(db, held)
    const fresh = page.events.findIndex(({ event }) => Date.parse(event.time) >= oldest)
    const old = fresh < 0 ? page.events : page.events.slice(0, fresh)
    skipped += old.length
    held.cursor = fresh < 0 ? page.cursor : (old.at(-1)?.cursor ?? held.cursor)
    more = fresh < 0 && page.more
  }
  const what = skipped === 1 ? 'The event was' : `${skipped} events were`
  return `${what} more than a day old and given up.`
}
