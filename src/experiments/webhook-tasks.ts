import { transact } from '#db/transact.ts'
import type { App } from '#http/context.ts'
import { enqueue } from '#queue/queue.ts'
import { type Duty, declareDuty } from '#queue/worker.ts'
import { createGuard } from './webhook-addresses.ts'
import { openWebhookCaller } from './webhook-call.ts'
import { deliverWebhook, deliverWebhookTask } from './webhook-delivery.ts'
import { findDueWebhooks } from './webhook-hold.ts'

/** Webhooks that a worker delivers to at the same time. */
const SLOTS = 16

/** What a worker does for webhooks. */
export function createWebhookDuties(app: App): Duty[] {
  const guard = createGuard(app.config.allowPrivateWebhooks)
  return [
    declareDuty(deliverWebhookTask, SLOTS, async (ref, signal) => {
      const caller = openWebhookCaller(guard)
      await deliverWebhook(app.db, caller, ref, signal).finally(() => caller.close())
    }),
  ]
}

/** Wakes a worker for each webhook that there is news for. */
export async function sweepWebhooks(app: App): Promise<void> {
  const due = await findDueWebhooks(app.db)
  if (due.length === 0) return
  const pieces = due.map(ref => ({ key: `${ref.project_id}.${ref.webhook_no}`, payload: ref }))
  await transact(app.db, tx => enqueue(app.queue, tx, deliverWebhookTask, pieces))
  app.queue.wake()
}
