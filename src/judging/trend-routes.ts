import { createRoute, z } from '@hono/zod-openapi'
import { createRouter } from '#http/router.ts'
import { answer, integerParameter, refusals } from '#http/schemas.ts'
import { findRegressions, regressionsSchema } from './regressions.ts'
import { countSessionShares, sessionSharesSchema } from './session-shares.ts'
import { listTrendSeries, TREND_GROUPS, trendSeriesSchema } from './trend-series.ts'

const tags = ['evaluation']

const trendsRoute = createRoute({
  method: 'get',
  path: '/trends',
  tags,
  summary: 'Weekly means with intervals, also across changes of the pins, as the charts show them',
  request: {
    query: z.object({
      weeks: integerParameter({ min: 2, max: 104 }).default(12).openapi({ default: 12 }),
      by: z.enum(TREND_GROUPS).default('all'),
      time: z.enum(['judged', 'last_active']).default('last_active'),
    }),
  },
  responses: { 200: answer(trendSeriesSchema, 'At most four series'), ...refusals },
})

const regressionsRoute = createRoute({
  method: 'get',
  path: '/regressions',
  tags,
  summary: 'Where the last two weeks are worse than the six before, beyond chance',
  responses: { 200: answer(regressionsSchema, 'The largest loss first'), ...refusals },
})

const sharesRoute = createRoute({
  method: 'get',
  path: '/session-shares',
  tags,
  summary: 'How many of the newest 10,000 sessions are judged, stale and pending',
  responses: { 200: answer(sessionSharesSchema, 'The counts'), ...refusals },
})

/** What the pages of trends and the first page need beside the contract. */
export const trendRoutes = createRouter()
  .openapi(trendsRoute, async c =>
    c.json(await listTrendSeries(c.var.app.db, c.var.project, c.req.valid('query')), 200),
  )
  .openapi(regressionsRoute, async c => c.json(await findRegressions(c.var.app.db, c.var.project), 200))
  .openapi(sharesRoute, async c => c.json(await countSessionShares(c.var.app.db, c.var.project), 200))
