import { z } from '@hono/zod-openapi'
import sql, { empty, type Sql } from 'sql-template-tag'
import { type Db, query, queryOne, queryRow } from '#db/connect.ts'
import { Invalid, NotFound } from '#errors.ts'
import { timeSchema, uuidSchema } from '#http/schemas.ts'
import { cursorAt, findWatermark, RUN_EVENTS, runEventNameSchema } from './events.ts'
import { type AddressGuard, checkWebhookUrl } from './webhook-addresses.ts'
import { createWebhookSecret, isWebhookSecret } from './webhook-signature.ts'

const urlSchema = z.string().min(1).max(2_000).openapi({ format: 'uri' })
const eventsSchema = z
  .array(runEventNameSchema)
  .min(1, 'Expected at least one event')
  .max(RUN_EVENTS.length)
  .openapi({ description: 'Which events are sent' })
const secretSchema = z
  .string()
  .refine(isWebhookSecret, 'Expected whsec_ and the base64 of 24 to 64 random bytes; leave it out to be given one')

export const webhookInputSchema = z
  .strictObject({
    url: urlSchema,
    events: eventsSchema.default([...RUN_EVENTS]),
    /** Of this experiment alone; of all when left out. */
    experiment_id: uuidSchema.nullish(),
    secret: secretSchema.nullish(),
  })
  .openapi('WebhookInput')
export type WebhookInput = z.output<typeof webhookInputSchema>

export const webhookChangeSchema = z
  .strictObject({
    url: urlSchema.exactOptional(),
    events: eventsSchema.exactOptional(),
    secret: secretSchema.exactOptional(),
    /** What happens while it is off is never sent. */
    enabled: z.boolean().exactOptional(),
  })
  .openapi('WebhookChange')
export type WebhookChange = z.output<typeof webhookChangeSchema>

export const webhookSchema = z
  .object({
    id: z.string(),
    url: z.string(),
    events: z.array(runEventNameSchema),
    experiment_id: z.string().nullable(),
    enabled: z.boolean(),
    failures: z.int().openapi({ description: 'Attempts in a row that failed' }),
    next_attempt_at: timeSchema.nullable().openapi({ description: 'While it fails' }),
    created_at: timeSchema,
  })
  .openapi('Webhook')
export type Webhook = z.infer<typeof webhookSchema>

export const newWebhookSchema = webhookSchema
  .extend({ secret: z.string().openapi({ description: 'Shown this once' }) })
  .openapi('NewWebhook')

/**
 * Makes a webhook. It is told what happens from now on.
 *
 * @throws Invalid for an address that must not be called. @throws NotFound for an unknown experiment.
 */
export async function createWebhook(
  db: Db,
  guard: AddressGuard,
  by: { project_id: number; user_id: number },
  input: WebhookInput,
): Promise<z.infer<typeof newWebhookSchema>> {
  await checkWebhookUrl(guard, input.url)
  const experimentNo = input.experiment_id ? await findNumber(db, by.project_id, input.experiment_id) : null
  const secret = input.secret ?? createWebhookSecret()
  const cursor = cursorAt(await findWatermark(db))
  const { webhook_id } = await queryRow<{ webhook_id: string }>(
    db,
    sql`
      insert into webhooks (project_id, user_id, experiment_no, url, events, secret, cursor)
      values (${by.project_id}, ${by.user_id}, ${experimentNo}, ${input.url}, ${sortEvents(input.events)}, ${secret}, ${cursor})
      returning webhook_id`,
  )
  return { ...(await getWebhook(db, by.project_id, webhook_id)), secret }
}

/** @throws NotFound */
export async function getWebhook(db: Db, projectId: number, webhookId: string): Promise<Webhook> {
  const row = await queryOne<Webhook>(db, selectWebhooks(projectId, sql`and w.webhook_id = ${webhookId}::uuid`))
  if (row === null) throw new NotFound(`There is no webhook ${webhookId}.`)
  return row
}

/** A project's webhooks, oldest first, without their secrets. */
export function listWebhooks(db: Db, projectId: number): Promise<Webhook[]> {
  return query<Webhook>(db, sql`${selectWebhooks(projectId, empty)} order by w.webhook_no`)
}

/**
 * Changes a webhook and has what failed tried again at once. Switched on again, it is told what happens from then on.
 *
 * @throws Invalid for an address that must not be called. @throws NotFound
 */
export async function changeWebhook(
  db: Db,
  guard: AddressGuard,
  projectId: number,
  webhookId: string,
  change: WebhookChange,
): Promise<Webhook> {
  if (Object.keys(change).length === 0) throw new Invalid('Say what is to change: url, events, secret or enabled')
  if (change.url !== undefined) await checkWebhookUrl(guard, change.url)
  const now = cursorAt(await findWatermark(db))
  const { url = null, events, secret = null, enabled = null } = change
  // Whoever delivers at the moment has read what was true before, and loses it.
  await query(
    db,
    sql`
      update webhooks set url = coalesce(${url}, url), secret = coalesce(${secret}, secret),
        events = coalesce(${events === undefined ? null : sortEvents(events)}::text[], events),
        cursor = case when ${enabled}::boolean and not enabled then ${now} else cursor end,
        enabled = coalesce(${enabled}, enabled),
        failures = 0, due_at = '-infinity', held_until = '-infinity', fence = fence + 1
      where project_id = ${projectId} and webhook_id = ${webhookId}::uuid`,
  )
  return getWebhook(db, projectId, webhookId)
}

/** Removes a webhook with its log. @throws NotFound */
export async function removeWebhook(db: Db, projectId: number, webhookId: string): Promise<void> {
  const row = await queryOne(
    db,
    sql`delete from webhooks where project_id = ${projectId} and webhook_id = ${webhookId}::uuid returning webhook_no`,
  )
  if (row === null) throw new NotFound(`There is no webhook ${webhookId}.`)
}

function selectWebhooks(projectId: number, also: Sql): Sql {
  return sql`
    select w.webhook_id as id, w.url, w.events, x.experiment_id, w.enabled, w.failures,
      case when w.failures > 0 then w.due_at end as next_attempt_at, w.created_at
    from webhooks w left join experiments x on x.project_id = w.project_id and x.experiment_no = w.experiment_no
    where w.project_id = ${projectId} ${also}`
}

async function findNumber(db: Db, projectId: number, experimentId: string): Promise<number> {
  const row = await queryOne<{ experiment_no: number }>(
    db,
    sql`select experiment_no from experiments where project_id = ${projectId} and experiment_id = ${experimentId}::uuid`,
  )
  if (row === null) throw new NotFound(`There is no experiment ${experimentId}.`)
  return row.experiment_no
}

function sortEvents(events: readonly (typeof RUN_EVENTS)[number][]): string[] {
  return RUN_EVENTS.filter(name => events.includes(name))
}
