import type { z } from 'zod'

/** A kind of background work: its name and what one piece of it is told. Payloads name rows; they hold no truth. */
export interface Task<Payload> {
  name: string
  payload: z.ZodType<Payload>
}

/** Declares a task; a room's `tasks.ts` binds it to the domain function that does it. */
export function declareTask<Payload>(name: string, payload: z.ZodType<Payload>): Task<Payload> {
  return { name, payload }
}
