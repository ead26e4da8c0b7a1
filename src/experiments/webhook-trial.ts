import { randomUUID } from 'node:crypto'
import sql from 'sql-template-tag'
import { type Db, queryOne } from '#db/connect.ts'
import { NotFound } from '#errors.ts'
import type { AddressGuard } from './webhook-addresses.ts'
import { openWebhookCaller } from './webhook-call.ts'
import { getDelivery, recordDelivery, type WebhookDelivery, type WebhookRef } from './webhook-deliveries.ts'

/**
 * Sends a webhook an event of its own, `webhook.test`, at once and only once, also while it is switched off, and says what
 * became of it. @throws NotFound
 */
export async function testWebhook(
  db: Db,
  guard: AddressGuard,
  projectId: number,
  webhookId: string,
): Promise<WebhookDelivery> {
  const webhook = await queryOne<WebhookRef & { url: string; secret: string }>(
    db,
    sql`
      select project_id, webhook_no, url, secret from webhooks
      where project_id = ${projectId} and webhook_id = ${webhookId}::uuid`,
  )
  if (webhook === null) throw new NotFound(`There is no webhook ${webhookId}.`)
  const { url, secret } = webhook
  const message_id = `webhook_test_${randomUUID()}`
  const event = 'webhook.test'
  const body = JSON.stringify({ event, time: new Date().toISOString() })
  const caller = openWebhookCaller(guard)
  const outcome = await caller.call({ url, secret, message_id, body }).finally(() => caller.close())
  const status = outcome.ok ? 'delivered' : 'skipped'
  await recordDelivery(db, webhook, { ...outcome, message_id, event, run_id: null, status })
  return getDelivery(db, webhook, message_id)
}
