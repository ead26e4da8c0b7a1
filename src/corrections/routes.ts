import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { readBody } from '#http/body.ts'
import type { AppEnv } from '#http/context.ts'
import { createRouter } from '#http/router.ts'
import { answer, body, integerParameter, okSchema, refusals } from '#http/schemas.ts'
import { streamBody } from '#http/stream-body.ts'
import { benchmarkRunSchema, listBenchmarkRuns } from './benchmark-runs.ts'
import { candidateStatusSchema } from './candidate.ts'
import {
  candidateDetailSchema,
  candidatePageSchema,
  getCandidate,
  listCandidates,
  narrowingParameters,
} from './candidates.ts'
import { computeCorrectionStats, correctionStatsSchema } from './correction-stats.ts'
import { streamInTurn } from './downloads.ts'
import { candidateImportSchema, importBenchmarkRun } from './import-run.ts'
import { ingestCorrection, ingestedSchema, ingestSchema } from './ingest.ts'
import { authenticateIngest } from './ingest-credentials.ts'
import { decideCandidate, submissionSchema, undoneSchema, undoSchema } from './review.ts'
import { benchConfigSchema, getBenchFolder, setBenchFolder } from './settings.ts'
import { nameSftExport, streamSftLines } from './sft-lines.ts'

const tags = ['corrections']
/** Not as a literal type: the framework takes whatever ends in `json` for one JSON value. */
const NDJSON: string = 'application/x-ndjson'

const ingestRoute = createRoute({
  method: 'post',
  path: '/ingest',
  tags,
  summary: 'Take in a correction that is approved already',
  description: 'Wants the ingestion secret, or an API key, as a Bearer token. Idempotency-Key makes a retry safe.',
  middleware: [authenticateIngest, readBody] as const,
  request: {
    headers: z.object({ 'idempotency-key': z.string().min(1).max(1024).optional() }),
    body: body(ingestSchema),
  },
  responses: { 200: answer(ingestedSchema, 'Approved'), ...refusals },
})

/** Answers for its own credentials, so it is mounted before whatever asks for others. */
export const ingestRoutes = createRouter().openapi(ingestRoute, async c => {
  const key = c.req.valid('header')['idempotency-key'] ?? null
  return c.json(await ingestCorrection(c.var.app.db, c.var.principal, c.req.valid('json'), key), 200)
})

const runsRoute = createRoute({
  method: 'get',
  path: '/runs',
  tags,
  summary: 'Benchmark runs in the configured folder',
  responses: { 200: answer(z.array(benchmarkRunSchema), 'Newest name first'), ...refusals },
})

const importRoute = createRoute({
  method: 'post',
  path: '/import',
  tags,
  summary: "Import a benchmark run's candidates; what is there already is skipped",
  request: { body: body(z.object({ run_id: z.string() })) },
  responses: { 200: answer(candidateImportSchema, 'What became of the lines'), ...refusals },
})

const filterParameters = {
  page: integerParameter({ min: 1 }).default(1),
  per_page: integerParameter({ min: 1, max: 200 }).default(20),
  ...narrowingParameters,
}

const queueRoute = createRoute({
  method: 'get',
  path: '/queue',
  tags,
  summary: 'Candidates that wait for review, in import order',
  request: { query: z.object(filterParameters) },
  responses: { 200: answer(candidatePageSchema, 'A page'), ...refusals },
})

const listRoute = createRoute({
  method: 'get',
  path: '/candidates',
  tags,
  summary: 'Candidates in any state, in import order',
  request: { query: z.object({ ...filterParameters, status: candidateStatusSchema.optional() }) },
  responses: { 200: answer(candidatePageSchema, 'A page'), ...refusals },
})

const candidateRoute = createRoute({
  method: 'get',
  path: '/candidates/{id}',
  tags,
  summary: 'A candidate with the history of its decisions',
  request: { params: z.object({ id: z.string() }) },
  responses: { 200: answer(candidateDetailSchema, 'The candidate'), ...refusals },
})

const submitRoute = createRoute({
  method: 'post',
  path: '/submit',
  tags,
  summary: 'Decide on a candidate: correct, discard or flag',
  request: { body: body(submissionSchema) },
  responses: { 200: answer(okSchema, 'Decided'), ...refusals },
})

const undoRoute = createRoute({
  method: 'post',
  path: '/undo',
  tags,
  summary: 'Take a decision back; its history stays',
  request: { body: body(undoSchema) },
  responses: { 200: answer(undoneSchema.partial({ retracted: true }), 'Back in review'), ...refusals },
})

const exportRoute = createRoute({
  method: 'get',
  path: '/export',
  tags,
  summary: 'The approved corrections as training data, in approval order',
  responses: {
    200: { description: 'A line a record', content: { [NDJSON]: { schema: z.string() } } },
    ...refusals,
  },
})

const statsRoute = createRoute({
  method: 'get',
  path: '/stats',
  tags,
  summary: 'How many candidates there are of each kind',
  responses: { 200: answer(correctionStatsSchema, 'Counts'), ...refusals },
})

const getConfigRoute = createRoute({
  method: 'get',
  path: '/config',
  tags,
  summary: 'Where benchmark results lie',
  responses: { 200: answer(benchConfigSchema, 'The folder, "" when none is set'), ...refusals },
})

const setConfigRoute = createRoute({
  method: 'post',
  path: '/config',
  tags,
  summary: "Set where benchmark results lie, below the operator's roots",
  request: { body: body(benchConfigSchema) },
  responses: { 200: answer(okSchema, 'Set'), ...refusals },
})

export const correctionRoutes = createRouter()
  .openapi(runsRoute, async c => {
    const { app, project } = c.var
    return c.json(await listBenchmarkRuns(app.db, project, app.config.benchRoots), 200)
  })
  .openapi(importRoute, async c => {
    const { app, project, principal } = c.var
    const { run_id } = c.req.valid('json')
    return c.json(await importBenchmarkRun(app.db, project, principal.user_id, app.config.benchRoots, run_id), 200)
  })
  .openapi(queueRoute, async c => {
    const { page, per_page, ...filter } = c.req.valid('query')
    const narrowed = { ...filter, status: 'needs_review' as const }
    return c.json(await listCandidates(c.var.app.db, c.var.project, narrowed, { page, per_page }), 200)
  })
  .openapi(listRoute, async c => {
    const { page, per_page, ...filter } = c.req.valid('query')
    return c.json(await listCandidates(c.var.app.db, c.var.project, filter, { page, per_page }), 200)
  })
  .openapi(candidateRoute, async c =>
    c.json(await getCandidate(c.var.app.db, c.var.project, c.req.valid('param').id), 200),
  )
  .openapi(submitRoute, async c => {
    await decideCandidate(c.var.app.db, c.var.principal, c.req.valid('json'))
    return c.json({ ok: true as const }, 200)
  })
  .openapi(undoRoute, async c => {
    const step = { ...c.req.valid('json'), action: 'undo' as const }
    const { datasets, exports } = await decideCandidate(c.var.app.db, c.var.principal, step)
    // The contract's answer, with what it came to where it came to anything.
    const told = datasets.length + exports.length > 0 ? { retracted: { datasets, exports } } : {}
    return c.json({ ok: true as const, ...told }, 200)
  })
  .openapi(exportRoute, async c => {
    c.header('content-disposition', `attachment; filename="${nameSftExport(new Date())}"`)
    const { app, project } = c.var
    return sendLines(
      c,
      streamInTurn(app.db, () => streamSftLines(app.db, project)),
    )
  })
  .openapi(statsRoute, async c => c.json(await computeCorrectionStats(c.var.app.db, c.var.project), 200))
  .openapi(getConfigRoute, async c =>
    c.json({ bench_results_dir: await getBenchFolder(c.var.app.db, c.var.project) }, 200),
  )
  .openapi(setConfigRoute, async c => {
    const { bench_results_dir } = c.req.valid('json')
    await setBenchFolder(c.var.app.db, c.var.project, c.var.app.config.benchRoots, bench_results_dir)
    return c.json({ ok: true as const }, 200)
  })

function sendLines(c: Context<AppEnv>, lines: AsyncGenerator<Uint8Array>): Response {
  return c.body(streamBody(lines), 200, { 'content-type': NDJSON })
}
