import type { ShownLeaderboard } from '#client.ts'
import { offerFile, writeCsv } from '../ui/csv.ts'
import type { BoardEntry } from './board-query.ts'

const MEANS = ['weighted', 'pass_at_k', 'consistency', 'cost_usd', 'latency_p50_ms'] as const

/** The leaderboard as a file, every number in full. */
export function offerBoard(board: ShownLeaderboard, rows: BoardEntry[]): void {
  const scorers = rows[0]?.scorers.map(({ name }) => name) ?? []
  const spread = (name: string) => [name, `${name}_low`, `${name}_high`]
  const header = [
    ...['rank_best', 'rank_worst', 'variant_no', 'label', 'trial', 'cases', 'clusters', 'runs', 'failed'],
    ...MEANS.flatMap(spread),
    ...[
      'difference',
      'difference_low',
      'difference_high',
      'simultaneous_low',
      'simultaneous_high',
      'p_holm',
      'verdict',
    ],
    ...['on_front', 'provisional'],
    ...scorers.flatMap(name => spread(`scorer ${name}`)),
  ]
  const lines = rows.map(entry => {
    const { rank, difference: gap } = entry
    return [
      ...[rank?.best ?? null, rank?.worst ?? null, entry.variant_no, entry.label, JSON.stringify(entry.trial)],
      ...[entry.cases, entry.clusters, entry.runs, entry.failed],
      ...MEANS.flatMap(name => listMean(entry[name])),
      ...[gap?.estimate ?? null, gap?.low ?? null, gap?.high ?? null],
      ...[gap?.simultaneous_low ?? null, gap?.simultaneous_high ?? null, gap?.p_value ?? null, gap?.verdict ?? null],
      ...[entry.on_front === null ? null : String(entry.on_front), String(board.provisional)],
      ...entry.scorers.flatMap(({ value }) => listMean(value)),
    ]
  })
  offerFile(`${board.name}-leaderboard.csv`, writeCsv(header, lines))
}

function listMean(mean: { estimate: number; low: number | null; high: number | null } | null): (number | null)[] {
  return mean === null ? [null, null, null] : [mean.estimate, mean.low, mean.high]
}
