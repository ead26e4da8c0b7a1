import { createRoute, z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, queryOne } from '#db/connect.ts'
import { NotFound } from '#errors.ts'
import { createRouter } from '#http/router.ts'
import { refusals, uuidSchema } from '#http/schemas.ts'
import { streamEvents } from './event-stream.ts'
import { FIRST_EVENT, parseEventCursor } from './events.ts'

const description =
  '`run.started`, `cache_hit`, `run.completed`, `run.failed` and `new_best_found`, each as JSON (`RunEvent`) under its ' +
  'cursor as id. Begins with what happens now; after the event of `Last-Event-ID` or `after`, and with `after=start` at ' +
  'the beginning. A comment every 15 seconds says that the stream lives.'

const place = {
  query: z.object({ after: z.string().optional() }),
  headers: z.object({ 'last-event-id': z.string().optional() }),
}

const eventStream = {
  description: 'Events',
  content: { 'text/event-stream': { schema: z.string() } },
}

const experimentEventsRoute = createRoute({
  method: 'get',
  path: '/experiments/{experiment_id}/events',
  tags: ['experiments'],
  summary: "What happens to an experiment's runs, as server-sent events",
  description,
  request: { params: z.object({ experiment_id: uuidSchema }), ...place },
  responses: { 200: eventStream, ...refusals },
})

const projectEventsRoute = createRoute({
  method: 'get',
  path: '/events',
  tags: ['runs'],
  summary: 'What happens to runs of the whole project, as server-sent events',
  description,
  request: place,
  responses: { 200: eventStream, ...refusals },
})

export const experimentEventRoutes = createRouter().openapi(experimentEventsRoute, async c => {
  const after = readPlace(c.req.valid('header')['last-event-id'], c.req.valid('query').after)
  const { experiment_id } = c.req.valid('param')
  const experiment_no = await locateExperiment(c.var.app.db, c.var.project, experiment_id)
  return streamEvents(c, { project_id: c.var.project, experiment_no }, after)
})

/** Below the address of runs, and before their routes: `events` is no run. */
export const runEventRoutes = createRouter().openapi(projectEventsRoute, c => {
  const after = readPlace(c.req.valid('header')['last-event-id'], c.req.valid('query').after)
  return streamEvents(c, { project_id: c.var.project, experiment_no: null }, after)
})

/** What a browser sends when it comes back counts more than the address that it has had from the start. */
function readPlace(lastEventId: string | undefined, after: string | undefined): string | null {
  const place = lastEventId || after
  if (!place) return null
  if (place === 'start') return FIRST_EVENT
  parseEventCursor(place, lastEventId ? ['header', 'last-event-id'] : ['query', 'after'])
  return place
}

async function locateExperiment(db: Db, projectId: number, experimentId: string): Promise<number> {
  const row = await queryOne<{ experiment_no: number }>(
    db,
    sql`select experiment_no from experiments where project_id = ${projectId} and experiment_id = ${experimentId}::uuid`,
  )
  if (row === null) throw new NotFound(`There is no experiment ${experimentId}.`)
  return row.experiment_no
}
