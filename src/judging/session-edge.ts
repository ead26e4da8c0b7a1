import { z } from 'zod'
import { Invalid } from '#errors.ts'
import { timeInputSchema } from '#http/schemas.ts'
import type { SessionSort } from './session-filter.ts'

/** Between which rows a page ends: a row's place in the list. */
export interface Edge {
  pinned: boolean
  time: string
  session_id: string
}

const edgeSchema = z.tuple([z.enum(['last_active', 'judged']), z.boolean(), timeInputSchema, z.string()])

/** The edge at this row, as a word that a client gives back. */
export function describeEdge(
  sort: SessionSort,
  row: { pinned: boolean; last_active: string; latest_eval_date: string | null; session_id: string },
): string {
  const time = sort === 'judged' ? row.latest_eval_date : row.last_active
  return Buffer.from(JSON.stringify([sort, row.pinned, time, row.session_id])).toString('base64url')
}

/** @throws Invalid for a word that this list, in this order, did not give out. */
export function readEdge(sort: SessionSort, word: string, parameter: string): Edge {
  const parsed = edgeSchema.safeParse(decodeWord(word))
  if (!parsed.success || parsed.data[0] !== sort) {
    throw new Invalid('This was not given out by this list, in this order', ['query', parameter])
  }
  const [, pinned, time, session_id] = parsed.data
  return { pinned, time, session_id }
}

function decodeWord(word: string): unknown {
  try {
    return JSON.parse(Buffer.from(word, 'base64url').toString())
  } catch {
    return null
  }
}
