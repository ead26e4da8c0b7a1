import { type Command, InvalidArgumentError, Option } from 'commander'
import { type Client, readAnswer } from '#client.ts'
import { Invalid } from '#errors.ts'
import { isJsonObject } from '#json.ts'
import { formatDollars, formatMinute, parseCount } from './amounts.ts'
import { withService } from './command.ts'
import { findExperimentId } from './experiment-result.ts'
import { printTable } from './table.ts'
import { colours, formatJson, print, showText, wrapText } from './terminal-text.ts'

const STATUSES = ['pending', 'running', 'completed', 'failed'] as const

interface ListOptions {
  experiment?: string
  status?: (typeof STATUSES)[number]
  minScore?: number
  maxScore?: number
  limit: number
}

/** `whetstone runs`: single runs of experiments. */
export function addExperimentRunsCommands(program: Command): void {
  const group = program.command('runs').description('see single runs of experiments, and score them')
  addListCommand(group)
  addShowCommand(group)
  addScoreCommand(group)
}

function addListCommand(group: Command): void {
  group
    .command('list', { isDefault: true })
    .description('list runs, those that started last first')
    .option('--experiment <experiment>', 'of this experiment alone, by its id or name')
    .addOption(new Option('--status <status>', 'only of this status').choices(STATUSES))
    .option('--min-score <x>', 'whose scores have at least this mean, from 0 to 1', parseScore)
    .option('--max-score <x>', 'whose scores have at most this mean', parseScore)
    .option('--limit <n>', 'at most this many', parseCount, 20)
    .action((_options, command: Command) =>
      withService<ListOptions>(command, async ({ service, options }) => {
        const { experiment, status, minScore, maxScore, limit } = options
        const { client } = service
        const query = {
          limit: String(limit),
          ...(experiment === undefined ? {} : { experiment_id: await findExperimentId(client, experiment) }),
          ...(status === undefined ? {} : { status }),
          ...(minScore === undefined ? {} : { min_score: String(minScore) }),
          ...(maxScore === undefined ? {} : { max_score: String(maxScore) }),
        }
        const page = await readAnswer(client.api.runs.$get({ query }))
        if (options.json) await print(formatJson(page))
        else await printRuns(page)
        return 0
      }),
    )
}

type RunPage = Awaited<ReturnType<typeof readRuns>>

function readRuns(client: Client) {
  return readAnswer(client.api.runs.$get({ query: {} }))
}

async function printRuns({ items, total }: RunPage): Promise<void> {
  await printTable(
    [
      { title: 'run', value: run => run.id },
      { title: 'started', value: run => (run.started_at === null ? null : formatMinute(run.started_at)) },
      { title: 'status', value: run => run.status },
      { title: 'variant', value: run => run.variant },
      { title: 'mean score', value: run => run.score_mean?.toFixed(3) ?? null },
      { title: 'ms', value: run => run.duration_ms },
      { title: 'cost', value: run => (run.cost_estimate === null ? null : formatDollars(run.cost_estimate)) },
      { title: 'error', value: run => run.error, most: 50 },
    ],
    items,
    { nothing: 'No runs.' },
  )
  if (total > items.length) await print(`${items.length} of ${total}`)
}

function addShowCommand(group: Command): void {
  group
    .command('show <run>')
    .description('show what a run was asked, what its stages answered, and its scores')
    .action((id: string, _options, command: Command) =>
      withService(command, async ({ service, options }) => {
        const param = { id: encodeURIComponent(id) }
        const run = await readAnswer(service.client.api.runs[':id'].$get({ param }))
        if (options.json) {
          await print(formatJson(run))
          return 0
        }
        const score = run.weighted_score === null ? '' : `, weighted score ${run.weighted_score.toFixed(3)}`
        await print(colours.bold(`${run.id} is ${run.status}${score}`), ...indent(JSON.stringify(run.config)))
        for (const stage of run.stage_results) {
          const cost = stage.cached ? 'known before' : describeCost(stage.cost_estimate)
          const head = `${showText(stage.stage_name)}: ${showText(stage.model)} on ${showText(stage.backend)}`
          await print('', colours.bold(`${head}, ${stage.duration_ms ?? '–'} ms, ${cost}`))
          await print(...indent(stage.output ?? stage.error ?? 'no answer'))
        }
        if (run.error !== null) await print('', `It failed: ${showText(run.error)}`)
        if (run.scores.length === 0) return 0
        await print('')
        await printTable(
          [
            { title: 'scorer', value: one => one.scorer_name, most: 30 },
            { title: 'score', value: one => one.value.toFixed(3) },
            { title: 'by', value: one => one.author, most: 20 },
            { title: 'at', value: one => formatMinute(one.created_at) },
            { title: 'why', value: one => explain(one.metadata), most: 70 },
          ],
          run.scores,
          { nothing: '' },
        )
        return 0
      }),
    )
}

function addScoreCommand(group: Command): void {
  group
    .command('score <run> <scorer> <value>')
    .description('record your score of a run, from 0 to 1; the newest of each scorer counts')
    .option('--comment <text>', 'why')
    .action((id: string, scorer_name: string, text: string, _options, command: Command) =>
      withService<{ comment?: string }>(command, async ({ service, options }) => {
        const value = readScore(text)
        if (value === null) throw new Invalid('Expected a score from 0 to 1.', ['value'])
        const metadata = options.comment === undefined ? {} : { metadata: { comment: options.comment } }
        const endpoint = service.client.api.runs[':id'].score
        const json = { scorer_name, value, ...metadata }
        const score = await readAnswer(endpoint.$post({ param: { id: encodeURIComponent(id) }, json }))
        await print(options.json ? formatJson(score) : `${showText(scorer_name)}: ${value}`)
        return 0
      }),
    )
}

function indent(text: string): string[] {
  return wrapText(text, Math.min(process.stdout.columns || 100, 120) - 2).map(line => `  ${line}`)
}

function describeCost(cost: number | null): string {
  return cost === null ? 'cost unknown' : formatDollars(cost)
}

function explain(metadata: unknown): string | null {
  if (!isJsonObject(metadata)) return null
  const words = metadata.explanation ?? metadata.comment
  return typeof words === 'string' ? words : null
}

function readScore(text: string): number | null {
  const value = Number(text)
  return /^(\d+\.?\d*|\.\d+)$/.test(text) && value <= 1 ? value : null
}

function parseScore(text: string): number {
  const value = readScore(text)
  if (value === null) throw new InvalidArgumentError('Expected a number from 0 to 1.')
  return value
}
