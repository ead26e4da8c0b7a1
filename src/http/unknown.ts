import type { Context } from 'hono'
import type { AppEnv } from './context.ts'

/** What the framework tells of the routes that it has. */
interface Routed {
  routes: { path: string; method: string }[]
}

/** 404 for a path that is not there, 405 for one that is there with other methods, which it names. */
export function answerUnknown(app: Routed, c: Context<AppEnv>): Response {
  const path = c.req.path.replace(/(.)\/$/, '$1')
  const methods = new Set(
    app.routes.filter(route => route.method !== 'ALL' && matchesPath(route.path, path)).map(route => route.method),
  )
  if (methods.size === 0) return c.json({ detail: `There is nothing at ${path.slice(0, 200)}.` }, 404)
  if (methods.has('GET')) methods.add('HEAD')
  const allow = [...methods].sort().join(', ')
  return c.json({ detail: `${c.req.method} is not possible here, only ${allow}.` }, 405, { allow })
}

function matchesPath(pattern: string, path: string): boolean {
  const parts = pattern.split('/')
  const given = path.split('/')
  return parts.length === given.length && parts.every((part, index) => part.startsWith(':') || part === given[index])
}
