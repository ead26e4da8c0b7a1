import { createRoute, z } from '@hono/zod-openapi'
import { boundedCountSchema, listPlaceSchema } from '#http/list-place.ts'
import { createRouter } from '#http/router.ts'
import { answer, body, foreignIdSchema, integerParameter, refusals, timeInputSchema } from '#http/schemas.ts'
import { countRuns, evaluationRunPageSchema, listRunPage, runChoiceSchema } from './run-list.ts'
import { sessionFilterSchema } from './session-filter.ts'
import {
  countSessions,
  listNamedSessions,
  listSessionPage,
  sessionPageSchema,
  sessionRowSchema,
} from './session-page.ts'

const tags = ['evaluation']

const pageRoute = createRoute({
  method: 'get',
  path: '/session-page',
  tags,
  summary: 'A page of sessions for a table: filters, two orders, both directions, search',
  description:
    '`sort=judged` lists those that were judged. `after` and `before` take what a page gave as `next` and `previous`; `at` ' +
    'begins at a date instead, after the pinned ones.',
  request: {
    query: sessionFilterSchema.extend({
      limit: integerParameter({ min: 1, max: 500 }).default(100).openapi({ default: 100 }),
      after: z.string().optional(),
      before: z.string().optional(),
      at: timeInputSchema.optional(),
    }),
  },
  responses: { 200: answer(sessionPageSchema, 'The page'), ...refusals },
})

const countRoute = createRoute({
  method: 'get',
  path: '/session-count',
  tags,
  summary: 'How many sessions the filters leave, exact up to 10,000; a search is not counted',
  request: { query: sessionFilterSchema },
  responses: { 200: answer(boundedCountSchema, 'The count'), ...refusals },
})

const namedRoute = createRoute({
  method: 'post',
  path: '/session-rows',
  tags,
  summary: 'The rows of named sessions as the page has them; those that are not there are left out',
  request: { body: body(z.strictObject({ session_ids: z.array(foreignIdSchema).min(1).max(1_000) })) },
  responses: { 200: answer(z.array(sessionRowSchema), 'In the order of the list'), ...refusals },
})

const runPageRoute = createRoute({
  method: 'get',
  path: '/run-page',
  tags,
  summary: 'A page of evaluation runs for a table: filters, both directions, newest first, without their sessions',
  request: { query: runChoiceSchema.extend(listPlaceSchema.shape) },
  responses: { 200: answer(evaluationRunPageSchema, 'The page'), ...refusals },
})

const runCountRoute = createRoute({
  method: 'get',
  path: '/run-count',
  tags,
  summary: 'How many evaluation runs the filters leave, exact up to 10,000',
  request: { query: runChoiceSchema },
  responses: { 200: answer(boundedCountSchema, 'The count'), ...refusals },
})

/** The lists of sessions and of runs as tables need them, beside those of the contract. */
export const listRoutes = createRouter()
  .openapi(pageRoute, async c => {
    const filter = c.req.valid('query')
    return c.json(await listSessionPage(c.var.app.db, c.var.project, filter, filter), 200)
  })
  .openapi(countRoute, async c => c.json(await countSessions(c.var.app.db, c.var.project, c.req.valid('query')), 200))
  .openapi(namedRoute, async c => {
    const { session_ids } = c.req.valid('json')
    return c.json(await listNamedSessions(c.var.app.db, c.var.project, session_ids), 200)
  })
  .openapi(runPageRoute, async c => {
    const query = c.req.valid('query')
    return c.json(await listRunPage(c.var.app.db, c.var.project, query, query), 200)
  })
  .openapi(runCountRoute, async c => c.json(await countRuns(c.var.app.db, c.var.project, c.req.valid('query')), 200))
