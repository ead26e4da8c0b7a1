import { createRoute, z } from '@hono/zod-openapi'
import { createRouter } from '#http/router.ts'
import { answer, body, integerParameter, okSchema, refusals } from '#http/schemas.ts'
import { requireAdministrator } from './authenticate.ts'
import { createKey, keyInputSchema, keySchema, listKeys, newKeySchema, revokeKey } from './keys.ts'
import { createProject, listProjects, projectNameSchema, projectSchema } from './projects.ts'

const listProjectsRoute = createRoute({
  method: 'get',
  path: '/projects',
  tags: ['projects'],
  summary: 'All projects',
  responses: { 200: answer(z.array(projectSchema), 'Oldest first'), ...refusals },
})

const createProjectRoute = createRoute({
  method: 'post',
  path: '/projects',
  tags: ['projects'],
  summary: 'Create a project',
  request: { body: body(z.strictObject({ name: projectNameSchema })) },
  responses: { 201: answer(projectSchema, 'Created'), ...refusals },
})

const listKeysRoute = createRoute({
  method: 'get',
  path: '/keys',
  tags: ['projects'],
  summary: "The project's API keys",
  responses: { 200: answer(z.array(keySchema), 'Oldest first, revoked ones too'), ...refusals },
})

const createKeyRoute = createRoute({
  method: 'post',
  path: '/keys',
  tags: ['projects'],
  summary: 'Create an API key for a named user',
  request: { body: body(keyInputSchema) },
  responses: { 201: answer(newKeySchema, 'Created; the key is shown this once'), ...refusals },
})

const revokeKeyRoute = createRoute({
  method: 'delete',
  path: '/keys/{key_id}',
  tags: ['projects'],
  summary: 'Revoke an API key',
  request: { params: z.object({ key_id: integerParameter({ min: 1, max: 2_147_483_647 }) }) },
  responses: { 200: answer(okSchema, 'Revoked'), ...refusals },
})

export const projectRoutes = createRouter()
  .openapi(listProjectsRoute, async c => c.json(await listProjects(c.var.app.db), 200))
  .openapi(createProjectRoute, async c => {
    requireAdministrator(c.var.principal)
    return c.json(await createProject(c.var.app.db, c.req.valid('json').name), 201)
  })
  .openapi(listKeysRoute, async c => {
    requireAdministrator(c.var.principal)
    return c.json(await listKeys(c.var.app.db, c.var.project), 200)
  })
  .openapi(createKeyRoute, async c => {
    requireAdministrator(c.var.principal)
    return c.json(await createKey(c.var.app.db, c.var.project, c.req.valid('json')), 201)
  })
  .openapi(revokeKeyRoute, async c => {
    requireAdministrator(c.var.principal)
    await revokeKey(c.var.app.db, c.var.project, c.req.valid('param').key_id)
    return c.json({ ok: true as const }, 200)
  })
