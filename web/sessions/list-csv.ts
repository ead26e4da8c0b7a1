import { SHOWN_AXES } from '../ui/axes.ts'
import { type Cell, offerFile, writeCsv } from '../ui/csv.ts'
import type { SessionRow } from './list-query.ts'

export const SESSION_HEADER = [
  ...['session_id', 'status', 'name', 'first_request', 'profile', 'last_active', 'messages', 'likes', 'dislikes'],
  ...SHOWN_AXES.map(({ axis }) => axis),
  'cost_usd',
]

/** Rows of the list as CSV has them. */
export function listSessionCells(rows: SessionRow[]): Cell[][] {
  return rows.map(row => [
    ...[row.session_id, row.eval_status, row.name, row.first_request, row.profile_id, row.last_active],
    ...[row.msg_count, row.likes, row.dislikes],
    ...SHOWN_AXES.map(({ axis }) => row.latest_avg?.[axis] ?? null),
    row.cost_usd,
  ])
}

/** Hands rows of the list over as CSV. */
export function offerRows(rows: SessionRow[]): void {
  offerFile('sessions.csv', writeCsv(SESSION_HEADER, listSessionCells(rows)))
}
