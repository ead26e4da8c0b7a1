import sql from 'sql-template-tag'
import { type Db, query, queryOne } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import type { RunEventName } from './events.ts'
import { type DeliveryNote, recordDelivery, type WebhookRef } from './webhook-deliveries.ts'

/** A webhook as the one worker that delivers to it has read it. */
export interface HeldWebhook extends WebhookRef {
  experiment_no: number | null
  url: string
  secret: string
  events: RunEventName[]
  cursor: string
  failures: number
  fence: number
}

/** Longer than a call may take: who holds a webhook says so again after each. */
const HOLD = '30 seconds'

/**
 * Webhooks to which something may have to be sent now, and that nobody holds. Each looks at the newest start and end alone:
 * asked whether any lies above its cursor, the planner reads all runs: 65 ms a webhook with 200,000, instead of 0.01.
 */
export function findDueWebhooks(db: Db): Promise<WebhookRef[]> {
  return query<WebhookRef>(
    db,
    sql`
      select w.project_id, w.webhook_no from webhooks w
      where w.enabled and w.due_at <= clock_timestamp() and w.held_until <= clock_timestamp() and (
        (select r.started_xid from runs r where r.project_id = w.project_id and r.started_xid is not null
          order by r.started_xid desc limit 1) >= split_part(w.cursor, '-', 1)::xid8
        or (select r.ended_xid from runs r where r.project_id = w.project_id and r.ended_xid is not null
          order by r.ended_xid desc limit 1) >= split_part(w.cursor, '-', 1)::xid8)`,
  )
}

/** Takes a webhook for this worker; null if another one holds it, or if it is not its time. */
export function takeWebhook(db: Db, ref: WebhookRef): Promise<HeldWebhook | null> {
  return queryOne<HeldWebhook>(
    db,
    sql`
      update webhooks set fence = fence + 1, held_until = clock_timestamp() + ${HOLD}::interval
      where project_id = ${ref.project_id} and webhook_no = ${ref.webhook_no} and enabled
        and due_at <= clock_timestamp() and held_until <= clock_timestamp()
      returning project_id, webhook_no, experiment_no, url, secret, events, cursor, failures, fence`,
  )
}

/**
 * Moves on to the cursor of `held` and, if something was sent, writes down what became of it. Returns whether this worker
 * still holds the webhook; where not, nothing was written.
 */
export function settleWebhook(
  db: Db,
  held: HeldWebhook,
  note: DeliveryNote | null,
  wait: { seconds: number } | null = null,
): Promise<boolean> {
  return transact(db, async tx => {
    const row = await queryOne(
      tx,
      sql`
        update webhooks set cursor = ${held.cursor}, failures = ${held.failures},
          due_at = ${wait === null ? sql`'-infinity'` : sql`clock_timestamp() + make_interval(secs => ${wait.seconds})`},
          held_until = clock_timestamp() + ${HOLD}::interval
        where project_id = ${held.project_id} and webhook_no = ${held.webhook_no} and fence = ${held.fence} and enabled
        returning fence`,
    )
    if (row !== null && note !== null) await recordDelivery(tx, held, note)
    return row !== null
  })
}

/** Lets go, so that any worker may go on at once. */
export async function releaseWebhook(db: Db, held: HeldWebhook): Promise<void> {
  await query(
    db,
    sql`
      update webhooks set held_until = '-infinity', cursor = ${held.cursor}
      where project_id = ${held.project_id} and webhook_no = ${held.webhook_no} and fence = ${held.fence}`,
  )
}
