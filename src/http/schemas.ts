import { z } from '@hono/zod-openapi'
import { escapeText } from '#db/foreign-text.ts'

/** Pieces of requests and answers that every room's wire format shares. */

const TIME = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i

/**
 * Reads a time as requests may say it: `YYYY-MM-DDTHH:MM:SS.sssZ`, with an offset instead of `Z`, without the fraction or
 * the seconds, or a date alone (midnight UTC). Without an offset it is UTC. Finer than a millisecond is cut off.
 *
 * @returns the time in the wire's form, null if it is none (a 30th of February, an hour 25) or before the year 1, which the
 * database does not know by that name.
 */
export function readTimestamp(text: string): string | null {
  const match = TIME.exec(text)
  if (match === null) return null
  const [, date, minutes = '00:00', seconds = '00', fraction = '', zone = 'Z'] = match
  const offset = zone.toUpperCase() === 'Z' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`
  const time = new Date(`${date}T${minutes}:${seconds}.${fraction.slice(0, 3).padEnd(3, '0')}${offset}`)
  if (Number.isNaN(time.getTime())) return null
  const local = new Date(`${date}T00:00:00Z`)
  return local.toISOString().slice(0, 10) === date ? keepFourDigitYear(time) : null
}

function keepFourDigitYear(time: Date): string | null {
  const text = time.toISOString()
  return /^\d{4}-/.test(text) && !text.startsWith('0000') ? text : null
}

export const timeInputSchema = z
  .string()
  .transform((text, context) => {
    const time = readTimestamp(text)
    if (time !== null) return time
    context.addIssue({ code: 'custom', message: 'Expected a time such as 2026-01-31T09:30:00Z, or a date' })
    return z.NEVER
  })
  .openapi({ type: 'string', format: 'date-time' })

export const timeSchema = z.string().openapi({ format: 'date-time', example: '2026-01-31T09:30:00.000Z' })

/** A flag in a query: `true`, `false`, `1`, `0` in any case. */
export const flagSchema = z
  .string()
  .toLowerCase()
  .pipe(z.enum(['true', 'false', '1', '0'], { error: 'Expected true, false, 1 or 0' }))
  .transform(text => text === 'true' || text === '1')
  .openapi({ type: 'boolean' })

/** A UUID of any version, in any case. */
export const uuidSchema = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i, 'Expected a UUID')
  .toLowerCase()
  .openapi({ type: 'string', format: 'uuid' })

/** A whole number in a query, within bounds. */
export function integerParameter(bounds: { min: number; max?: number }) {
  const schema = z
    .string()
    .regex(/^[+-]?\d{1,15}$/, 'Expected a whole number')
    .transform(Number)
    .pipe(
      z
        .int()
        .min(bounds.min)
        .max(bounds.max ?? Number.MAX_SAFE_INTEGER),
    )
  return schema.openapi({ type: 'integer', minimum: bounds.min, ...(bounds.max ? { maximum: bounds.max } : {}) })
}

/** A number in a query, within bounds. */
export function numberParameter(bounds: { min: number; max: number }) {
  return z
    .string()
    .regex(/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/, 'Expected a number')
    .transform(Number)
    .pipe(z.number().min(bounds.min).max(bounds.max))
    .openapi({ type: 'number', minimum: bounds.min, maximum: bounds.max })
}

/**
 * Any JSON, the very value that `parseJson` gave. `z.json()` would hand on a copy in which a number that JavaScript cannot
 * hold, as an id of 19 digits, is an object.
 */
export const anyJsonSchema = z
  .custom<z.core.util.JSONType>(value => value !== undefined)
  .openapi({ type: ['string', 'number', 'boolean', 'object', 'array', 'null'], items: {} })

/** Two identifiers have to fit into an entry of an index, which holds 2,704 bytes. */
const MAX_ID_BYTES = 1_024

/**
 * An identifier that a client chose: any text, but without what could not be shown or sent back in an address (control
 * characters, halves of a surrogate pair, and the steps of a path, which every client resolves by itself).
 */
export const foreignIdSchema = z
  .string()
  .min(1, 'Must not be empty')
  .max(512, 'At most 512 characters')
  .refine(text => text.isWellFormed() && !/\p{Cc}/u.test(text), 'Must be text without control characters')
  .refine(text => Buffer.byteLength(escapeText(text)) <= MAX_ID_BYTES, `At most ${MAX_ID_BYTES} bytes in UTF-8`)
  .refine(text => text !== '.' && text !== '..', 'Must not be "." or "..", which no address can hold')
  .openapi({ type: 'string', minLength: 1, maxLength: 512 })

export const okSchema = z.object({ ok: z.literal(true) })

const detailSchema = z.object({ detail: z.string() }).openapi('Error')
const issuesSchema = z
  .object({
    detail: z.array(z.object({ loc: z.array(z.union([z.string(), z.number()])), msg: z.string(), type: z.string() })),
  })
  .openapi('ValidationError')

/** An answer with a JSON body, for a route's `responses`. */
export function answer<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { description, content: { 'application/json': { schema } } }
}

/** A request's JSON body, for a route's `request`. */
export function body<Schema extends z.ZodType>(schema: Schema) {
  return { required: true, content: { 'application/json': { schema } } }
}

/** The answers that any route may give besides its own. */
export const refusals = {
  401: answer(detailSchema, 'The key is missing or not valid'),
  403: answer(detailSchema, 'The caller may not do this'),
  404: answer(detailSchema, 'Not found'),
  409: answer(detailSchema, 'The present state does not allow it'),
  422: answer(issuesSchema, 'The request cannot be meant like this'),
} as const
