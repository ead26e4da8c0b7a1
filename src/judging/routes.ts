import { createRoute, z } from '@hono/zod-openapi'
import { createRouter } from '#http/router.ts'
import { answer, body, flagSchema, foreignIdSchema, integerParameter, refusals } from '#http/schemas.ts'
import { AXES } from './axes.ts'
import { estimateRun, estimateSchema } from './estimate.ts'
import { streamProgress } from './events.ts'
import { cursorAfter, listOverview, overviewRowSchema, statusSchema } from './overview.ts'
import { panelSchema } from './panel.ts'
import { detailSchema, getDetail } from './passes.ts'
import { rubricSchema } from './rubric.ts'
import { cancelRun, getRun, listRuns, runInputSchema, runStatusSchema, startRun } from './runs.ts'
import { reportSeparation, separationReportSchema } from './separation-report.ts'
import { computeStats, statsSchema } from './stats.ts'
import {
  addPanel,
  addRubric,
  describePins,
  findPanel,
  findRubric,
  listPanels,
  listRubrics,
  pinsInputSchema,
  pinsSchema,
  setPins,
  versionSchema,
} from './versions.ts'

const tags = ['evaluation']
const runParameter = z.object({ run_id: z.string() })
const shownSchema = z.enum(['all', 'failed', 'none']).default('all')
const versionParameter = z.object({ version: z.string() })
const yamlBody = body(z.strictObject({ yaml: z.string().max(1_000_000) }))
const addedSchema = z.object({ version: z.string() })

const overviewRoute = createRoute({
  method: 'get',
  path: '/sessions',
  tags,
  summary: 'Sessions with their latest scores',
  description: 'Pinned first, then by last activity. The header X-Next-Cursor of a full page leads on, at any depth.',
  request: {
    query: z.object({
      limit: integerParameter({ min: 1, max: 500 }).default(50).openapi({ default: 50 }),
      offset: integerParameter({ min: 0 }).default(0).openapi({ default: 0 }),
      profile: z.string().optional(),
      status: statusSchema.optional(),
      cursor: z.string().optional(),
    }),
  },
  responses: { 200: answer(z.array(overviewRowSchema), 'A page'), ...refusals },
})

const detailRoute = createRoute({
  method: 'get',
  path: '/sessions/{session_id}',
  tags,
  summary: 'A session with its feedback and all its evaluations',
  request: { params: z.object({ session_id: foreignIdSchema }) },
  responses: { 200: answer(detailSchema, 'The session'), ...refusals },
})

const statsRoute = createRoute({
  method: 'get',
  path: '/stats',
  tags,
  summary: 'Weekly means under the pins',
  request: {
    query: z.object({
      days: integerParameter({ min: 1, max: 365 }).default(30).openapi({ default: 30 }),
      by_complexity_bucket: flagSchema.default(false).openapi({ default: false }),
      time: z.enum(['judged', 'last_active']).default('judged'),
      model: z.string().optional(),
      profile: z.string().optional(),
    }),
  },
  responses: { 200: answer(statsSchema, 'Weeks in order'), ...refusals },
})

const separationRoute = createRoute({
  method: 'get',
  path: '/separation',
  tags,
  summary: 'How well scores under the pins tell success from failure, where the true outcome is known',
  request: { query: z.object({ axis: z.enum(AXES).default('goal_completion') }) },
  responses: { 200: answer(separationReportSchema, 'The area under the ROC curve with its interval'), ...refusals },
})

const startRunRoute = createRoute({
  method: 'post',
  path: '/run',
  tags,
  summary: 'Start an evaluation run in the background',
  request: { body: body(runInputSchema) },
  responses: { 200: answer(runStatusSchema, 'Started'), ...refusals },
})

const estimateRoute = createRoute({
  method: 'post',
  path: '/estimate',
  tags,
  summary: 'What a run would take: sessions, calls, tokens, dollars',
  request: { body: body(runInputSchema) },
  responses: { 200: answer(estimateSchema, 'The estimate'), ...refusals },
})

const getRunRoute = createRoute({
  method: 'get',
  path: '/run/{run_id}',
  tags,
  summary: 'How a run stands',
  request: { params: runParameter, query: z.object({ sessions: shownSchema }) },
  responses: { 200: answer(runStatusSchema, 'The run'), ...refusals },
})

const cancelRunRoute = createRoute({
  method: 'post',
  path: '/run/{run_id}/cancel',
  tags,
  summary: 'Cancel a run; what was judged is kept',
  request: { params: runParameter },
  responses: { 200: answer(runStatusSchema, 'The run'), ...refusals },
})

const listRunsRoute = createRoute({
  method: 'get',
  path: '/runs',
  tags,
  summary: 'Runs, newest first',
  request: {
    query: z.object({
      limit: integerParameter({ min: 1, max: 1000 }).default(100).openapi({ default: 100 }),
      sessions: shownSchema,
      state: z.enum(['running', 'done', 'failed']).optional(),
    }),
  },
  responses: { 200: answer(z.array(runStatusSchema), 'Runs'), ...refusals },
})

const eventsRoute = createRoute({
  method: 'get',
  path: '/run/{run_id}/events',
  tags,
  summary: 'Progress of a run as server-sent events',
  description: '`progress` with the status, sessions left out, whenever it changes; `end` with the last one.',
  request: { params: runParameter },
  responses: { 200: { description: 'Events', content: { 'text/event-stream': { schema: z.string() } } }, ...refusals },
})

const pinsRoute = createRoute({
  method: 'get',
  path: '/pins',
  tags,
  summary: 'The judge and rubric versions in force',
  responses: { 200: answer(pinsSchema, 'The pins'), ...refusals },
})

const setPinsRoute = createRoute({
  method: 'put',
  path: '/pins',
  tags,
  summary: 'Put other versions in force; sessions judged under the former ones become stale',
  request: { body: body(pinsInputSchema) },
  responses: { 200: answer(pinsSchema, 'The pins'), ...refusals },
})

const listRubricsRoute = createRoute({
  method: 'get',
  path: '/rubrics',
  tags,
  summary: 'Versions of rubrics, newest first',
  responses: { 200: answer(z.array(versionSchema), 'Versions'), ...refusals },
})

const getRubricRoute = createRoute({
  method: 'get',
  path: '/rubrics/{version}',
  tags,
  summary: 'A rubric by version, or the newest of a name',
  request: { params: versionParameter },
  responses: { 200: answer(rubricSchema, 'The rubric'), ...refusals },
})

const addRubricRoute = createRoute({
  method: 'post',
  path: '/rubrics',
  tags,
  summary: 'Add a rubric as YAML; other content is another version',
  request: { body: yamlBody },
  responses: { 201: answer(addedSchema, 'Its version'), ...refusals },
})

const listPanelsRoute = createRoute({
  method: 'get',
  path: '/panels',
  tags,
  summary: 'Versions of panels, newest first',
  responses: { 200: answer(z.array(versionSchema), 'Versions'), ...refusals },
})

const getPanelRoute = createRoute({
  method: 'get',
  path: '/panels/{version}',
  tags,
  summary: 'A panel by version, or the newest of a name',
  request: { params: versionParameter },
  responses: { 200: answer(panelSchema, 'The panel'), ...refusals },
})

const addPanelRoute = createRoute({
  method: 'post',
  path: '/panels',
  tags,
  summary: 'Add a panel as YAML; other content is another version',
  request: { body: yamlBody },
  responses: { 201: answer(addedSchema, 'Its version'), ...refusals },
})

export const evaluationRoutes = createRouter()
  .openapi(overviewRoute, async c => {
    const filter = c.req.valid('query')
    const rows = await listOverview(c.var.app.db, c.var.project, filter)
    const last = rows.at(-1)
    if (last !== undefined && rows.length === filter.limit) c.header('x-next-cursor', cursorAfter(last))
    return c.json(rows, 200)
  })
  .openapi(detailRoute, async c =>
    c.json(await getDetail(c.var.app.db, c.var.project, c.req.valid('param').session_id), 200),
  )
  .openapi(statsRoute, async c => c.json(await computeStats(c.var.app.db, c.var.project, c.req.valid('query')), 200))
  .openapi(separationRoute, async c =>
    c.json(await reportSeparation(c.var.app.db, c.var.project, c.req.valid('query').axis), 200),
  )
  .openapi(startRunRoute, async c => {
    const { app, project, principal } = c.var
    return c.json(await startRun(app.db, app.queue, project, principal.user_id, c.req.valid('json')), 200)
  })
  .openapi(estimateRoute, async c => {
    const { app, project } = c.var
    return c.json(await estimateRun(app.db, app.backends, project, c.req.valid('json')), 200)
  })
  .openapi(listRunsRoute, async c => c.json(await listRuns(c.var.app.db, c.var.project, c.req.valid('query')), 200))
  .openapi(getRunRoute, async c => {
    const { run_id } = c.req.valid('param')
    return c.json(await getRun(c.var.app.db, c.var.project, run_id, c.req.valid('query').sessions), 200)
  })
  .openapi(cancelRunRoute, async c =>
    c.json(await cancelRun(c.var.app.db, c.var.project, c.req.valid('param').run_id), 200),
  )
  .openapi(eventsRoute, async c => {
    const { run_id } = c.req.valid('param')
    const first = await getRun(c.var.app.db, c.var.project, run_id, 'none')
    return streamProgress(c, first, () => getRun(c.var.app.db, c.var.project, run_id, 'none'))
  })
  .openapi(pinsRoute, async c => c.json(await describePins(c.var.app.db, c.var.project), 200))
  .openapi(setPinsRoute, async c => {
    await setPins(c.var.app.db, c.var.project, c.req.valid('json'))
    return c.json(await describePins(c.var.app.db, c.var.project), 200)
  })
  .openapi(listRubricsRoute, async c => c.json(await listRubrics(c.var.app.db, c.var.project), 200))
  .openapi(getRubricRoute, async c =>
    c.json(await findRubric(c.var.app.db, c.var.project, c.req.valid('param').version), 200),
  )
  .openapi(addRubricRoute, async c =>
    c.json(await addRubric(c.var.app.db, c.var.project, c.req.valid('json').yaml), 201),
  )
  .openapi(listPanelsRoute, async c => c.json(await listPanels(c.var.app.db, c.var.project), 200))
  .openapi(getPanelRoute, async c =>
    c.json(await findPanel(c.var.app.db, c.var.project, c.req.valid('param').version), 200),
  )
  .openapi(addPanelRoute, async c => c.json(await addPanel(c.var.app.db, c.var.project, c.req.valid('json').yaml), 201))
