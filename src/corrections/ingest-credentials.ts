import { hash, timingSafeEqual } from 'node:crypto'
import { createMiddleware } from 'hono/factory'
import { HTTPException } from 'hono/http-exception'
import sql from 'sql-template-tag'
import { type Db, queryOne } from '#db/connect.ts'
import { Forbidden } from '#errors.ts'
import type { App, AppEnv, Principal } from '#http/context.ts'
import { findPrincipal } from '#projects/keys.ts'
import { findProject } from '#projects/projects.ts'
import { ensureUser } from '#projects/users.ts'

/** Who a record is from that came with the shared secret. */
const INGESTION_USER = 'ingestion'

/**
 * The credentials of the ingestion endpoint, which answers for them itself, before anything else of a request is looked
 * at: 503 when nobody could have any, 401 without a Bearer token, 403 for a wrong one. The token is the environment's
 * secret or an API key.
 */
export const authenticateIngest = createMiddleware<AppEnv>(async (c, next) => {
  const { app } = c.var
  const secret = app.config.env.WHETSTONE_INGESTION_SECRET || app.config.env.AVOCET_INGESTION_SECRET || null
  const token = readBearer(c.req.header('authorization'))
  const holder = token === null ? null : await findPrincipal(app.db, token)
  if (secret === null && holder === null && !(await hasIngestKey(app.db))) {
    throw new HTTPException(503, {
      message: 'No secret is configured here: set WHETSTONE_INGESTION_SECRET, or make an API key with the role ingest.',
    })
  }
  if (token === null) {
    throw new HTTPException(401, { message: 'Send the ingestion secret, as in: Authorization: Bearer SECRET' })
  }
  if (holder === null && (secret === null || !equalSecrets(token, secret))) {
    throw new Forbidden('This is not the ingestion secret, nor an API key in force.')
  }
  const principal = await choosePrincipal(app, holder, c.req.header('x-whetstone-project'))
  c.set('principal', principal)
  c.set('project', principal.project_id)
  await next()
})

function readBearer(header: string | undefined): string | null {
  return /^\s*Bearer +(\S+)\s*$/i.exec(header ?? '')?.[1] ?? null
}

/** Takes as long wherever the two differ, and says nothing of the secret's length. */
function equalSecrets(given: string, secret: string): boolean {
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', secret, 'buffer'))
}

async function hasIngestKey(db: Db): Promise<boolean> {
  return (await queryOne(db, sql`select from api_keys where role = 'ingest' and revoked_at is null limit 1`)) !== null
}

async function choosePrincipal(app: App, holder: Principal | null, project: string | undefined): Promise<Principal> {
  if (holder !== null && (project === undefined || project === holder.project)) return holder
  if (holder !== null && holder.role !== 'admin') {
    throw new Forbidden(`This key belongs to the project "${holder.project}".`)
  }
  const found = await findProject(app.db, project ?? 'default')
  const user = holder ?? { ...(await ensureUser(app.db, INGESTION_USER)), role: 'ingest' as const }
  const name = 'user' in user ? user.user : user.name
  return { project_id: found.project_id, project: found.name, user_id: user.user_id, user: name, role: user.role }
}
