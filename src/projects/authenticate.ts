import { userInfo } from 'node:os'
import { createMiddleware } from 'hono/factory'
import { HTTPException } from 'hono/http-exception'
import { type Environment, isLoopback } from '#config.ts'
import { Forbidden } from '#errors.ts'
import type { App, AppEnv, Principal } from '#http/context.ts'
import { findPrincipal } from './keys.ts'
import { findProject } from './projects.ts'
import { ensureUser } from './users.ts'

/** What a key that may only bring data in is good for. */
const INGEST = [/^\/api\/sessions(\/import)?\/?$/, /^\/api\/(corrections|sft)\/ingest\/?$/]

/**
 * Finds out who asks. With a key: its holder, in its project (an administrator may name another one with
 * `X-Whetstone-Project`). Without: on a loopback address the owner, named by the operating system's user; elsewhere 401.
 *
 * On loopback a browser must not be a way in for other people's pages, so Host and Origin have to be local.
 */
export const authenticate = createMiddleware<AppEnv>(async (c, next) => {
  const { app } = c.var
  if (isLoopback(app.config.host))
    checkLocality(c.req.header('host') ?? new URL(c.req.url).host, c.req.header('origin'))
  const key = readKey(c.req.header('authorization'), c.req.header('x-api-key'))
  const project = c.req.header('x-whetstone-project')
  const principal = key === null ? await findOwner(app, project) : await findHolder(app, key, project)
  if (principal.role === 'ingest' && !(c.req.method === 'POST' && INGEST.some(path => path.test(c.req.path)))) {
    throw new Forbidden('This key may only bring data in.')
  }
  c.set('principal', principal)
  c.set('project', principal.project_id)
  await next()
})

/** @throws Forbidden unless the principal administers this server. */
export function requireAdministrator(principal: Principal): void {
  if (principal.role !== 'owner' && principal.role !== 'admin')
    throw new Forbidden('Only an administrator may do this.')
}

async function findOwner(app: App, project: string | undefined): Promise<Principal> {
  if (!isLoopback(app.config.host)) {
    throw new HTTPException(401, { message: 'Send an API key, as in: Authorization: Bearer whet_…' })
  }
  const [found, user] = await Promise.all([
    findProject(app.db, project ?? 'default'),
    ensureUser(app.db, readUserName(app.config.env)),
  ])
  return { project_id: found.project_id, project: found.name, user_id: user.user_id, user: user.name, role: 'owner' }
}

async function findHolder(app: App, key: string, project: string | undefined): Promise<Principal> {
  const holder = await findPrincipal(app.db, key)
  if (holder === null) throw new HTTPException(401, { message: 'This API key is not valid, or was revoked.' })
  if (project === undefined || project === holder.project) return holder
  if (holder.role !== 'admin') throw new Forbidden(`This key belongs to the project "${holder.project}".`)
  const found = await findProject(app.db, project)
  return { ...holder, project_id: found.project_id, project: found.name }
}

/** In a container the process may run under a number that has no name. */
function readUserName(env: Environment): string {
  try {
    return userInfo().username
  } catch {
    return env.USER || 'owner'
  }
}

function readKey(authorization: string | undefined, header: string | undefined): string | null {
  if (header !== undefined) return header
  if (authorization === undefined) return null
  // An administrator's own secret may be words with spaces between.
  const [, scheme = '', value = ''] = /^\s*(\S+)\s*(.*?)\s*$/.exec(authorization) ?? []
  if (scheme.toLowerCase() === 'bearer') return value
  if (scheme.toLowerCase() === 'basic')
    return Buffer.from(value, 'base64').toString('utf8').split(':').slice(1).join(':')
  throw new HTTPException(401, { message: 'The Authorization header must be Bearer or Basic.' })
}

function checkLocality(host: string, origin: string | undefined): void {
  if (/[@/\\?#]/.test(host) || !isLocal(`http://${host}`)) {
    throw new Forbidden(`This server answers on this machine's own addresses only, not as "${host.slice(0, 100)}".`)
  }
  if (origin !== undefined && !isLocal(origin)) {
    throw new Forbidden(`A page of "${origin.slice(0, 100)}" may not use this server.`)
  }
}

function isLocal(address: string): boolean {
  const url = URL.parse(address)
  return url !== null && isLoopback(url.hostname.replace(/^\[|\]$/g, ''))
}
