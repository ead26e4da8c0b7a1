import { createRoute, z } from '@hono/zod-openapi'
import { createRouter } from '#http/router.ts'
import { answer, flagSchema, foreignIdSchema, integerParameter, numberParameter, refusals } from '#http/schemas.ts'
import { compareFilterSchema, compareVariants, comparisonSchema } from './compare.ts'
import { experimentFailuresSchema, listExperimentFailures } from './failures.ts'
import { gateSchema, judgeGate } from './gate.ts'
import { readLeaderboard } from './leaderboard.ts'
import { variantLeaderboardSchema } from './leaderboard-schemas.ts'
import { matrixFilterSchema, matrixSchema, readMatrix } from './matrix.ts'

const tags = ['experiments']

const params = z.object({
  id: foreignIdSchema.openapi({ description: "The experiment's id, or its name: the newest of that name" }),
})
const splitParameter = z.enum(['all', 'train', 'test'])
/** Nobody asks for intervals of 50 %, and 1 has none. */
const levelParameter = numberParameter({ min: 0.5, max: 0.9999 }).default(0.95)
/** A variant by its number, its label or the JSON of its trial. */
const variantParameter = z.string().min(1).max(10_000)
const variantsParameter = z
  .union([variantParameter, z.array(variantParameter).max(100)])
  .optional()
  .openapi({ description: 'A variant by number, label, or the JSON of its trial; may be given several times' })

const leaderboardRoute = createRoute({
  method: 'get',
  path: '/experiments/{id}/leaderboard',
  tags,
  summary: 'The variants of an experiment, the best first, with intervals, ranks and a verdict',
  request: {
    params,
    query: z.object({
      baseline: variantParameter.optional(),
      split: splitParameter.optional().openapi({ description: 'train where cases are held back, else all' }),
      level: levelParameter,
      k: integerParameter({ min: 1, max: 1000 }).default(1).openapi({ description: 'Of pass@k' }),
      limit: integerParameter({ min: 1, max: 1000 }).default(100),
      offset: integerParameter({ min: 0 }).default(0),
    }),
  },
  responses: { 200: answer(variantLeaderboardSchema, 'The leaderboard'), ...refusals },
})

const compareRoute = createRoute({
  method: 'get',
  path: '/experiments/{id}/compare',
  tags,
  summary: 'Two variants case by case, the largest loss of b against a first',
  request: {
    params,
    query: z.object({
      a: variantParameter,
      b: variantParameter,
      filter: compareFilterSchema.default('all'),
      split: splitParameter.default('all'),
      level: levelParameter,
      limit: integerParameter({ min: 1, max: 100 }).default(20),
      after: z.string().max(200).optional(),
      before: z.string().max(200).optional(),
    }),
  },
  responses: { 200: answer(comparisonSchema, 'Counts over all cases, and a page of them'), ...refusals },
})

const matrixRoute = createRoute({
  method: 'get',
  path: '/experiments/{id}/matrix',
  tags,
  summary: 'The score of each case by each variant',
  request: {
    params,
    query: z.object({
      variant: variantsParameter,
      most_variants: integerParameter({ min: 1, max: 100 }).default(20).openapi({ description: 'Without variant' }),
      split: splitParameter.default('all'),
      filter: matrixFilterSchema.default('all'),
      texts: flagSchema
        .default(false)
        .openapi({ default: false, description: 'With how each input and the answer of each cell begins' }),
      limit: integerParameter({ min: 1, max: 1000 }).default(100),
      after: integerParameter({ min: 0 }).default(0),
      before: integerParameter({ min: 0 }).optional(),
    }),
  },
  responses: { 200: answer(matrixSchema, 'A page of cases'), ...refusals },
})

const failuresRoute = createRoute({
  method: 'get',
  path: '/experiments/{id}/failures',
  tags,
  summary: 'Why runs of an experiment failed, the most frequent cause first',
  request: { params },
  responses: { 200: answer(experimentFailuresSchema, 'Causes, of the runs that failed last'), ...refusals },
})

const gateRoute = createRoute({
  method: 'get',
  path: '/experiments/{id}/gate',
  tags,
  summary: 'Whether a variant is no worse than the baseline by the margin',
  request: {
    params,
    query: z.object({
      baseline: variantParameter.optional(),
      variant: variantsParameter,
      split: splitParameter.optional(),
      max_regression: numberParameter({ min: 0, max: 1 }).default(0.02),
      level: numberParameter({ min: 0.5001, max: 0.9999 }).default(0.95),
    }),
  },
  responses: { 200: answer(gateSchema, 'The outcome with its numbers'), ...refusals },
})

export const leaderboardRoutes = createRouter()
  .openapi(leaderboardRoute, async c => {
    const { app, project } = c.var
    return c.json(await readLeaderboard(app.db, project, c.req.valid('param').id, c.req.valid('query')), 200)
  })
  .openapi(compareRoute, async c => {
    const { app, project } = c.var
    return c.json(await compareVariants(app.db, project, c.req.valid('param').id, c.req.valid('query')), 200)
  })
  .openapi(matrixRoute, async c => {
    const { app, project } = c.var
    const { variant, ...options } = c.req.valid('query')
    const variants = [variant ?? []].flat()
    return c.json(await readMatrix(app.db, project, c.req.valid('param').id, { ...options, variants }), 200)
  })
  .openapi(failuresRoute, async c => {
    const { app, project } = c.var
    return c.json(await listExperimentFailures(app.db, project, c.req.valid('param').id), 200)
  })
  .openapi(gateRoute, async c => {
    const { app, project } = c.var
    const { variant, ...options } = c.req.valid('query')
    const variants = [variant ?? []].flat()
    return c.json(await judgeGate(app.db, project, c.req.valid('param').id, { ...options, variants }), 200)
  })
