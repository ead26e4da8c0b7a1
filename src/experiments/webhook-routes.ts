import { createRoute, z } from '@hono/zod-openapi'
import { createRouter } from '#http/router.ts'
import { answer, body, integerParameter, okSchema, refusals, uuidSchema } from '#http/schemas.ts'
import { createGuard } from './webhook-addresses.ts'
import { listDeliveries, webhookDeliverySchema } from './webhook-deliveries.ts'
import { testWebhook } from './webhook-trial.ts'
import {
  changeWebhook,
  createWebhook,
  getWebhook,
  listWebhooks,
  newWebhookSchema,
  removeWebhook,
  webhookChangeSchema,
  webhookInputSchema,
  webhookSchema,
} from './webhooks.ts'

const tags = ['webhooks']
const params = z.object({ webhook_id: uuidSchema })

const createWebhookRoute = createRoute({
  method: 'post',
  path: '/webhooks',
  tags,
  summary: 'Have an address told what happens to runs from now on',
  description:
    'Each event is a POST of its JSON (`RunEvent`), signed as Standard Webhooks 1.0 has it: headers webhook-id (the same ' +
    'in every attempt), webhook-timestamp, webhook-signature. One after the other; what fails is tried again for a day.',
  request: { body: body(webhookInputSchema) },
  responses: { 201: answer(newWebhookSchema, 'Made; the secret is shown this once'), ...refusals },
})

const listWebhooksRoute = createRoute({
  method: 'get',
  path: '/webhooks',
  tags,
  summary: "The project's webhooks",
  responses: { 200: answer(z.array(webhookSchema), 'Oldest first'), ...refusals },
})

const getWebhookRoute = createRoute({
  method: 'get',
  path: '/webhooks/{webhook_id}',
  tags,
  summary: 'A webhook',
  request: { params },
  responses: { 200: answer(webhookSchema, 'The webhook'), ...refusals },
})

const changeWebhookRoute = createRoute({
  method: 'patch',
  path: '/webhooks/{webhook_id}',
  tags,
  summary: 'Change a webhook, or switch it off and on',
  request: { params, body: body(webhookChangeSchema) },
  responses: { 200: answer(webhookSchema, 'Changed'), ...refusals },
})

const removeWebhookRoute = createRoute({
  method: 'delete',
  path: '/webhooks/{webhook_id}',
  tags,
  summary: 'Remove a webhook and its log',
  request: { params },
  responses: { 200: answer(okSchema, 'Removed'), ...refusals },
})

const testWebhookRoute = createRoute({
  method: 'post',
  path: '/webhooks/{webhook_id}/test',
  tags,
  summary: 'Send a webhook an event "webhook.test" now, and say what became of it',
  request: { params },
  responses: { 200: answer(webhookDeliverySchema, 'What became of it'), ...refusals },
})

const listDeliveriesRoute = createRoute({
  method: 'get',
  path: '/webhooks/{webhook_id}/deliveries',
  tags,
  summary: 'What was sent to a webhook of late, and what became of it',
  request: {
    params,
    query: z.object({ limit: integerParameter({ min: 1, max: 200 }).default(50).openapi({ default: 50 }) }),
  },
  responses: { 200: answer(z.array(webhookDeliverySchema), 'Newest first'), ...refusals },
})

export const webhookRoutes = createRouter()
  .openapi(createWebhookRoute, async c => {
    const { app, principal } = c.var
    const guard = createGuard(app.config.allowPrivateWebhooks)
    return c.json(await createWebhook(app.db, guard, principal, c.req.valid('json')), 201)
  })
  .openapi(listWebhooksRoute, async c => c.json(await listWebhooks(c.var.app.db, c.var.project), 200))
  .openapi(getWebhookRoute, async c => {
    return c.json(await getWebhook(c.var.app.db, c.var.project, c.req.valid('param').webhook_id), 200)
  })
  .openapi(changeWebhookRoute, async c => {
    const { app, project } = c.var
    const guard = createGuard(app.config.allowPrivateWebhooks)
    const { webhook_id } = c.req.valid('param')
    return c.json(await changeWebhook(app.db, guard, project, webhook_id, c.req.valid('json')), 200)
  })
  .openapi(removeWebhookRoute, async c => {
    await removeWebhook(c.var.app.db, c.var.project, c.req.valid('param').webhook_id)
    return c.json({ ok: true as const }, 200)
  })
  .openapi(testWebhookRoute, async c => {
    const { app, project } = c.var
    const guard = createGuard(app.config.allowPrivateWebhooks)
    return c.json(await testWebhook(app.db, guard, project, c.req.valid('param').webhook_id), 200)
  })
  .openapi(listDeliveriesRoute, async c => {
    const { limit } = c.req.valid('query')
    return c.json(await listDeliveries(c.var.app.db, c.var.project, c.req.valid('param').webhook_id, limit), 200)
  })
