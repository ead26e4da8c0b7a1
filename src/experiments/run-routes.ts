import { createRoute, z } from '@hono/zod-openapi'
import { boundedCountSchema } from '#http/list-place.ts'
import { createRouter } from '#http/router.ts'
import {
  answer,
  body,
  integerParameter,
  numberParameter,
  refusals,
  timeInputSchema,
  uuidSchema,
} from '#http/schemas.ts'
import { rankRuns, runLeaderboardSchema } from './run-leaderboard.ts'
import { countRunsBeside, experimentRunPageSchema, listRunsBeside } from './run-list.ts'
import {
  experimentRunInputSchema,
  experimentRunSchema,
  experimentRunStatusSchema,
  getExperimentRun,
  listExperimentRuns,
  runDetailSchema,
  runPageSchema,
  submitRun,
} from './runs.ts'
import { addScore, scoreInputSchema, scoreSchema } from './scores.ts'

const tags = ['runs']
const params = z.object({ id: uuidSchema })

const filter = {
  status: experimentRunStatusSchema.optional(),
  min_score: numberParameter({ min: 0, max: 1 }).optional(),
  max_score: numberParameter({ min: 0, max: 1 }).optional(),
}
const searched = z.object({
  experiment_id: uuidSchema,
  ...filter,
  search: z.string().trim().max(200).optional().openapi({ description: "Part of the case's own id or its input" }),
})

const listRunsRoute = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'Runs, those that started last first',
  request: {
    query: z.object({
      experiment_id: uuidSchema.optional(),
      ...filter,
      limit: integerParameter({ min: 1, max: 500 }).default(50).openapi({ default: 50 }),
      offset: integerParameter({ min: 0 }).default(0).openapi({ default: 0 }),
    }),
  },
  responses: { 200: answer(runPageSchema, 'A page'), ...refusals },
})

const pageRoute = createRoute({
  method: 'get',
  path: '/page',
  tags,
  summary: "A page of an experiment's runs for a table: filters, both directions, those that started last first",
  request: {
    query: searched.extend({
      limit: integerParameter({ min: 1, max: 500 }).default(100).openapi({ default: 100 }),
      after: z.string().optional(),
      before: z.string().optional(),
      at: timeInputSchema.optional(),
    }),
  },
  responses: { 200: answer(experimentRunPageSchema, 'The page'), ...refusals },
})

const countRoute = createRoute({
  method: 'get',
  path: '/count',
  tags,
  summary: 'How many runs of an experiment the filters leave',
  request: { query: searched },
  responses: { 200: answer(boundedCountSchema, 'Always exact'), ...refusals },
})

const submitRunRoute = createRoute({
  method: 'post',
  path: '/',
  tags,
  summary: 'Hand in a run by itself; it is worked on in the background',
  request: { body: body(experimentRunInputSchema.extend({ experiment_id: uuidSchema })) },
  responses: { 201: answer(experimentRunSchema, 'The run, pending'), ...refusals },
})

const leaderboardRoute = createRoute({
  method: 'get',
  path: '/leaderboard/{experiment_id}',
  tags,
  summary: 'The best completed runs of an experiment',
  request: {
    params: z.object({ experiment_id: uuidSchema }),
    query: z.object({ top_n: integerParameter({ min: 1, max: 100 }).default(10).openapi({ default: 10 }) }),
  },
  responses: { 200: answer(runLeaderboardSchema, 'Best first'), ...refusals },
})

const getRunRoute = createRoute({
  method: 'get',
  path: '/{id}',
  tags,
  summary: 'A run with what its stages came to and its scores',
  request: { params },
  responses: { 200: answer(runDetailSchema, 'The run'), ...refusals },
})

const addScoreRoute = createRoute({
  method: 'post',
  path: '/{id}/score',
  tags,
  summary: "Record a person's score; the newest of each scorer counts",
  request: { params, body: body(scoreInputSchema) },
  responses: { 201: answer(scoreSchema, 'The score'), ...refusals },
})

export const runRoutes = createRouter()
  .openapi(listRunsRoute, async c => {
    const { limit, offset, ...filter } = c.req.valid('query')
    return c.json(await listExperimentRuns(c.var.app.db, c.var.project, filter, { limit, offset }), 200)
  })
  .openapi(pageRoute, async c => {
    const { experiment_id, limit, after, before, at, ...search } = c.req.valid('query')
    const place = { limit, after, before, at }
    return c.json(await listRunsBeside(c.var.app.db, c.var.project, experiment_id, search, place), 200)
  })
  .openapi(countRoute, async c => {
    const { experiment_id, ...search } = c.req.valid('query')
    return c.json(await countRunsBeside(c.var.app.db, c.var.project, experiment_id, search), 200)
  })
  .openapi(submitRunRoute, async c => {
    const { app, project, principal } = c.var
    return c.json(await submitRun(app.db, app.queue, project, principal.user_id, c.req.valid('json')), 201)
  })
  .openapi(leaderboardRoute, async c => {
    const { experiment_id } = c.req.valid('param')
    return c.json(await rankRuns(c.var.app.db, c.var.project, experiment_id, c.req.valid('query').top_n), 200)
  })
  .openapi(getRunRoute, async c =>
    c.json(await getExperimentRun(c.var.app.db, c.var.project, c.req.valid('param').id), 200),
  )
  .openapi(addScoreRoute, async c => {
    const { app, project, principal } = c.var
    const { id } = c.req.valid('param')
    return c.json(await addScore(app.db, project, principal.user_id, id, c.req.valid('json')), 201)
  })
