/** Which part of a list a request asks for, and what it is told of the parts beside it. Pure. */
import { z } from '@hono/zod-openapi'
import { integerParameter, timeInputSchema } from './schemas.ts'

/** The parameters of a list in the order of a number, newest first. */
export const listPlaceSchema = z.object({
  limit: integerParameter({ min: 1, max: 500 }).default(100).openapi({ default: 100 }),
  after: integerParameter({ min: 0 }).optional().openapi({ description: 'What a page gave as `next`' }),
  before: integerParameter({ min: 0 }).optional().openapi({ description: 'What a page gave as `previous`' }),
  at: timeInputSchema.optional().openapi({ description: 'Begins with the newest that is no newer than this' }),
})
export type ListPlace = z.output<typeof listPlaceSchema>

/** A count that stops at a bound. */
export const boundedCountSchema = z.object({ n: z.int(), exact: z.boolean() }).openapi('BoundedCount')
export type BoundedCount = z.infer<typeof boundedCountSchema>

/** What a page of a list is, whatever its rows are. */
export interface CutPage<Row> {
  items: Row[]
  /** For `after`; null at the end. */
  next: string | null
  /** For `before`; null at the beginning. */
  previous: string | null
}

/** The fields of an answer that lead on from a page. */
export const pageEdgesSchema = z.object({
  next: z.string().nullable().openapi({ description: 'For `after`; null at the end' }),
  previous: z.string().nullable().openapi({ description: 'For `before`; null at the beginning' }),
})

/**
 * Makes a page of rows that were read in their direction, one more than wanted where there are more.
 *
 * @param inside whether it began somewhere else than at the beginning of the list.
 */
export function cutPage<Row>(
  rows: readonly Row[],
  { limit, backwards, inside }: { limit: number; backwards: boolean; inside: boolean },
  nameEdge: (row: Row) => string,
): CutPage<Row> {
  const more = rows.length > limit
  const items = rows.slice(0, limit)
  if (backwards) items.reverse()
  const [first, last] = [items.at(0), items.at(-1)]
  return {
    items,
    next: last !== undefined && (backwards || more) ? nameEdge(last) : null,
    previous: first !== undefined && (backwards ? more : inside) ? nameEdge(first) : null,
  }
}
