import { createRoute, z } from '@hono/zod-openapi'
import { createRouter } from '#http/router.ts'
import { answer, integerParameter, numberParameter, refusals } from '#http/schemas.ts'
import { casePageSchema, listCases } from './cases.ts'
import { datasetNameSchema, datasetSchema, getDataset, listDatasets, openVersion } from './datasets.ts'
import { datasetVersionSchema, listVersions } from './versions.ts'

const tags = ['datasets']
const params = z.object({ name: datasetNameSchema })
export const versionParameter = z.string().min(1).max(200).openapi({ description: 'A label or a number; the newest' })

const listDatasetsRoute = createRoute({
  method: 'get',
  path: '/datasets',
  tags,
  summary: 'Datasets by name',
  responses: { 200: answer(z.array(datasetSchema), 'Datasets'), ...refusals },
})

const getDatasetRoute = createRoute({
  method: 'get',
  path: '/datasets/{name}',
  tags,
  summary: 'A dataset',
  request: { params },
  responses: { 200: answer(datasetSchema, 'The dataset'), ...refusals },
})

const listVersionsRoute = createRoute({
  method: 'get',
  path: '/datasets/{name}/versions',
  tags,
  summary: 'The versions of a dataset, newest first',
  request: {
    params,
    query: z.object({
      before: integerParameter({ min: 1 }).optional(),
      limit: integerParameter({ min: 1, max: 1000 }).default(100),
    }),
  },
  responses: { 200: answer(z.array(datasetVersionSchema), 'Newest first'), ...refusals },
})

const listCasesRoute = createRoute({
  method: 'get',
  path: '/datasets/{name}/cases',
  tags,
  summary: 'The cases of a version, in the order in which they came',
  request: {
    params,
    query: z.object({
      version: versionParameter.optional(),
      split: z.enum(['train', 'test']).optional(),
      test_share: numberParameter({ min: 0, max: 1 }).default(0.2),
      after: integerParameter({ min: 0 }).default(0),
      limit: integerParameter({ min: 1, max: 1000 }).default(100),
    }),
  },
  responses: { 200: answer(casePageSchema, 'A page'), ...refusals },
})

export const datasetRoutes = createRouter()
  .openapi(listDatasetsRoute, async c => c.json(await listDatasets(c.var.app.db, c.var.project), 200))
  .openapi(getDatasetRoute, async c =>
    c.json(await getDataset(c.var.app.db, c.var.project, c.req.valid('param').name), 200),
  )
  .openapi(listVersionsRoute, async c => {
    const { dataset_no } = await openVersion(c.var.app.db, c.var.project, c.req.valid('param'))
    return c.json(await listVersions(c.var.app.db, c.var.project, dataset_no, c.req.valid('query')), 200)
  })
  .openapi(listCasesRoute, async c => {
    const { version, after, ...window } = c.req.valid('query')
    const ref = await openVersion(c.var.app.db, c.var.project, { ...c.req.valid('param'), version })
    return c.json(await listCases(c.var.app.db, c.var.project, ref, { ...window, after_case_no: after }), 200)
  })
