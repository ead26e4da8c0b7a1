import { createRoute, z } from '@hono/zod-openapi'
import { createRouter } from '#http/router.ts'
import { answer, refusals } from '#http/schemas.ts'
import { describeBackends } from './backend-list.ts'

const backendSchema = z
  .object({
    name: z.string(),
    kind: z.string(),
    base_url: z.string().nullable(),
    key_env: z.string().nullable().openapi({ description: 'Name of the environment variable that holds the key' }),
    has_key: z.boolean(),
    concurrency: z.int(),
  })
  .openapi('Backend')

const checkSchema = z
  .object({
    ok: z.boolean(),
    models: z.array(z.string()).nullable().openapi({ description: 'Null where the backend keeps no list' }),
    ms: z.int(),
    error: z.string().nullable(),
  })
  .openapi('BackendCheck')

const listBackendsRoute = createRoute({
  method: 'get',
  path: '/backends',
  tags: ['models'],
  summary: 'The model backends that this server knows',
  responses: { 200: answer(z.array(backendSchema), 'In the order of the configuration'), ...refusals },
})

const checkBackendRoute = createRoute({
  method: 'post',
  path: '/backends/{name}/check',
  tags: ['models'],
  summary: 'Whether a backend is there, without a chat completion',
  request: { params: z.object({ name: z.string() }) },
  responses: { 200: answer(checkSchema, 'What came of it'), ...refusals },
})

export const backendRoutes = createRouter()
  .openapi(listBackendsRoute, c => c.json(describeBackends(c.var.app.backends, c.var.app.config.env), 200))
  .openapi(checkBackendRoute, async c => c.json(await c.var.app.backends.get(c.req.valid('param').name).check(), 200))
