import { createRoute, z } from '@hono/zod-openapi'
import { createRouter } from '#http/router.ts'
import { answer, body, refusals, uuidSchema } from '#http/schemas.ts'
import { experimentSchema } from './experiments.ts'
import { changeWeights, experimentChangeSchema, rescoredSchema, rescoreExperiment, rescoringSchema } from './scoring.ts'

const tags = ['experiments']
const params = z.object({ experiment_id: uuidSchema })

const rescoreRoute = createRoute({
  method: 'post',
  path: '/experiments/{experiment_id}/score',
  tags,
  summary: 'Score runs that have ended with further scorers, without running them again',
  request: { params, body: body(rescoringSchema) },
  responses: { 200: answer(rescoredSchema, 'What changes; the runs follow in the background'), ...refusals },
})

const changeExperimentRoute = createRoute({
  method: 'patch',
  path: '/experiments/{experiment_id}',
  tags,
  summary: "Change how much each scorer counts; all runs' scores follow",
  request: { params, body: body(experimentChangeSchema) },
  responses: { 200: answer(experimentSchema, 'The experiment'), ...refusals },
})

export const scoringRoutes = createRouter()
  .openapi(rescoreRoute, async c => {
    const { app, project } = c.var
    const { experiment_id } = c.req.valid('param')
    return c.json(
      await rescoreExperiment(app.db, app.queue, app.backends, project, experiment_id, c.req.valid('json')),
      200,
    )
  })
  .openapi(changeExperimentRoute, async c => {
    const { experiment_id } = c.req.valid('param')
    return c.json(await changeWeights(c.var.app.db, c.var.project, experiment_id, c.req.valid('json')), 200)
  })
