import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query, queryOne, queryRow } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import { NotFound } from '#errors.ts'
import type { Principal } from '#http/context.ts'
import { timeSchema } from '#http/schemas.ts'
import { ensureUser } from './users.ts'

export const roleSchema = z.enum(['admin', 'member', 'ingest'])

export const keyInputSchema = z
  .strictObject({ user: z.string().trim().min(1).max(200), role: roleSchema.default('member') })
  .openapi('KeyInput')

export const keySchema = z
  .object({
    key_id: z.int(),
    user: z.string(),
    role: roleSchema,
    hint: z.string().openapi({ description: 'The last four characters of the key; nothing of a short one' }),
    created_at: timeSchema,
    revoked_at: timeSchema.nullable(),
  })
  .openapi('Key')
export type Key = z.infer<typeof keySchema>

export const newKeySchema = keySchema
  .extend({ key: z.string().openapi({ description: 'Shown this once; only its hash is kept' }) })
  .openapi('NewKey')

/** Makes a key for a named user of the project. The key itself is in the answer and nowhere else. */
export function createKey(
  db: Db,
  projectId: number,
  input: z.output<typeof keyInputSchema>,
): Promise<Key & { key: string }> {
  const key = `whet_${randomBytes(32).toString('base64url')}`
  return transact(db, async tx => ({ ...(await storeKey(tx, projectId, { ...input, key })), key }))
}

/** Makes the key of `WHETSTONE_ADMIN_KEY` an administrator's, unless it is one already. */
export function ensureAdminKey(db: Db, key: string): Promise<void> {
  return transact(db, async tx => {
    // Processes that start together would each bring it.
    await query(tx, sql`lock table api_keys in share row exclusive mode`)
    const known = await queryOne(tx, sql`select from api_keys where key_hash = ${hashKey(key)}`)
    if (known !== null) return
    const project = await queryRow<{ project_id: number }>(
      tx,
      sql`select project_id from projects where name = 'default'`,
    )
    await storeKey(tx, project.project_id, { user: 'admin', role: 'admin', key })
  })
}

/** Whether anybody could sign in as administrator. */
export async function hasAdministrator(db: Db): Promise<boolean> {
  const row = await queryOne(db, sql`select from api_keys where role = 'admin' and revoked_at is null limit 1`)
  return row !== null
}

/**
 * Who holds this key, null if nobody does. The key is looked up by its SHA-256 and the hashes are compared in constant
 * time, so how long an answer takes tells nothing about how much of a guess was right.
 */
export async function findPrincipal(db: Db, key: string): Promise<Principal | null> {
  const hash = hashKey(key)
  const row = await queryOne<Principal & { key_hash: Buffer }>(
    db,
    sql`
      select k.project_id, p.name as project, u.user_id, u.name as "user", k.role, k.key_hash
      from api_keys k join projects p using (project_id) join users u using (user_id)
      where k.key_hash = ${hash} and k.revoked_at is null`,
  )
  if (row === null || !timingSafeEqual(row.key_hash, hash)) return null
  const { key_hash: _, ...principal } = row
  return principal
}

/** A project's keys by number, the revoked ones included, without their secrets. */
export async function listKeys(db: Db, projectId: number): Promise<Key[]> {
  return query<Key>(
    db,
    sql`
      select key_id, u.name as "user", role, hint, k.created_at, revoked_at
      from api_keys k join users u using (user_id)
      where project_id = ${projectId} order by key_id`,
  )
}

/** @throws NotFound if the project has no such key in force. */
export async function revokeKey(db: Db, projectId: number, keyId: number): Promise<void> {
  const row = await queryOne(
    db,
    sql`
      update api_keys set revoked_at = now()
      where project_id = ${projectId} and key_id = ${keyId} and revoked_at is null returning key_id`,
  )
  if (row === null) throw new NotFound(`There is no key ${keyId} in force in this project.`)
}

async function storeKey(
  tx: Db,
  projectId: number,
  input: { user: string; role: Key['role']; key: string },
): Promise<Key> {
  const user = await ensureUser(tx, input.user)
  const row = await queryRow<Omit<Key, 'user'>>(
    tx,
    sql`
      insert into api_keys (project_id, user_id, role, key_hash, hint)
      values (${projectId}, ${user.user_id}, ${input.role}, ${hashKey(input.key)}, ${hintAt(input.key)})
      returning key_id, role, hint, created_at, revoked_at`,
  )
  return { ...row, user: user.name }
}

function hashKey(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

/** Tells keys apart in a list. Of a key that somebody made up short, four characters would be too much. */
function hintAt(key: string): string {
  return key.length < 20 ? '' : key.slice(-4)
}
