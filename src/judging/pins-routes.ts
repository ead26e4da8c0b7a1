import { createRoute } from '@hono/zod-openapi'
import { createRouter } from '#http/router.ts'
import { answer, body, refusals } from '#http/schemas.ts'
import { pinsPreviewSchema, previewPins } from './pins-preview.ts'
import { pinsInputSchema } from './versions.ts'

const previewRoute = createRoute({
  method: 'post',
  path: '/pins/preview',
  tags: ['evaluation'],
  summary: 'What other pins would make stale, and what judging that again would cost; nothing is changed',
  request: { body: body(pinsInputSchema) },
  responses: { 200: answer(pinsPreviewSchema, 'What would come of it'), ...refusals },
})

/** What is asked before the pins change. */
export const pinsRoutes = createRouter().openapi(previewRoute, async c => {
  const { app, project } = c.var
  return c.json(await previewPins(app.db, app.backends, project, c.req.valid('json')), 200)
})
