import { type Command, InvalidArgumentError, Option } from 'commander'
import { readAnswer, type ShownLeaderboard } from '#client.ts'
import { parseCount } from './amounts.ts'
import { withService } from './command.ts'
import { type Column, printTable } from './table.ts'
import { formatJson, print, showText } from './terminal-text.ts'

interface LeaderboardCommandOptions {
  baseline?: string
  split?: 'all' | 'train' | 'test'
  level: number
  k: number
  limit: number
}

type Entry = ShownLeaderboard['entries'][number]
type ShownEstimate = NonNullable<Entry['weighted']>

const WHISKER = 25

/** `whetstone leaderboard`: the variants of an experiment with their intervals. */
export function addLeaderboardCommand(program: Command): void {
  program
    .command('leaderboard <experiment>')
    .description("show an experiment's variants, the best first: by its id, or by name the newest of that name")
    .option('--baseline <variant>', 'what differences are to: production, a number, a label, or JSON of its parameters')
    .addOption(new Option('--split <which>', 'which cases').choices(['all', 'train', 'test']))
    .option('--level <share>', 'of the intervals', parseLevel, 0.95)
    .option('--k <n>', 'show pass@k', parseCount, 1)
    .option('--limit <n>', 'at most this many variants', parseCount, 20)
    .action((experiment: string, _options, command: Command) =>
      withService<LeaderboardCommandOptions>(command, async ({ service, options }) => {
        const { baseline, split, level, k, limit } = options
        const query = {
          ...{ level: String(level), k: String(k), limit: String(limit) },
          ...(baseline === undefined ? {} : { baseline }),
          ...(split === undefined ? {} : { split }),
        }
        const param = { id: encodeURIComponent(experiment) }
        const board = await readAnswer(service.client.api.experiments[':id'].leaderboard.$get({ param, query }))
        if (options.json) await print(formatJson(board))
        else await printLeaderboard(board)
        return 0
      }),
    )
}

/** Prints a leaderboard as a table, and under it what it comes to. */
export async function printLeaderboard(board: ShownLeaderboard): Promise<void> {
  await printTable(listColumns(board), board.entries, {
    nothing: `Experiment ${showText(board.name)} has no finished runs yet.`,
  })
  if (board.entries.length > 0) await print('', ...describeBoard(board))
}

/**
 * A mean with its interval as characters on an axis from `from` to `to`, `├──●──┤`, always `width` columns wide. Ends and
 * mean stand in the column that they fall into.
 */
export function drawWhisker(
  { estimate, low, high }: Pick<ShownEstimate, 'estimate' | 'low' | 'high'>,
  axis: { from: number; to: number },
  width: number,
): string {
  const place = (value: number) => {
    const share = axis.to > axis.from ? (value - axis.from) / (axis.to - axis.from) : 0.5
    return Math.min(width - 1, Math.max(0, Math.floor(share * width)))
  }
  const cells = new Array<string>(width).fill(' ')
  const [start, end] = [place(low ?? estimate), place(high ?? estimate)]
  cells.fill('─', start, end + 1)
  cells[start] = '├'
  cells[end] = '┤'
  cells[place(estimate)] = '●'
  return cells.join('')
}

function listColumns(board: ShownLeaderboard): Column<Entry>[] {
  const axis = findAxis(board)
  const ends = `${axis.from.toFixed(2)}${axis.to.toFixed(2).padStart(WHISKER - 4)}`
  const repeated = board.entries.some(entry => entry.runs > entry.cases)
  const columns: Column<Entry>[] = [
    { title: 'rank', value: ({ rank }) => showRank(rank) },
    { title: 'variant', value: entry => entry.label, most: 40 },
    { title: 'mean', value: ({ weighted }) => weighted?.estimate.toFixed(3) ?? null },
    {
      title: ends,
      value: ({ weighted }) => (weighted === null ? ' '.repeat(WHISKER) : drawWhisker(weighted, axis, WHISKER)),
    },
    { title: `${showPercent(board.level)} interval`, value: ({ weighted }) => showInterval(weighted) },
    { title: 'cases', value: entry => entry.cases },
    { title: 'failed', value: entry => entry.failed },
    {
      title: 'to baseline',
      value: entry => (entry.variant_no === board.baseline?.variant_no ? 'baseline' : showDifference(entry)),
    },
    { title: `pass@${board.k}`, value: ({ pass_at_k }) => pass_at_k?.estimate.toFixed(2) ?? null },
    {
      title: '$ a case',
      value: ({ cost_usd }) => (cost_usd === null ? null : Number(cost_usd.estimate.toPrecision(3))),
    },
    {
      title: 'p50 ms',
      value: ({ latency_p50_ms }) => (latency_p50_ms === null ? null : Math.round(latency_p50_ms.estimate)),
    },
    { title: '', value: ({ on_front }) => (on_front ? '*' : '') },
  ]
  return repeated ? columns.toSpliced(6, 0, { title: 'runs', value: entry => entry.runs }) : columns
}

function describeBoard(board: ShownLeaderboard): string[] {
  const lines: string[] = []
  if (board.provisional) {
    lines.push(`Provisional: ${board.done} of ${board.planned} runs are done; ranks and verdicts come at the end.`)
  }
  if (board.verdict !== null) lines.push(showText(board.verdict))
  for (const { label, missing } of board.entries) {
    const parts = missing.map(({ scorer, runs }) => `${runs} runs have no score of ${scorer}`)
    if (parts.length > 0) lines.push(showText(`Not ranked: ${label} (${parts.join(', ')}).`))
  }
  for (const { scorer, weight, below, above } of board.sensitivity) {
    const turns = [
      ...(below === null ? [] : [`below ${round(below.weight)} ${below.label} leads`]),
      ...(above === null ? [] : [`above ${round(above.weight)} ${above.label} leads`]),
    ]
    if (turns.length > 0) lines.push(showText(`Weight of ${scorer} is ${round(weight)}: ${turns.join(', ')}.`))
  }
  if (board.variants > board.entries.length)
    lines.push(`${board.entries.length} of ${board.variants} variants (--limit)`)
  const front = board.front_by.map(dimension => ({ quality: 'mean', cost: 'cost', latency: 'p50' })[dimension])
  if (front.length > 1) lines.push(`* nothing else is as good in ${front.join(', ')} and better in one of them`)
  return lines
}

function findAxis({ entries }: ShownLeaderboard): { from: number; to: number } {
  const ends = entries.flatMap(({ weighted }) => (weighted === null ? [] : [weighted.low ?? 0, weighted.high ?? 1]))
  if (ends.length === 0) return { from: 0, to: 1 }
  return { from: Math.floor(Math.min(...ends) * 20) / 20, to: Math.ceil(Math.max(...ends) * 20) / 20 }
}

function showRank(rank: Entry['rank']): string | null {
  if (rank === null) return null
  return rank.best === rank.worst ? String(rank.best) : `${rank.best}–${rank.worst}`
}

function showInterval(value: ShownEstimate | null): string | null {
  return value === null || value.low === null || value.high === null
    ? null
    : `${value.low.toFixed(3)} – ${value.high.toFixed(3)}`
}

/** `+0.052 (+0.010 to +0.094)`; the interval is the one that holds for all comparisons together, once there is one. */
function showDifference({ difference }: Entry): string | null {
  if (difference === null) return null
  const low = difference.simultaneous_low ?? difference.low
  const high = difference.simultaneous_high ?? difference.high
  const p =
    difference.p_value === null ? '' : `, p ${difference.p_value < 0.001 ? '< 0.001' : difference.p_value.toFixed(3)}`
  return `${sign(difference.estimate)} (${sign(low)} to ${sign(high)}${p})`
}

function sign(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`
}

function round(value: number): number {
  return Number(value.toPrecision(3))
}

function showPercent(level: number): string {
  return `${Number((100 * level).toFixed(2))} %`
}

function parseLevel(text: string): number {
  const value = Number(text)
  if (!(value >= 0.5 && value <= 0.9999)) throw new InvalidArgumentError('Expected a number from 0.5 to 0.9999.')
  return value
}
