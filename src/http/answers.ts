import type { Context as Call } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { z } from 'zod'
import { isOutage } from '#db/outage.ts'
import { Conflict, Forbidden, Invalid, type Location, NotFound } from '#errors.ts'
import type { AppEnv } from './context.ts'

export interface Issue {
  loc: Location
  msg: string
  type: string
}

/**
 * Turns what a handler threw into an answer, in this one place. The four domain errors and HTTP's own are told to the
 * client; a database that is away is 503, so that clients try again; anything else is a bug: 500, logged with its cause.
 */
export function answerError(error: unknown, c: Call<AppEnv>): Response {
  if (error instanceof Invalid) return c.json({ detail: [toIssue(error)] }, 422)
  const status = findStatus(error)
  if (status !== null && error instanceof Error) return c.json({ detail: error.message }, status)
  if (isOutage(error)) {
    c.var.app.log.warn({ err: error }, 'the database did not answer')
    return c.json({ detail: 'The database does not answer at the moment. Try again.' }, 503, { 'retry-after': '1' })
  }
  c.var.app.log.error({ err: error, method: c.req.method, path: c.req.path }, 'a request failed by a bug')
  return c.json({ detail: 'Internal error. The log of the server says more.' }, 500)
}

/** The hook of every route: a request that fails validation, as the contract words it. */
export function answerInvalid(
  result: { target: string; success: boolean; error?: z.core.$ZodError },
  c: Call<AppEnv>,
): Response | undefined {
  if (result.success || result.error === undefined) return undefined
  return c.json({ detail: result.error.issues.flatMap(issue => describeIssue(result.target, issue)) }, 422)
}

const places: { [target: string]: string } = { json: 'body', query: 'query', param: 'path', header: 'header' }

function describeIssue(target: string, issue: z.core.$ZodIssue): Issue[] {
  const loc: Location = [
    places[target] ?? target,
    ...issue.path.map(part => (typeof part === 'number' ? part : String(part))),
  ]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => ({ loc: [...loc, key], msg: 'Unknown field', type: issue.code }))
  }
  return [{ loc, msg: issue.message, type: issue.code }]
}

function toIssue(error: Invalid): Issue {
  return { loc: error.loc, msg: error.message, type: error.slug }
}

function findStatus(error: unknown): ContentfulStatusCode | null {
  if (error instanceof NotFound) return 404
  if (error instanceof Conflict) return 409
  if (error instanceof Forbidden) return 403
  if (error instanceof HTTPException) return error.status
  return null
}
