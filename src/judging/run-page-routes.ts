import { createRoute, z } from '@hono/zod-openapi'
import { createRouter } from '#http/router.ts'
import { answer, integerParameter, refusals } from '#http/schemas.ts'
import { failureCausesSchema, listFailureCauses } from './run-failures.ts'
import { listUnits, unitPageSchema, unitStateSchema } from './run-units.ts'

const tags = ['evaluation']
const params = z.object({ run_id: z.string() })

const failuresRoute = createRoute({
  method: 'get',
  path: '/run/{run_id}/failures',
  tags,
  summary: 'What went wrong in a run, by cause',
  request: { params },
  responses: { 200: answer(failureCausesSchema, 'The most frequent cause first'), ...refusals },
})

const unitsRoute = createRoute({
  method: 'get',
  path: '/run/{run_id}/units',
  tags,
  summary: 'A page of the sessions of a run',
  request: {
    params,
    query: z.object({
      after: integerParameter({ min: -1 }).default(-1).openapi({ default: -1 }),
      limit: integerParameter({ min: 1, max: 500 }).default(100).openapi({ default: 100 }),
      state: unitStateSchema.optional(),
      search: z
        .string()
        .trim()
        .max(200)
        .optional()
        .openapi({ description: 'Part of a name, a first request or an id' }),
    }),
  },
  responses: { 200: answer(unitPageSchema, 'The page'), ...refusals },
})

/** What the page of a run needs beside the contract. */
export const runPageRoutes = createRouter()
  .openapi(failuresRoute, async c =>
    c.json(await listFailureCauses(c.var.app.db, c.var.project, c.req.valid('param').run_id), 200),
  )
  .openapi(unitsRoute, async c => {
    const { run_id } = c.req.valid('param')
    return c.json(await listUnits(c.var.app.db, c.var.project, run_id, c.req.valid('query')), 200)
  })
