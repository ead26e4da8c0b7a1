import { createRoute, z } from '@hono/zod-openapi'
import { boundedCountSchema, listPlaceSchema } from '#http/list-place.ts'
import { createRouter } from '#http/router.ts'
import { answer, body, flagSchema, foreignIdSchema, integerParameter, refusals, uuidSchema } from '#http/schemas.ts'
import { createStarted, pauseExperiment, resumeExperiment, startExperiment, stopExperiment } from './control.ts'
import { experimentInputSchema } from './definition.ts'
import { describeDefinition } from './definition-schema.ts'
import { replaceDraft } from './drafts.ts'
import { expectDefinition, expectExperiment, expectedDefinitionSchema, expectedSchema } from './expected.ts'
import {
  countExperiments,
  experimentFilterSchema,
  experimentPageSchema,
  listExperimentPage,
} from './experiment-list.ts'
import {
  createExperiment,
  experimentSchema,
  experimentStatusSchema,
  getExperiment,
  listExperiments,
} from './experiments.ts'

const tags = ['experiments']
const params = z.object({ experiment_id: uuidSchema })

const createExperimentRoute = createRoute({
  method: 'post',
  path: '/experiments',
  tags,
  summary: 'Describe an experiment; with start=true also start it, or refuse it as a whole',
  request: {
    query: z.object({ start: flagSchema.default(false).openapi({ default: false }) }),
    body: body(experimentInputSchema),
  },
  responses: { 201: answer(experimentSchema, 'The experiment, a draft unless it was started'), ...refusals },
})

const listExperimentsRoute = createRoute({
  method: 'get',
  path: '/experiments',
  tags,
  summary: 'Experiments, newest first',
  request: {
    query: z.object({
      limit: integerParameter({ min: 1, max: 500 }).default(50).openapi({ default: 50 }),
      offset: integerParameter({ min: 0 }).default(0).openapi({ default: 0 }),
      status: experimentStatusSchema.optional(),
      name: foreignIdSchema.optional(),
    }),
  },
  responses: { 200: answer(z.array(experimentSchema), 'Experiments'), ...refusals },
})

const pageRoute = createRoute({
  method: 'get',
  path: '/experiment-page',
  tags,
  summary: 'A page of experiments for a table: filters, both directions, newest first',
  request: { query: experimentFilterSchema.extend(listPlaceSchema.shape) },
  responses: { 200: answer(experimentPageSchema, 'The page'), ...refusals },
})

const countRoute = createRoute({
  method: 'get',
  path: '/experiment-count',
  tags,
  summary: 'How many experiments the filters leave, exact up to 10,000',
  request: { query: experimentFilterSchema },
  responses: { 200: answer(boundedCountSchema, 'The count'), ...refusals },
})

const definitionRoute = createRoute({
  method: 'get',
  path: '/experiments/schema',
  tags,
  summary: 'The JSON Schema of an experiment, with the settings of each kind of scorer',
  responses: { 200: answer(z.record(z.string(), z.unknown()), 'JSON Schema 2020-12'), ...refusals },
})

const expectDefinitionRoute = createRoute({
  method: 'post',
  path: '/experiments/expected',
  tags,
  summary: 'Check an experiment that is not kept, and say what it would take',
  request: { body: body(experimentInputSchema) },
  responses: { 200: answer(expectedDefinitionSchema, 'The estimate'), ...refusals },
})

const replaceDraftRoute = createRoute({
  method: 'put',
  path: '/experiments/{experiment_id}',
  tags,
  summary: 'Describe a draft anew',
  request: { params, body: body(experimentInputSchema) },
  responses: { 200: answer(experimentSchema, 'The draft'), ...refusals },
})

const getExperimentRoute = createRoute({
  method: 'get',
  path: '/experiments/{experiment_id}',
  tags,
  summary: 'An experiment and how it stands',
  request: { params },
  responses: { 200: answer(experimentSchema, 'The experiment'), ...refusals },
})

const expectedRoute = createRoute({
  method: 'get',
  path: '/experiments/{experiment_id}/expected',
  tags,
  summary: 'What an experiment would take: calls, tokens, dollars',
  request: { params },
  responses: { 200: answer(expectedSchema, 'The estimate'), ...refusals },
})

const startExperimentRoute = describeChange('start', 'Start a draft')
const pauseExperimentRoute = describeChange('pause', 'Send nothing new until it is resumed')
const resumeExperimentRoute = describeChange('resume', 'Let a paused experiment go on')
const stopExperimentRoute = describeChange('stop', 'End an experiment before its time; what was done is kept')

export const experimentRoutes = createRouter()
  .openapi(createExperimentRoute, async c => {
    const { app, project, principal } = c.var
    const [{ start }, input] = [c.req.valid('query'), c.req.valid('json')]
    return c.json(
      start
        ? await createStarted(app.db, app.queue, app.backends, principal, input)
        : await createExperiment(app.db, app.backends, project, principal.user_id, input),
      201,
    )
  })
  .openapi(listExperimentsRoute, async c =>
    c.json(await listExperiments(c.var.app.db, c.var.project, c.req.valid('query')), 200),
  )
  .openapi(pageRoute, async c => {
    const query = c.req.valid('query')
    return c.json(await listExperimentPage(c.var.app.db, c.var.project, query, query), 200)
  })
  .openapi(countRoute, async c =>
    c.json(await countExperiments(c.var.app.db, c.var.project, c.req.valid('query')), 200),
  )
  .openapi(definitionRoute, c => c.json(describeDefinition(), 200))
  .openapi(expectDefinitionRoute, async c => {
    const { app, project } = c.var
    return c.json(await expectDefinition(app.db, app.backends, project, c.req.valid('json')), 200)
  })
  .openapi(replaceDraftRoute, async c => {
    const { app, project, principal } = c.var
    const [{ experiment_id }, input] = [c.req.valid('param'), c.req.valid('json')]
    return c.json(await replaceDraft(app.db, app.backends, project, principal.user_id, experiment_id, input), 200)
  })
  .openapi(getExperimentRoute, async c =>
    c.json(await getExperiment(c.var.app.db, c.var.project, c.req.valid('param').experiment_id), 200),
  )
  .openapi(expectedRoute, async c => {
    const { app, project } = c.var
    return c.json(await expectExperiment(app.db, app.backends, project, c.req.valid('param').experiment_id), 200)
  })
  .openapi(startExperimentRoute, async c => {
    const { app, project } = c.var
    const { experiment_id } = c.req.valid('param')
    return c.json(await startExperiment(app.db, app.queue, app.backends, project, experiment_id), 200)
  })
  .openapi(pauseExperimentRoute, async c =>
    c.json(await pauseExperiment(c.var.app.db, c.var.project, c.req.valid('param').experiment_id), 200),
  )
  .openapi(resumeExperimentRoute, async c => {
    const { app, project } = c.var
    const { experiment_id } = c.req.valid('param')
    return c.json(await resumeExperiment(app.db, app.queue, app.backends, project, experiment_id), 200)
  })
  .openapi(stopExperimentRoute, async c =>
    c.json(await stopExperiment(c.var.app.db, c.var.project, c.req.valid('param').experiment_id), 200),
  )

function describeChange<Name extends string>(name: Name, summary: string) {
  return createRoute({
    method: 'post',
    path: `/experiments/{experiment_id}/${name}` as const,
    tags,
    summary,
    request: { params },
    responses: { 200: answer(experimentSchema, 'The experiment'), ...refusals },
  })
}
