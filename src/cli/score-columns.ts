import type { SessionOverview, ShownScores } from '#client.ts'
import { formatMinute } from './amounts.ts'
import type { Column } from './table.ts'
import { colours } from './terminal-text.ts'

/** The axes in the order that holds everywhere, as tables head them. */
const TITLES: { [axis in keyof ShownScores]: string } = {
  task_complexity: 'cplx',
  goal_completion: 'goal',
  tool_usage_quality: 'tool',
  efficiency: 'effi',
  communication: 'comm',
  subagent_orchestration: 'orch',
  self_extension: 'self',
}

/** Says what the short titles of the axes mean. */
export const AXES_LEGEND =
  'cplx task complexity, goal completion, tool usage, efficiency, communication, orchestration, self-extension; – not used'

/** The same for the overview. */
export const OVERVIEW_LEGEND = `${AXES_LEGEND}; ^ pinned`

/** Marks a pinned session, which stands before the others whatever its age. */
const PIN = '^'

/** A column for each axis. */
export function listScoreColumns<Row>(pick: (row: Row) => ShownScores | null): Column<Row>[] {
  return listAxes().map(axis => ({
    title: TITLES[axis],
    value: row => pick(row)?.[axis] ?? null,
    paint: (cell, row) => paintScore(cell, axis, pick(row)?.[axis] ?? null),
  }))
}

/** The axes in their order. */
export function listAxes(): (keyof ShownScores)[] {
  return [
    'task_complexity',
    'goal_completion',
    'tool_usage_quality',
    'efficiency',
    'communication',
    'subagent_orchestration',
    'self_extension',
  ]
}

/** The columns of the overview of sessions. */
export function listOverviewColumns(): Column<SessionOverview>[] {
  return [
    { title: 'session', value: row => (row.pinned ? `${row.session_id} ${PIN}` : row.session_id), most: 36 },
    { title: 'profile', value: row => row.profile_id, most: 14 },
    { title: 'last active', value: row => formatMinute(row.last_active) },
    { title: 'msgs', value: row => row.msg_count },
    { title: '+', value: row => row.likes },
    { title: '-', value: row => row.dislikes },
    { title: 'status', value: describeStatus, paint: (cell, row) => paintStatus(cell, row.eval_status) },
    ...listScoreColumns<SessionOverview>(row => row.latest_avg),
  ]
}

function describeStatus(row: SessionOverview): string {
  return row.stale_because === null ? row.eval_status : `${row.eval_status} (${row.stale_because})`
}

// Complexity is no merit and no fault.
function paintScore(cell: string, axis: keyof ShownScores, score: number | null): string {
  if (score === null) return colours.dim(cell)
  if (axis === 'task_complexity') return cell
  if (score < 40) return colours.red(cell)
  return score >= 75 ? colours.green(cell) : cell
}

function paintStatus(cell: string, status: SessionOverview['eval_status']): string {
  if (status === 'evaluated') return colours.green(cell)
  return status === 'stale' ? colours.yellow(cell) : colours.dim(cell)
}
