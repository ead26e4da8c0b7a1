import { createRoute, z } from '@hono/zod-openapi'
import { createRouter } from '#http/router.ts'
import { answer, integerParameter, refusals } from '#http/schemas.ts'
import { blockTextSchema, readBlockText } from './block-text.ts'
import { listRatings, ratingSchema } from './feedback.ts'
import { findingSchema, findText } from './find-text.ts'
import { messageWindowSchema, readMessageWindow } from './message-window.ts'
import { outlineSchema, readOutline } from './outline.ts'
import { sessionIdParameter } from './session.ts'

const tags = ['sessions']
const MAX = 2_147_483_647
const thread = integerParameter({ min: 0, max: MAX }).default(0).openapi({ default: 0 })
const from = integerParameter({ min: 0, max: MAX - 100_000 })
  .default(0)
  .openapi({ default: 0 })

const outlineRoute = createRoute({
  method: 'get',
  path: '/{session_id}/outline',
  tags,
  summary: 'Every message of a conversation in a few bytes: what is in it, how long it is, its first line',
  request: { params: sessionIdParameter, query: z.object({ thread }) },
  responses: { 200: answer(outlineSchema, 'The outline'), ...refusals },
})

const windowRoute = createRoute({
  method: 'get',
  path: '/{session_id}/messages',
  tags,
  summary: 'A window of a conversation as a page shows it: blocks of at most 4 kB, results at their calls',
  request: {
    params: sessionIdParameter,
    query: z.object({
      thread,
      from,
      limit: integerParameter({ min: 1, max: 200 }).default(200).openapi({ default: 200 }),
    }),
  },
  responses: { 200: answer(messageWindowSchema, 'The window'), ...refusals },
})

const textRoute = createRoute({
  method: 'get',
  path: '/{session_id}/messages/{message_index}/text',
  tags,
  summary: 'The text of a block in slices; without a block the whole message as it is stored',
  request: {
    params: sessionIdParameter.extend({ message_index: integerParameter({ min: 0, max: MAX }) }),
    query: z.object({
      thread,
      from,
      block: integerParameter({ min: 0, max: 100_000 }).optional(),
      limit: integerParameter({ min: 1, max: 16_000_000 }).default(65_536).openapi({ default: 65_536 }),
    }),
  },
  responses: { 200: answer(blockTextSchema, 'The slice'), ...refusals },
})

const findRoute = createRoute({
  method: 'get',
  path: '/{session_id}/find',
  tags,
  summary: 'Every place of a text in a session, what is folded and what subagents said included; at most 1,000',
  request: { params: sessionIdParameter, query: z.object({ text: z.string().min(1).max(500) }) },
  responses: { 200: answer(findingSchema, 'The places'), ...refusals },
})

const ratingsRoute = createRoute({
  method: 'get',
  path: '/{session_id}/ratings',
  tags,
  summary: "A session's ratings, with which of them are the caller's own",
  request: { params: sessionIdParameter },
  responses: { 200: answer(z.array(ratingSchema), 'By message'), ...refusals },
})

/** How a page reads a session: never the whole of it. */
export const sessionViewRoutes = createRouter()
  .openapi(outlineRoute, async c => {
    const { session_id } = c.req.valid('param')
    return c.json(await readOutline(c.var.app.db, c.var.project, session_id, c.req.valid('query').thread), 200)
  })
  .openapi(windowRoute, async c => {
    const { session_id } = c.req.valid('param')
    return c.json(await readMessageWindow(c.var.app.db, c.var.project, session_id, c.req.valid('query')), 200)
  })
  .openapi(textRoute, async c => {
    const { session_id, message_index } = c.req.valid('param')
    const place = { ...c.req.valid('query'), message_index }
    return c.json(await readBlockText(c.var.app.db, c.var.project, session_id, place), 200)
  })
  .openapi(findRoute, async c => {
    const { session_id } = c.req.valid('param')
    return c.json(await findText(c.var.app.db, c.var.project, session_id, c.req.valid('query').text), 200)
  })
  .openapi(ratingsRoute, async c => {
    const { session_id } = c.req.valid('param')
    return c.json(await listRatings(c.var.app.db, c.var.project, c.var.principal.user_id, session_id), 200)
  })
