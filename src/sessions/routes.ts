import { createRoute, z } from '@hono/zod-openapi'
import { refuseEncoding } from '#http/body.ts'
import { createRouter } from '#http/router.ts'
import { answer, body, flagSchema, foreignIdSchema, integerParameter, okSchema, refusals } from '#http/schemas.ts'
import { feedbackInputSchema, feedbackSchema, listFeedback, rateMessage } from './feedback.ts'
import { importResultSchema, importSessions } from './import.ts'
import { appendSchema, messageSchema } from './input.ts'
import { describeProfile, listProfiles, listProfilesInUse, profileInputSchema, profileSchema } from './profiles.ts'
import { importSamples, samplesSchema } from './samples.ts'
import {
  deleteSession,
  getSession,
  savedSessionSchema,
  saveSession,
  sessionIdParameter,
  sessionSchema,
} from './session.ts'

const importRoute = createRoute({
  method: 'post',
  path: '/import',
  tags: ['sessions'],
  summary: 'Import sessions, one a line, as a stream of any size',
  request: { body: { required: true, content: { 'application/x-ndjson': { schema: z.string() } } } },
  responses: { 200: answer(importResultSchema, 'What became of the lines'), ...refusals },
})

/** Takes its body as a stream, so it is mounted before whatever reads bodies whole. */
export const importRoutes = createRouter().openapi(importRoute, async c => {
  refuseEncoding(c.req.header('content-encoding'))
  const stream = c.req.raw.body ?? new Blob([]).stream()
  return c.json(await importSessions(c.var.app.db, c.var.project, stream), 200)
})

const saveSessionRoute = createRoute({
  method: 'post',
  path: '/',
  tags: ['sessions'],
  summary: 'Save a session; a known id replaces its messages or, with append, extends them',
  request: { query: z.object({ append: flagSchema.optional() }), body: body(appendSchema) },
  responses: {
    200: answer(savedSessionSchema, 'The id was known'),
    201: answer(savedSessionSchema, 'The session is new'),
    ...refusals,
  },
})

const getSessionRoute = createRoute({
  method: 'get',
  path: '/{session_id}',
  tags: ['sessions'],
  summary: 'A session with its messages as they came',
  request: {
    params: sessionIdParameter,
    query: z.object({
      from: integerParameter({ min: 0 }).default(0).openapi({ default: 0 }),
      limit: integerParameter({ min: 0, max: 10_000 }).default(1000).openapi({ default: 1000 }),
    }),
  },
  responses: { 200: answer(sessionSchema, 'The session'), ...refusals },
})

const deleteSessionRoute = createRoute({
  method: 'delete',
  path: '/{session_id}',
  tags: ['sessions'],
  summary: 'Remove a session with all that belongs to it',
  request: { params: sessionIdParameter },
  responses: { 200: answer(okSchema, 'Removed'), ...refusals },
})

const samplesRoute = createRoute({
  method: 'post',
  path: '/samples',
  tags: ['sessions'],
  summary: 'Bring in the sample sessions that ship with Whetstone; those that are there stay as they are',
  responses: { 200: answer(samplesSchema, 'How many'), ...refusals },
})

const router = createRouter()
router.openAPIRegistry.register('MessageInput', messageSchema)

export const sessionRoutes = router
  .openapi(samplesRoute, async c => {
    const { app, project, principal } = c.var
    return c.json(await importSamples(app.db, project, principal.user_id), 200)
  })
  .openapi(saveSessionRoute, async c => {
    const input = c.req.valid('json')
    const append = c.req.valid('query').append ?? input.append
    const { outcome, ...saved } = await saveSession(c.var.app.db, c.var.project, { ...input, append })
    return outcome === 'imported' ? c.json(saved, 201) : c.json(saved, 200)
  })
  .openapi(getSessionRoute, async c => {
    const { session_id } = c.req.valid('param')
    return c.json(await getSession(c.var.app.db, c.var.project, session_id, c.req.valid('query')), 200)
  })
  .openapi(deleteSessionRoute, async c => {
    await deleteSession(c.var.app.db, c.var.project, c.req.valid('param').session_id)
    return c.json({ ok: true as const }, 200)
  })

const rateMessageRoute = createRoute({
  method: 'post',
  path: '/feedback',
  tags: ['evaluation'],
  summary: "Rate a message: 1, -1, or 0 to take one's rating back",
  request: { body: body(feedbackInputSchema) },
  responses: { 200: answer(okSchema, 'Recorded'), ...refusals },
})

const listFeedbackRoute = createRoute({
  method: 'get',
  path: '/feedback/{session_id}',
  tags: ['evaluation'],
  summary: "A session's ratings",
  request: { params: z.object({ session_id: foreignIdSchema }) },
  responses: { 200: answer(z.object({ feedback: z.array(feedbackSchema) }), 'By message'), ...refusals },
})

/** Feedback stands below the evaluation API's address. */
export const feedbackRoutes = createRouter()
  .openapi(rateMessageRoute, async c => {
    await rateMessage(c.var.app.db, c.var.project, c.var.principal.user_id, c.req.valid('json'))
    return c.json({ ok: true as const }, 200)
  })
  .openapi(listFeedbackRoute, async c => {
    const { session_id } = c.req.valid('param')
    return c.json({ feedback: await listFeedback(c.var.app.db, c.var.project, session_id) }, 200)
  })

const listProfilesRoute = createRoute({
  method: 'get',
  path: '/profiles',
  tags: ['sessions'],
  summary: 'The agents that were described',
  responses: { 200: answer(z.array(profileSchema), 'By id'), ...refusals },
})

const profilesInUseRoute = createRoute({
  method: 'get',
  path: '/profiles-in-use',
  tags: ['sessions'],
  summary: 'The agents that sessions name, described or not',
  responses: { 200: answer(z.array(z.string()), 'By id, at most 200'), ...refusals },
})

const describeProfileRoute = createRoute({
  method: 'put',
  path: '/profiles/{profile_id}',
  tags: ['sessions'],
  summary: 'Describe an agent to its judges',
  request: { params: z.object({ profile_id: foreignIdSchema }), body: body(profileInputSchema) },
  responses: { 200: answer(okSchema, 'Recorded'), ...refusals },
})

export const profileRoutes = createRouter()
  .openapi(listProfilesRoute, async c => c.json(await listProfiles(c.var.app.db, c.var.project), 200))
  .openapi(profilesInUseRoute, async c => c.json(await listProfilesInUse(c.var.app.db, c.var.project), 200))
  .openapi(describeProfileRoute, async c => {
    await describeProfile(c.var.app.db, c.var.project, c.req.valid('param').profile_id, c.req.valid('json'))
    return c.json({ ok: true as const }, 200)
  })
