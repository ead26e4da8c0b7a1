import { createRoute, z } from '@hono/zod-openapi'
import { createRouter } from '#http/router.ts'
import { answer, integerParameter, refusals } from '#http/schemas.ts'
import { caseSchema, listCases } from './cases.ts'
import { datasetNameSchema, datasetSchema, findDataset, listDatasets } from './datasets.ts'

const listDatasetsRoute = createRoute({
  method: 'get',
  path: '/datasets',
  tags: ['datasets'],
  summary: 'Datasets by name',
  responses: { 200: answer(z.array(datasetSchema), 'Datasets'), ...refusals },
})

const listCasesRoute = createRoute({
  method: 'get',
  path: '/datasets/{name}/cases',
  tags: ['datasets'],
  summary: "A dataset's cases in force",
  request: {
    params: z.object({ name: datasetNameSchema }),
    query: z.object({ limit: integerParameter({ min: 1, max: 10_000 }).default(1000) }),
  },
  responses: { 200: answer(z.array(caseSchema), 'Oldest first'), ...refusals },
})

export const datasetRoutes = createRouter()
  .openapi(listDatasetsRoute, async c => c.json(await listDatasets(c.var.app.db, c.var.project), 200))
  .openapi(listCasesRoute, async c => {
    const dataset = await findDataset(c.var.app.db, c.var.project, c.req.valid('param').name)
    return c.json(await listCases(c.var.app.db, c.var.project, dataset, c.req.valid('query').limit), 200)
  })
