import { OpenAPIHono } from '@hono/zod-openapi'
import { answerInvalid } from './answers.ts'
import type { AppEnv } from './context.ts'

/** A room's routes: each declared once, for validation, the OpenAPI document and the typed client. */
export function createRouter() {
  return new OpenAPIHono<AppEnv>({ defaultHook: answerInvalid, strict: false })
}
