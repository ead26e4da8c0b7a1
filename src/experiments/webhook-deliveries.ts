import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query, queryOne, queryRow } from '#db/connect.ts'
import { NotFound } from '#errors.ts'
import { timeSchema } from '#http/schemas.ts'
import type { CallOutcome } from './webhook-call.ts'

export const webhookDeliverySchema = z
  .object({
    message_id: z.string().openapi({ description: 'The header webhook-id: the same in every attempt' }),
    event: z.string(),
    run_id: z.string().nullable(),
    status: z.enum(['delivered', 'failing', 'skipped']),
    attempts: z.int(),
    http_status: z.int().nullable(),
    error: z.string().nullable(),
    response: z.string().nullable().openapi({ description: 'The beginning of what a refusal said' }),
    duration_ms: z.int().nullable(),
    created_at: timeSchema,
    updated_at: timeSchema,
  })
  .openapi('WebhookDelivery')
export type WebhookDelivery = z.infer<typeof webhookDeliverySchema>

export interface WebhookRef {
  project_id: number
  webhook_no: number
}

/** How many deliveries of a webhook are kept. */
const KEPT = 200

/** What became of an attempt, or of events that are given up. */
export interface DeliveryNote extends CallOutcome {
  message_id: string
  event: string
  run_id: string | null
  status: WebhookDelivery['status']
}

/** Writes down an attempt; another one at the same event adds to its row. */
export async function recordDelivery(
  tx: Db,
  { project_id, webhook_no }: WebhookRef,
  note: DeliveryNote,
): Promise<void> {
  await query(
    tx,
    sql`
      insert into webhook_deliveries as d (
        project_id, webhook_no, message_id, event, run_id, status, http_status, error, response, duration_ms)
      values (
        ${project_id}, ${webhook_no}, ${note.message_id}, ${note.event}, ${note.run_id}, ${note.status},
        ${note.http_status}, ${note.error}, ${note.response}, ${note.duration_ms})
      on conflict (project_id, webhook_no, message_id) do update set
        status = excluded.status, http_status = excluded.http_status, error = excluded.error,
        response = excluded.response, duration_ms = excluded.duration_ms, updated_at = clock_timestamp(),
        attempts = d.attempts + 1`,
  )
}

/** A webhook's newest deliveries, the newest first. @throws NotFound */
export async function listDeliveries(
  db: Db,
  projectId: number,
  webhookId: string,
  limit: number,
): Promise<WebhookDelivery[]> {
  const webhook = await queryOne<{ webhook_no: number }>(
    db,
    sql`select webhook_no from webhooks where project_id = ${projectId} and webhook_id = ${webhookId}::uuid`,
  )
  if (webhook === null) throw new NotFound(`There is no webhook ${webhookId}.`)
  return query<WebhookDelivery>(
    db,
    sql`
      select message_id, event, run_id, status, attempts, http_status, error, response, duration_ms, created_at, updated_at
      from webhook_deliveries where project_id = ${projectId} and webhook_no = ${webhook.webhook_no}
      order by delivery_no desc limit ${limit}`,
  )
}

/** The newest delivery of that message. */
export function getDelivery(db: Db, ref: WebhookRef, messageId: string): Promise<WebhookDelivery> {
  return queryRow<WebhookDelivery>(
    db,
    sql`
      select message_id, event, run_id, status, attempts, http_status, error, response, duration_ms, created_at, updated_at
      from webhook_deliveries
      where project_id = ${ref.project_id} and webhook_no = ${ref.webhook_no} and message_id = ${messageId}`,
  )
}

/** Forgets all but the newest deliveries. */
export async function forgetDeliveries(db: Db, { project_id, webhook_no }: WebhookRef): Promise<void> {
  await query(
    db,
    sql`
      delete from webhook_deliveries where project_id = ${project_id} and webhook_no = ${webhook_no} and delivery_no <= (
        select delivery_no from webhook_deliveries where project_id = ${project_id} and webhook_no = ${webhook_no}
        order by delivery_no desc offset ${KEPT} limit 1)`,
  )
}
