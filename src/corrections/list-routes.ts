import { createRoute, z } from '@hono/zod-openapi'
import { createRouter } from '#http/router.ts'
import { answer, body, flagSchema, integerParameter, refusals, timeInputSchema, uuidSchema } from '#http/schemas.ts'
import { failureCategorySchema } from './candidate.ts'
import { candidateListSchema } from './candidate-edge.ts'
import { candidateKindsSchema, countBriefCandidates, listCandidateKinds } from './candidate-kinds.ts'
import { type BriefChoice, briefPageSchema, listBriefCandidates } from './candidate-page.ts'
import { candidateUsesSchema, findCandidateUses } from './candidate-uses.ts'
import { narrowingParameters } from './candidates.ts'
import { countDecisions, DECISIONS } from './decision-kinds.ts'
import { decisionPageSchema, listDecisions } from './decision-page.ts'
import { exportPreviewSchema, previewExport } from './export-preview.ts'
import { exportInputSchema } from './export-records.ts'
import { getImport, importDetailSchema, importRecordSchema, listImports } from './import-records.ts'

const tags = ['corrections']

const listParameters = {
  list: candidateListSchema.default('waiting').openapi({
    description: 'Those that wait, in import order; or those that are decided, the newest decision first',
  }),
  status: z.enum(['approved', 'discarded', 'model_rejected']).optional(),
  ...narrowingParameters,
  ready: flagSchema.optional().openapi({ description: 'Of the decided: only what an export would take' }),
}

const daySchema = z.iso.date().openapi({ description: "A day of UTC's, included" })

const decisionParameters = {
  reviewer: z.string().optional(),
  action: z
    .enum([...DECISIONS, 'submitted'])
    .optional()
    .openapi({ description: '`submitted`: correct, discard or flag' }),
  failure_category: failureCategorySchema.optional(),
  since: daySchema.optional(),
  until: daySchema.optional(),
  timed: flagSchema.optional().openapi({ description: 'Only those that say how long they took' }),
}

const decisionPageRoute = createRoute({
  method: 'get',
  path: '/decision-page',
  tags,
  summary: 'A page of decisions, the newest first, those that were taken back too; in both directions',
  request: {
    query: z.object({
      ...decisionParameters,
      limit: integerParameter({ min: 1, max: 500 }).default(100).openapi({ default: 100 }),
      after: z.string().optional(),
      before: z.string().optional(),
    }),
  },
  responses: { 200: answer(decisionPageSchema, 'The page'), ...refusals },
})

const decisionCountRoute = createRoute({
  method: 'get',
  path: '/decision-count',
  tags,
  summary: 'How many decisions such a list holds',
  request: { query: z.object(decisionParameters) },
  responses: { 200: answer(z.object({ total: z.int() }), 'All of them'), ...refusals },
})

const pageRoute = createRoute({
  method: 'get',
  path: '/candidate-page',
  tags,
  summary: 'A page of candidates in brief, in both directions',
  request: {
    query: z.object({
      ...listParameters,
      limit: integerParameter({ min: 1, max: 500 }).default(100).openapi({ default: 100 }),
      after: z.string().optional(),
      before: z.string().optional(),
      until: timeInputSchema.optional().openapi({ description: 'Of the decided: those decided before this time' }),
      search: z.string().max(200).optional().openapi({
        description:
          'Words that a line shows: in what was asked, the answer, the correction, the name, the id. Looks at 1,000',
      }),
    }),
  },
  responses: { 200: answer(briefPageSchema, 'The page'), ...refusals },
})

const countRoute = createRoute({
  method: 'get',
  path: '/candidate-count',
  tags,
  summary: 'How many candidates such a list holds',
  request: { query: z.object(listParameters) },
  responses: { 200: answer(z.object({ total: z.int() }), 'All of them'), ...refusals },
})

const kindsRoute = createRoute({
  method: 'get',
  path: '/candidate-kinds',
  tags,
  summary: 'What such a list can be narrowed by, and who reviews',
  request: { query: z.object({ list: listParameters.list }) },
  responses: { 200: answer(candidateKindsSchema, 'Names with their counts'), ...refusals },
})

const usesRoute = createRoute({
  method: 'get',
  path: '/candidates/{id}/uses',
  tags,
  summary: 'What was made of a correction, and so what an undo takes back',
  request: { params: z.object({ id: z.string() }) },
  responses: { 200: answer(candidateUsesSchema, 'Cases and exports'), ...refusals },
})

const importsRoute = createRoute({
  method: 'get',
  path: '/imports',
  tags,
  summary: 'Imports of benchmark runs, newest first',
  request: {
    query: z.object({ limit: integerParameter({ min: 1, max: 200 }).default(100).openapi({ default: 100 }) }),
  },
  responses: { 200: answer(z.array(importRecordSchema), 'How far they are, how they ended'), ...refusals },
})

const importDetailRoute = createRoute({
  method: 'get',
  path: '/imports/{import_id}',
  tags,
  summary: 'An import with the lines that could not be read',
  request: { params: z.object({ import_id: uuidSchema }) },
  responses: { 200: answer(importDetailSchema, 'The import'), ...refusals },
})

const previewRoute = createRoute({
  method: 'post',
  path: '/exports/preview',
  tags,
  summary: 'What an export would come to: lines, what is left out and why, its first lines. Makes nothing',
  request: { body: body(exportInputSchema) },
  responses: { 200: answer(exportPreviewSchema, 'What it would come to'), ...refusals },
})

/** What the pages of corrections need beside the contract. */
export const correctionListRoutes = createRouter()
  .openapi(pageRoute, async c => {
    const { limit, after, before, until, search, ...choice } = c.req.valid('query')
    const place = { limit, after, before, until, search }
    return c.json(await listBriefCandidates(c.var.app.db, c.var.project, readChoice(choice), place), 200)
  })
  .openapi(countRoute, async c =>
    c.json(await countBriefCandidates(c.var.app.db, c.var.project, readChoice(c.req.valid('query'))), 200),
  )
  .openapi(decisionPageRoute, async c => {
    const { limit, after, before, ...filter } = c.req.valid('query')
    return c.json(await listDecisions(c.var.app.db, c.var.project, filter, { limit, after, before }), 200)
  })
  .openapi(decisionCountRoute, async c =>
    c.json(await countDecisions(c.var.app.db, c.var.project, c.req.valid('query')), 200),
  )
  .openapi(kindsRoute, async c =>
    c.json(await listCandidateKinds(c.var.app.db, c.var.project, c.req.valid('query').list), 200),
  )
  .openapi(usesRoute, async c =>
    c.json(await findCandidateUses(c.var.app.db, c.var.project, c.req.valid('param').id), 200),
  )
  .openapi(importsRoute, async c =>
    c.json(await listImports(c.var.app.db, c.var.project, c.req.valid('query').limit), 200),
  )
  .openapi(importDetailRoute, async c =>
    c.json(await getImport(c.var.app.db, c.var.project, c.req.valid('param').import_id), 200),
  )
  .openapi(previewRoute, async c => c.json(await previewExport(c.var.app.db, c.var.project, c.req.valid('json')), 200))

function readChoice({ list, ...filter }: BriefChoice['filter'] & { list: BriefChoice['list'] }): BriefChoice {
  return { list, filter }
}
