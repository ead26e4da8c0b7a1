import type { Context as Call } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { z } from 'zod'
import { isOutage } from '#db/outage.ts'
import { Conflict, Forbidden, Invalid, type Location, NotFound } from '#errors.ts'
import { ModelFailure } from '#models/model.ts'
import type { AppEnv } from './context.ts'
import { explainIssues } from './issues.ts'

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
  if (status === 401) c.header('www-authenticate', 'Bearer realm="whetstone"')
  if (status !== null && error instanceof Error) return c.json({ detail: error.message }, status)
  if (isAborted(error) || isGivenUp(error)) {
    c.var.app.log.debug({ path: c.req.path }, 'the client left before its request was answered')
    return c.json({ detail: 'The request broke off before its end.' }, 400)
  }
  if (isOutage(error)) {
    c.var.app.log.warn({ err: error }, 'the database did not answer')
    return c.json({ detail: 'The database does not answer at the moment. Try again.' }, 503, { 'retry-after': '1' })
  }
  c.var.app.log.error({ err: error, method: c.req.method, path: c.req.path }, 'a request failed by a bug')
  return c.json({ detail: 'Internal error. The log of the server says more.' }, 500)
}

/** The hook of every route: a request that fails validation, as the contract words it. */
export function answerInvalid(
  result: { target: string; success: boolean; error?: z.core.$ZodError; data?: unknown },
  c: Call<AppEnv>,
): Response | undefined {
  if (result.success || result.error === undefined) return undefined
  const place = places[result.target] ?? result.target
  const troubles = explainIssues(result.error.issues, result.data).slice(0, ISSUES_SHOWN)
  return c.json(
    { detail: troubles.map(({ path, message, type }): Issue => ({ loc: [place, ...path], msg: message, type })) },
    422,
  )
}

const places: { [target: string]: string } = { json: 'body', query: 'query', param: 'path', header: 'header' }

/** A body with a mistake in each of a million messages is told of the first ones. */
const ISSUES_SHOWN = 100

function toIssue(error: Invalid): Issue {
  return { loc: error.loc, msg: error.message, type: error.slug }
}

/** What reading a request's body throws once its connection is gone; it has the code of a lost database. */
function isAborted(error: unknown): boolean {
  return error instanceof Error && error.message === 'aborted' && 'code' in error && error.code === 'ECONNRESET'
}

/** What asking a model throws once nobody waits for the answer any more. */
function isGivenUp(error: unknown): boolean {
  return error instanceof ModelFailure && error.kind === 'cancelled'
}

function findStatus(error: unknown): ContentfulStatusCode | null {
  if (error instanceof NotFound) return 404
  if (error instanceof Conflict) return 409
  if (error instanceof Forbidden) return 403
  if (error instanceof HTTPException) return error.status
  return null
}
