import { createRoute, z } from '@hono/zod-openapi'
import { etag } from 'hono/etag'
import { createRouter } from '#http/router.ts'
import { answer, body, foreignIdSchema, integerParameter, okSchema, refusals } from '#http/schemas.ts'
import {
  labelMoveSchema,
  labelPrompt,
  labelStateSchema,
  listLabelMoves,
  promptLabelSchema,
  removeLabel,
} from './prompt-labels.ts'
import {
  listPrompts,
  listPromptVersions,
  promptInputSchema,
  promptNameSchema,
  promptSchema,
  promptSummarySchema,
  resolvePrompt,
  savedPromptSchema,
  savePrompt,
} from './prompts.ts'
import { labelVariantPrompt, variantLabelInputSchema, variantLabelSchema } from './variant-prompt.ts'

const tags = ['prompts']
const params = z.object({ name: promptNameSchema })
const labelParams = z.object({ name: promptNameSchema, label: promptLabelSchema })
const limit = integerParameter({ min: 1, max: 1000 }).default(100)

const listPromptsRoute = createRoute({
  method: 'get',
  path: '/prompts',
  tags,
  summary: 'Prompts by name, with their labels',
  responses: { 200: answer(z.array(promptSummarySchema), 'Prompts'), ...refusals },
})

const getPromptRoute = createRoute({
  method: 'get',
  path: '/prompts/{name}',
  tags,
  summary: 'A prompt by label (production) or version',
  description: 'With If-None-Match and the ETag of an earlier answer, 304 says that it is still the same.',
  middleware: [etag()] as const,
  request: {
    params,
    query: z.object({
      label: promptLabelSchema.optional().openapi({ description: '`latest` means the newest version' }),
      version: z.string().min(1).max(1024).optional(),
    }),
  },
  responses: {
    200: answer(promptSchema, 'The prompt'),
    304: { description: 'The same as before' },
    ...refusals,
  },
})

const listPromptVersionsRoute = createRoute({
  method: 'get',
  path: '/prompts/{name}/versions',
  tags,
  summary: 'The versions of a prompt, newest first',
  request: { params, query: z.object({ limit }) },
  responses: { 200: answer(z.array(promptSchema), 'Newest first'), ...refusals },
})

const savePromptRoute = createRoute({
  method: 'post',
  path: '/prompts/{name}/versions',
  tags,
  summary: 'Save a version of a prompt; the same text is the same version',
  request: { params, body: body(promptInputSchema) },
  responses: {
    200: answer(savedPromptSchema, 'This text was there before'),
    201: answer(savedPromptSchema, 'The version is new'),
    ...refusals,
  },
})

const labelPromptRoute = createRoute({
  method: 'put',
  path: '/prompts/{name}/labels/{label}',
  tags,
  summary: 'Put a label at a version',
  request: { params: labelParams, body: body(z.strictObject({ version: z.string().min(1).max(1024) })) },
  responses: { 200: answer(labelStateSchema, 'Where it stands, and stood'), ...refusals },
})

const removeLabelRoute = createRoute({
  method: 'delete',
  path: '/prompts/{name}/labels/{label}',
  tags,
  summary: 'Take a label away',
  request: { params: labelParams },
  responses: { 200: answer(okSchema, 'Taken away'), ...refusals },
})

const historyRoute = createRoute({
  method: 'get',
  path: '/prompts/{name}/history',
  tags,
  summary: 'Who put which label where, newest first',
  request: { params, query: z.object({ label: promptLabelSchema.optional(), limit }) },
  responses: { 200: answer(z.array(labelMoveSchema), 'Newest first'), ...refusals },
})

const labelVariantRoute = createRoute({
  method: 'post',
  path: '/experiments/{id}/label',
  tags,
  summary: "Put a label at the prompt of an experiment's variant, which becomes a version of the registry if need be",
  request: {
    params: z.object({
      id: foreignIdSchema.openapi({ description: "The experiment's id, or its name: the newest of that name" }),
    }),
    body: body(variantLabelInputSchema),
  },
  responses: { 200: answer(variantLabelSchema, 'Where it stands, and stood'), ...refusals },
})

export const promptRoutes = createRouter()
  .openapi(listPromptsRoute, async c => c.json(await listPrompts(c.var.app.db, c.var.project), 200))
  .openapi(getPromptRoute, async c => {
    const choice = { ...c.req.valid('param'), ...c.req.valid('query') }
    c.header('cache-control', 'private, no-cache')
    return c.json(await resolvePrompt(c.var.app.db, c.var.project, choice), 200)
  })
  .openapi(listPromptVersionsRoute, async c => {
    const { name } = c.req.valid('param')
    return c.json(await listPromptVersions(c.var.app.db, c.var.project, name, c.req.valid('query').limit), 200)
  })
  .openapi(savePromptRoute, async c => {
    const { app, project, principal } = c.var
    const { name } = c.req.valid('param')
    const saved = await savePrompt(app.db, project, principal.user_id, name, c.req.valid('json'))
    return saved.created ? c.json(saved, 201) : c.json(saved, 200)
  })
  .openapi(labelPromptRoute, async c => {
    const { app, project, principal } = c.var
    const wanted = { ...c.req.valid('param'), ...c.req.valid('json') }
    return c.json(await labelPrompt(app.db, project, principal.user_id, wanted), 200)
  })
  .openapi(removeLabelRoute, async c => {
    const { app, project, principal } = c.var
    await removeLabel(app.db, project, principal.user_id, c.req.valid('param'))
    return c.json({ ok: true as const }, 200)
  })
  .openapi(historyRoute, async c => {
    const { name } = c.req.valid('param')
    return c.json(await listLabelMoves(c.var.app.db, c.var.project, name, c.req.valid('query')), 200)
  })
  .openapi(labelVariantRoute, async c => {
    const { app, project, principal } = c.var
    const { id } = c.req.valid('param')
    return c.json(await labelVariantPrompt(app.db, project, principal.user_id, id, c.req.valid('json')), 200)
  })
