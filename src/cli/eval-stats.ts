import { type Command, Option } from 'commander'
import { readAnswer, type WeeklyStats } from '#client.ts'
import { parseCount } from './amounts.ts'
import { withService } from './command.ts'
import { listAxes, listScoreColumns } from './score-columns.ts'
import { type Column, printTable } from './table.ts'
import { formatJson, print, showText } from './terminal-text.ts'

interface StatsOptions {
  days: number
  csv?: boolean
  byComplexity?: boolean
  time?: 'judged' | 'last_active'
  model?: string
  profile?: string
}

type Week = WeeklyStats['weekly'][number]

/** `whetstone eval stats` and `separation`. */
export function addStatsCommands(group: Command): void {
  group
    .command('stats')
    .description('show weekly means under the pins')
    .option('--days <n>', 'how far back, up to 365', parseCount, 30)
    .addOption(new Option('--csv', 'print as comma-separated values').conflicts('json'))
    .option('--by-complexity', 'also by how complex the tasks were')
    .addOption(new Option('--time <which>', 'the date that counts').choices(['judged', 'last_active']))
    .option('--model <name>', 'only judgements by this model')
    .option('--profile <id>', 'only sessions of this agent')
    .action((_options, command: Command) =>
      withService<StatsOptions>(command, async ({ service, options }) => {
        const query = buildQuery(options)
        const stats = await readAnswer(service.client.api.eval.stats.$get({ query }))
        if (options.json) await print(formatJson(stats))
        else if (options.csv) await print(...formatCsv(stats.weekly))
        else await printStats(stats.weekly, options.days)
        return 0
      }),
    )
  group
    .command('separation')
    .description('show how well scores tell success from failure, where the true outcome is known')
    .option('--axis <axis>', 'the axis whose scores are compared', 'goal_completion')
    .action((_options, command: Command) =>
      withService<{ axis: string }>(command, async ({ service, options }) => {
        const axis = listAxes().find(one => one === options.axis)
        if (axis === undefined)
          command.error(`error: unknown axis '${showText(options.axis)}'; known are ${listAxes().join(', ')}`)
        const report = await readAnswer(service.client.api.eval.separation.$get({ query: { axis } }))
        if (options.json) await print(formatJson(report))
        else await print(...describeSeparation(report))
        return 0
      }),
    )
}

/** Prints weekly means as a table; says so when there are none. */
export async function printStats(weekly: Week[], days: number): Promise<void> {
  const mixed = weekly.some(week => week.judge_models.length > 1)
  const columns: Column<Week>[] = [
    { title: 'week of', value: week => week.week_start },
    { title: 'tasks', value: week => week.bucket },
    { title: 'n', value: week => week.sample_count },
    ...listScoreColumns<Week>(week => week.axis_means).map((column, index) => ({
      ...column,
      value: (week: Week) => showMean(week, listAxes()[index]),
    })),
    { title: 'judged by', value: week => week.judge_models.join(' + '), most: 40 },
  ]
  await printTable(columns, weekly, { nothing: `No session was judged under the pins in the last ${days} days.` })
  if (weekly.length > 0) await print('± how far the 95 % interval reaches; a single session has none')
  if (mixed) await print('Some weeks mix models, which need not score alike; --model shows one.')
}

/** `62 ±8`: the mean, and how far the interval's farther end is from it. An interval that is cut at 0 or 100 is lopsided. */
function showMean(week: Week, axis: keyof Week['axis_means'] | undefined): string | null {
  const mean = axis === undefined ? null : week.axis_means[axis]
  if (axis === undefined || mean === null) return null
  const interval = week.axis_intervals[axis]
  const shown = String(mean).padStart(2)
  if (interval === null || interval.low === null || interval.high === null) return shown
  const reach = Math.max(interval.high - interval.mean, interval.mean - interval.low)
  return `${shown} ±${Math.round(reach)}`
}

function buildQuery({ days, byComplexity, time, model, profile }: StatsOptions) {
  return {
    days: String(days),
    ...(byComplexity ? { by_complexity_bucket: 'true' as const } : {}),
    ...(time === undefined ? {} : { time }),
    ...(model === undefined ? {} : { model }),
    ...(profile === undefined ? {} : { profile }),
  }
}

/** Comma-separated values as RFC 4180 has them, nothing for null. */
function formatCsv(weekly: Week[]): string[] {
  const axes = listAxes()
  const heading = ['week_start', 'bucket', 'sample_count', ...axes, 'judge_models']
  const rows = weekly.map(week => {
    const means = axes.map(axis => week.axis_means[axis])
    return [week.week_start, week.bucket, week.sample_count, ...means, week.judge_models.join('; ')]
  })
  return [heading, ...rows].map(row => row.map(quoteCsv).join(','))
}

function quoteCsv(value: string | number | null): string {
  const text = value === null ? '' : showText(String(value))
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

interface SeparationReport {
  axis: string
  judge_version: string
  rubric_version: string
  judge_models: string[]
  sessions_with_outcome: number
  sessions_judged: number
  separation: {
    auc: number
    low: number
    high: number
    n: number
    positives: number
    negatives: number
    tasks: number
  } | null
}

function describeSeparation(report: SeparationReport): string[] {
  const { axis, separation, sessions_with_outcome: known, sessions_judged: judged } = report
  const pins = `${showText(report.judge_version)} and ${showText(report.rubric_version)}`
  if (known === 0)
    return ['No session has a known outcome. τ-bench trajectories bring one along: whetstone import PATH']
  if (judged === 0) {
    return [
      `No pass under the pins (${pins}), though ${known} sessions have a known outcome. ` +
        'Judge them (whetstone eval run), or pin what they were judged with (whetstone eval pins).',
    ]
  }
  if (separation === null)
    return [`Of ${judged} judged sessions with a known outcome, all have the same one; nothing to tell apart.`]
  const { auc, low, high, n, positives, negatives, tasks } = separation
  const lines = [
    `${axis}: AUC ${auc.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`,
    `${n} sessions of ${tasks} tasks, ${positives} successes and ${negatives} failures; 95 % interval by bootstrap over tasks; 0.5 is chance.`,
    `Judged by ${report.judge_models.map(showText).join(' + ')} under ${pins}.`,
  ]
  if (report.judge_models.length > 1) lines.push('The number mixes models, which need not score alike.')
  if (judged < known) lines.push(`${known - judged} sessions with a known outcome have no pass under the pins.`)
  return lines
}
