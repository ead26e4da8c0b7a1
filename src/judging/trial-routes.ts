import { createRoute } from '@hono/zod-openapi'
import { createRouter } from '#http/router.ts'
import { answer, body, refusals } from '#http/schemas.ts'
import { estimateTrial, trialEstimateSchema, trialInputSchema, trialSchema, trySession } from './trial.ts'

const tags = ['evaluation']

const tryRoute = createRoute({
  method: 'post',
  path: '/try',
  tags,
  summary: 'Judge a session on trial, under any versions; no pass is kept',
  description:
    'Answers when all experts have. The answers of models stay in the ledger, so that the same trial costs nothing again. A ' +
    'request that is cut off gives up its calls.',
  request: { body: body(trialInputSchema) },
  responses: { 200: answer(trialSchema, 'What these versions say of the session'), ...refusals },
})

const previewRoute = createRoute({
  method: 'post',
  path: '/try/preview',
  tags,
  summary: 'What a trial would take: versions, calls, tokens, dollars; nothing is asked',
  request: { body: body(trialInputSchema) },
  responses: { 200: answer(trialEstimateSchema, 'The estimate'), ...refusals },
})

/** Judging without consequences. */
export const trialRoutes = createRouter()
  .openapi(tryRoute, async c => {
    const { app, project } = c.var
    return c.json(await trySession(app.db, app, project, c.req.valid('json'), c.req.raw.signal), 200)
  })
  .openapi(previewRoute, async c => {
    const { app, project } = c.var
    return c.json(await estimateTrial(app.db, app.backends, project, c.req.valid('json')), 200)
  })
