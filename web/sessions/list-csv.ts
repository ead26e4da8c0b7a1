import { SHOWN_AXES } from '../ui/axes.ts'
import { offerFile, writeCsv } from '../ui/csv.ts'
import type { SessionRow } from './list-query.ts'

/** Hands rows of the list over as CSV. */
export function offerRows(rows: SessionRow[]): void {
  const header = [
    'session_id',
    'status',
    'name',
    'first_request',
    'profile',
    'last_active',
    'messages',
    'likes',
    'dislikes',
  ]
  const lines = rows.map(row => [
    ...[row.session_id, row.eval_status, row.name, row.first_request, row.profile_id, row.last_active],
    ...[row.msg_count, row.likes, row.dislikes],
    ...SHOWN_AXES.map(({ axis }) => row.latest_avg?.[axis] ?? null),
    row.cost_usd,
  ])
  offerFile('sessions.csv', writeCsv([...header, ...SHOWN_AXES.map(({ axis }) => axis), 'cost_usd'], lines))
}
