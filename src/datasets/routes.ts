import { createRoute, z } from '@hono/zod-openapi'
import { createRouter } from '#http/router.ts'
import { answer, body, integerParameter, numberParameter, refusals, uuidSchema } from '#http/schemas.ts'
import { streamBody } from '#http/stream-body.ts'
import { caseRowPageSchema, caseTextSchema, getCaseText, listCaseRows } from './case-rows.ts'
import { casePageSchema, listCases } from './cases.ts'
import { datasetNameSchema, datasetSchema, getDataset, listDatasets, openVersion } from './datasets.ts'
import { compareVersions, datasetDiffSchema } from './diff.ts'
import { exportCases } from './export.ts'
import {
  feedbackCasesSchema,
  importRatedAnswers,
  importRequests,
  previewRatedAnswers,
  previewRequests,
  requestCasesSchema,
} from './from-sessions.ts'
import { collectAnswerSchema } from './preview.ts'
import { datasetVersionSchema, listVersions, versionChangeSchema } from './versions.ts'

const tags = ['datasets']
const params = z.object({ name: datasetNameSchema })
const versionParameter = z.string().min(1).max(200).openapi({ description: 'A label or a number; the newest' })
/** Which cases of a dataset: of a version, and of a part of it. */
const caseChoiceSchema = z.object({
  version: versionParameter.optional(),
  split: z.enum(['train', 'test']).optional(),
  test_share: numberParameter({ min: 0, max: 1 }).default(0.2),
})

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
    query: caseChoiceSchema.extend({
      after: integerParameter({ min: 0 }).default(0),
      limit: integerParameter({ min: 1, max: 1000 }).default(100),
    }),
  },
  responses: { 200: answer(casePageSchema, 'A page'), ...refusals },
})

const listCaseRowsRoute = createRoute({
  method: 'get',
  path: '/datasets/{name}/case-rows',
  tags,
  summary: 'The cases of a version for a table, their fields cut to a few hundred characters',
  request: {
    params,
    query: caseChoiceSchema.extend({
      search: z.string().trim().max(200).optional().openapi({
        description: 'Part of an id, an input or an expected answer',
      }),
      after: integerParameter({ min: 0 }).default(0),
      limit: integerParameter({ min: 1, max: 200 }).default(100),
    }),
  },
  responses: { 200: answer(caseRowPageSchema, 'A page'), ...refusals },
})

const getCaseRoute = createRoute({
  method: 'get',
  path: '/datasets/{name}/cases/{case_id}',
  tags,
  summary: 'A case of a dataset, its JSON as text',
  request: { params: params.extend({ case_id: uuidSchema }) },
  responses: { 200: answer(caseTextSchema, 'The case'), ...refusals },
})

/** Not as a literal type: the framework takes whatever ends in `json` for one JSON value. */
const NDJSON: string = 'application/x-ndjson'

const exportRoute = createRoute({
  method: 'get',
  path: '/datasets/{name}/export',
  tags,
  summary: 'The cases of a version as JSONL; uploaded again, they are the same cases',
  request: {
    params,
    query: caseChoiceSchema,
  },
  responses: { 200: { description: 'A line a case', content: { [NDJSON]: { schema: z.string() } } }, ...refusals },
})

const diffRoute = createRoute({
  method: 'get',
  path: '/datasets/{name}/diff',
  tags,
  summary: 'What changed from one version to another',
  request: {
    params,
    query: z.object({
      from: versionParameter,
      to: versionParameter.optional(),
      after: integerParameter({ min: 0 }).default(0),
      limit: integerParameter({ min: 0, max: 1000 }).default(100),
    }),
  },
  responses: { 200: answer(datasetDiffSchema, 'Counts, and a page of the differences'), ...refusals },
})

const requestsRoute = createRoute({
  method: 'post',
  path: '/datasets/{name}/sessions',
  tags,
  summary: "Make cases of the users' requests in sessions",
  request: { params, body: body(requestCasesSchema) },
  responses: { 200: answer(versionChangeSchema, 'What changed'), ...refusals },
})

const feedbackRoute = createRoute({
  method: 'post',
  path: '/datasets/{name}/feedback',
  tags,
  summary: 'Make cases of the answers that people rated',
  request: { params, body: body(feedbackCasesSchema) },
  responses: { 200: answer(versionChangeSchema, 'What changed'), ...refusals },
})

const requestsPreviewRoute = createRoute({
  method: 'post',
  path: '/datasets/{name}/sessions/preview',
  tags,
  summary: "What cases of the users' requests would change. Makes nothing",
  request: { params, body: body(requestCasesSchema) },
  responses: {
    200: answer(collectAnswerSchema, 'Counts, and the first differences; null where there is nothing to collect'),
    ...refusals,
  },
})

const feedbackPreviewRoute = createRoute({
  method: 'post',
  path: '/datasets/{name}/feedback/preview',
  tags,
  summary: 'What cases of the rated answers would change. Makes nothing',
  request: { params, body: body(feedbackCasesSchema) },
  responses: {
    200: answer(collectAnswerSchema, 'Counts, and the first differences; null where there is nothing to collect'),
    ...refusals,
  },
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
  .openapi(listCaseRowsRoute, async c => {
    const { version, after, ...window } = c.req.valid('query')
    const ref = await openVersion(c.var.app.db, c.var.project, { ...c.req.valid('param'), version })
    return c.json(await listCaseRows(c.var.app.db, c.var.project, ref, { ...window, after_case_no: after }), 200)
  })
  .openapi(getCaseRoute, async c => {
    const { name, case_id } = c.req.valid('param')
    const ref = await openVersion(c.var.app.db, c.var.project, { name })
    return c.json(await getCaseText(c.var.app.db, c.var.project, ref, case_id), 200)
  })
  .openapi(exportRoute, async c => {
    const { app, project } = c.var
    const { version, ...filter } = c.req.valid('query')
    const { name } = c.req.valid('param')
    const ref = await openVersion(app.db, project, { name, version })
    const file = `${name.replace(/[^\w.-]+/g, '_')}-${ref.version}.jsonl`
    return c.body(streamBody(exportCases(app.db, project, ref, filter)), 200, {
      'content-type': NDJSON,
      'content-disposition': `attachment; filename="${file}"`,
    })
  })
  .openapi(diffRoute, async c => {
    const { app, project } = c.var
    const { name } = c.req.valid('param')
    const { from, to, ...window } = c.req.valid('query')
    const before = await openVersion(app.db, project, { name, version: from })
    const after = await openVersion(app.db, project, { name, version: to })
    return c.json(await compareVersions(app.db, project, before, after, window), 200)
  })
  .openapi(requestsRoute, async c => {
    const { app, project, principal } = c.var
    const { name } = c.req.valid('param')
    return c.json(await importRequests(app.db, project, principal.user_id, name, c.req.valid('json')), 200)
  })
  .openapi(feedbackRoute, async c => {
    const { app, project, principal } = c.var
    const { name } = c.req.valid('param')
    return c.json(await importRatedAnswers(app.db, project, principal.user_id, name, c.req.valid('json')), 200)
  })
  .openapi(requestsPreviewRoute, async c => {
    const { name } = c.req.valid('param')
    return c.json(await previewRequests(c.var.app.db, c.var.project, name, c.req.valid('json')), 200)
  })
  .openapi(feedbackPreviewRoute, async c => {
    const { name } = c.req.valid('param')
    return c.json(await previewRatedAnswers(c.var.app.db, c.var.project, name, c.req.valid('json')), 200)
  })
