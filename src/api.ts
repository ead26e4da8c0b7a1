import { createRoute, z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { correctionChanges } from '#corrections/changes.ts'
import { correctionListRoutes } from '#corrections/list-routes.ts'
import { reviewRoutes } from '#corrections/review-routes.ts'
import { correctionRoutes, ingestRoutes } from '#corrections/routes.ts'
import { datasetRoutes } from '#datasets/routes.ts'
import { datasetUploadRoutes } from '#datasets/upload-routes.ts'
import { query } from '#db/connect.ts'
import { experimentChanges } from '#experiments/changes.ts'
import { experimentEventRoutes, runEventRoutes } from '#experiments/event-routes.ts'
import { experimentRoutes } from '#experiments/experiment-routes.ts'
import { leaderboardRoutes } from '#experiments/leaderboard-routes.ts'
import { promptRoutes } from '#experiments/prompt-routes.ts'
import { runRoutes } from '#experiments/run-routes.ts'
import { scoringRoutes } from '#experiments/scoring-routes.ts'
import { webhookRoutes } from '#experiments/webhook-routes.ts'
import { answerError } from '#http/answers.ts'
import { readBody } from '#http/body.ts'
import { createChangeRoutes } from '#http/change-routes.ts'
import type { App } from '#http/context.ts'
import { describeApi } from '#http/document.ts'
import { servePages } from '#http/pages.ts'
import { createRouter } from '#http/router.ts'
import { answer } from '#http/schemas.ts'
import { answerUnknown } from '#http/unknown.ts'
import { transcriptRoutes } from '#ingest/routes.ts'
import { runChanges, sessionChanges } from '#judging/changes.ts'
import { listRoutes } from '#judging/list-routes.ts'
import { pinsRoutes } from '#judging/pins-routes.ts'
import { evaluationRoutes } from '#judging/routes.ts'
import { runPageRoutes } from '#judging/run-page-routes.ts'
import { trendRoutes } from '#judging/trend-routes.ts'
import { trialRoutes } from '#judging/trial-routes.ts'
import { backendRoutes } from '#models/routes.ts'
import { authenticate } from '#projects/authenticate.ts'
import { projectRoutes } from '#projects/routes.ts'
import { feedbackRoutes, importRoutes, profileRoutes, sessionRoutes } from '#sessions/routes.ts'
import { sessionViewRoutes } from '#sessions/view-routes.ts'

const healthRoute = createRoute({
  method: 'get',
  path: '/health',
  tags: ['server'],
  summary: 'Whether the database answers',
  responses: {
    200: answer(z.object({ status: z.literal('ok') }), 'It does'),
    503: answer(z.object({ detail: z.string() }), 'It does not'),
  },
})

const documentRoute = createRoute({
  method: 'get',
  path: '/openapi.json',
  tags: ['server'],
  summary: 'This document',
  responses: { 200: answer(z.looseObject({ openapi: z.string() }), 'OpenAPI 3.1') },
})

/** Every room's routes, in one application. */
export function createApi(app: App) {
  const root = createRouter()
  root.use(async (c, next) => {
    c.set('app', app)
    await next()
  })
  root.use(servePages())
  root.onError(answerError)
  root.notFound(c => answerUnknown(root, c))
  const ingest = root.route('/api/corrections', ingestRoutes).route('/api/sft', ingestRoutes)
  root.use('/api/*', authenticate)
  root.use('/eval/*', authenticate)
  root.openAPIRegistry.registerPath(documentRoute)
  root.get('/openapi.json', c => c.json(describeApi(root, { title: 'Whetstone', version: '0.1.0' })))
  const streams = ingest
    .route('/api/sessions', importRoutes)
    .route('/api/sessions', transcriptRoutes)
    .route('/api/datasets', datasetUploadRoutes)
  streams.use(readBody)
  return streams
    .openapi(healthRoute, async c => {
      const alive = await query(c.var.app.db, sql`select`).then(
        () => true,
        () => false,
      )
      return alive ? c.json({ status: 'ok' as const }, 200) : c.json({ detail: 'The database does not answer.' }, 503)
    })
    .route('/api', projectRoutes)
    .route('/api', createChangeRoutes(app, [sessionChanges, runChanges, correctionChanges, experimentChanges]))
    .route('/api', backendRoutes)
    .route('/api', profileRoutes)
    .route('/api/sessions', sessionRoutes)
    .route('/api/sessions', sessionViewRoutes)
    .route('/api/eval', feedbackRoutes)
    .route('/eval', feedbackRoutes)
    .route('/api/eval', listRoutes)
    .route('/api/eval', runPageRoutes)
    .route('/api/eval', trendRoutes)
    .route('/api/eval', pinsRoutes)
    .route('/api/eval', trialRoutes)
    .route('/api/eval', evaluationRoutes)
    .route('/eval', evaluationRoutes)
    .route('/api', datasetRoutes)
    .route('/api', experimentEventRoutes)
    .route('/api/runs', runEventRoutes)
    .route('/api/v1/runs', runEventRoutes)
    .route('/api/runs', runRoutes)
    .route('/api/v1/runs', runRoutes)
    .route('/api', promptRoutes)
    .route('/api', webhookRoutes)
    .route('/api', experimentRoutes)
    .route('/api', scoringRoutes)
    .route('/api', leaderboardRoutes)
    .route('/api/corrections', correctionRoutes)
    .route('/api/sft', correctionRoutes)
    .route('/api/corrections', reviewRoutes)
    .route('/api/sft', reviewRoutes)
    .route('/api/corrections', correctionListRoutes)
    .route('/api/sft', correctionListRoutes)
}

export type Api = ReturnType<typeof createApi>
