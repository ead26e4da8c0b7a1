import type { Command } from 'commander'
import { type CorrectionCounts, type ReviewThroughput, readAnswer } from '#client.ts'
import { withService } from './command.ts'
import { type Column, formatTable, printTable } from './table.ts'
import { formatJson, print } from './terminal-text.ts'

/** `whetstone corrections stats`. */
export function addCorrectionStatsCommand(group: Command): void {
  group
    .command('stats')
    .description('show how many candidates there are of each kind, who reviewed how much and how fast, and what waits')
    .action((_options, command: Command) =>
      withService(command, async ({ service, options }) => {
        const { corrections } = service.client.api
        const stats = await readAnswer(corrections.stats.$get())
        const throughput = await readAnswer(corrections.throughput.$get({ query: {} }))
        if (options.json) await print(formatJson({ ...stats, throughput }))
        else {
          await printCounts(stats)
          await print(...describeThroughput(throughput))
        }
        return 0
      }),
    )
}

async function printCounts(stats: CorrectionCounts): Promise<void> {
  const groups = { status: stats.by_status, model: stats.by_model, task: stats.by_task_type, source: stats.by_source }
  const rows = Object.entries(groups).flatMap(([by, counts]) =>
    Object.entries(counts).map(([name, n]) => ({ by, name, n })),
  )
  await printTable(
    [
      { title: 'by', value: row => row.by },
      { title: 'name', value: row => row.name, most: 60 },
      { title: 'candidates', value: row => row.n },
    ],
    rows,
    { nothing: 'No candidates.' },
  )
  await print(`${stats.total} in all, ${stats.export_ready} ready for export`)
}

/** What waits, what each reviewer did, and what was wrong with the answers week by week, as lines. */
export function describeThroughput({ reviewers, times, categories, waiting }: ReviewThroughput): string[] {
  const { total, oldest_day, median_age_days } = waiting
  const queue =
    total === 0
      ? 'Nothing waits for review.'
      : `${total} wait for review, the oldest since ${oldest_day}, the median for ${median_age_days} days`
  return [queue, ...describeReviewers(reviewers, times), ...describeCategories(categories)]
}

const SHOWN_ACTIONS = ['correct', 'discard', 'flag', 'edit', 'undo'] as const

function describeReviewers(days: ReviewThroughput['reviewers'], times: ReviewThroughput['times']): string[] {
  const decided = days.filter(row => SHOWN_ACTIONS.some(action => action === row.action))
  const people = [...Map.groupBy(decided, row => row.reviewer)]
  if (people.length === 0) return []
  const columns = SHOWN_ACTIONS.map(
    (action): Column<(typeof people)[number]> => ({
      title: action,
      value: ([, own]) => sum(own, row => (row.action === action ? row.n : 0)),
    }),
  )
  const lines = formatTable(
    [
      { title: 'last 13 weeks', value: ([reviewer]) => reviewer, most: 40 },
      ...columns,
      { title: 'seconds each', value: ([reviewer]) => describeTime(times.find(one => one.reviewer === reviewer)) },
    ],
    people,
  )
  return ['', ...lines]
}

function describeCategories(counts: ReviewThroughput['categories']): string[] {
  const weeks = [...Map.groupBy(counts, row => row.week_start)]
  if (weeks.length === 0) return []
  const names = [...new Set(counts.map(row => row.category))].sort()
  const columns = names.map(
    (name): Column<(typeof weeks)[number]> => ({
      title: name,
      value: ([, own]) => sum(own, row => (row.category === name ? row.n : 0)),
    }),
  )
  return ['', ...formatTable([{ title: 'week from', value: ([week]) => week }, ...columns], weeks)]
}

/** The mean over the decisions that say how long they took, with its interval; null when none does. */
function describeTime(time: ReviewThroughput['times'][number] | undefined): string | null {
  if (time === undefined) return null
  const seconds = (ms: number) => (ms / 1000).toFixed(1)
  const { n, mean_ms, low_ms, high_ms } = time
  const interval = low_ms === null || high_ms === null ? '' : ` [${seconds(low_ms)}, ${seconds(high_ms)}]`
  return `${seconds(mean_ms)}${interval} n=${n}`
}

function sum<Row>(rows: Row[], read: (row: Row) => number): number {
  return rows.reduce((total, row) => total + read(row), 0)
}
