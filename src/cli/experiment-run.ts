import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { type Client, type ExperimentRequest, Refusal, readAnswer, type ShownExperiment } from '#client.ts'
import { isJsonObject } from '#json.ts'
import { countNoun, formatCount, formatDollars, parseDollars, roundEstimate } from './amounts.ts'
import { type CommandContext, INTERRUPTED, withService } from './command.ts'
import { uploadCaseFile } from './dataset-files.ts'
import { type ExperimentFile, explainRefusal, readExperimentFile } from './experiment-file.ts'
import { followExperiment } from './experiment-progress.ts'
import { findExperimentId, reportExperiment } from './experiment-result.ts'
import { formatJson, print, showText } from './terminal-text.ts'

interface RunFileOptions {
  dryRun?: boolean
  maxCost?: number
}

/** `whetstone experiment run`, `start` and `resume`: what stays until an experiment has ended. */
export function addExperimentRunCommands(group: Command): void {
  group
    .command('run <file>')
    .description('run the experiment of a YAML file: known answers are not paid for again')
    .option('--dry-run', 'only say what it would take, and keep it as a draft')
    .option('--max-cost <usd>', 'stop before this many US dollars are spent, whatever the file says', parseDollars)
    .action((path: string, _options, command: Command) =>
      withService<RunFileOptions>(
        command,
        async context => {
          const file = await readExperimentFile(path)
          return tellPlaces(file, () => runFile(file, context))
        },
        { worker: true, heedsSignals: true },
      ),
    )
  for (const verb of ['start', 'resume'] as const) {
    group
      .command(`${verb} <experiment>`)
      .description(verb === 'start' ? 'start a draft, and follow it' : 'let a paused experiment go on, and follow it')
      .action((name: string, _options, command: Command) =>
        withService<object>(
          command,
          async context => {
            const param = { experiment_id: await findExperimentId(context.service.client, name) }
            const endpoint = context.service.client.api.experiments[':experiment_id'][verb]
            return follow(context, await readAnswer(endpoint.$post({ param })))
          },
          { worker: true, heedsSignals: true },
        ),
      )
  }
}

async function runFile(file: ExperimentFile, context: CommandContext<RunFileOptions>): Promise<number> {
  const { service, options } = context
  const { client } = service
  const json = limitCost(await uploadCases(client, file), options.maxCost)
  const draft = await readAnswer(client.api.experiments.$post({ query: {}, json }))
  const param = { experiment_id: draft.id }
  const endpoint = client.api.experiments[':experiment_id']
  const expected = await readAnswer(endpoint.expected.$get({ param }))
  if (options.dryRun) {
    await print(options.json ? formatJson({ experiment_id: draft.id, ...expected }) : describeExpected(expected))
    process.stderr.write(`It is kept as a draft. To start it: whetstone experiment start ${draft.id}\n`)
    return 0
  }
  process.stderr.write(`${describeExpected(expected)}\n`)
  return follow(context, await readAnswer(endpoint.start.$post({ param })))
}

/** Refused fields are told with their places in the file. */
async function tellPlaces(file: ExperimentFile, work: () => Promise<number>): Promise<number> {
  try {
    return await work()
  } catch (error) {
    const lines = error instanceof Refusal ? explainRefusal(file, error) : []
    if (lines.length === 0) throw error
    process.stderr.write(`${lines.join('\n')}\n`)
    return 1
  }
}

async function uploadCases(client: Client, file: ExperimentFile): Promise<ExperimentRequest> {
  const { cases, request } = file
  if (cases === null) return request
  const done = await uploadCaseFile(client, cases.path, cases.name, { mode: 'replace' })
  const rejected = done.malformed_count > 0 ? `; ${done.malformed_count} lines are no cases` : ''
  process.stderr.write(`${showText(cases.name)} ${done.version}: ${formatCount(done.cases)} cases${rejected}\n`)
  for (const { line, reason } of done.malformed.slice(0, 5))
    process.stderr.write(`  line ${line}: ${showText(reason)}\n`)
  const settings = isJsonObject(request.dataset) ? request.dataset : {}
  return { ...request, dataset: { ...settings, name: cases.name, version: done.version } }
}

function limitCost(request: ExperimentRequest, maxCost: number | undefined): ExperimentRequest {
  return maxCost === undefined ? request : { ...request, sweep: { ...request.sweep, max_cost_usd: maxCost } }
}

/** Follows an experiment to its end; a signal pauses it. @returns the exit code: 0 only if every run was completed. */
async function follow({ service, options, ended }: CommandContext<object>, first: ShownExperiment): Promise<number> {
  const last = await followExperiment(service.client, first, ended)
  if (last.status === 'running') return pause(service.client, last, service.url !== null)
  if (last.status === 'paused') return tellPaused(last)
  return reportExperiment(service.client, last, options.json ?? false)
}

async function pause(client: Client, { id }: ShownExperiment, onServer: boolean): Promise<number> {
  const paused = await readAnswer(
    client.api.experiments[':experiment_id'].pause.$post({ param: { experiment_id: id } }),
  )
  if (!onServer) await waitForCalls(client, id)
  return tellPaused(paused)
}

function tellPaused({ id, completed, failed, cells }: ShownExperiment): number {
  process.stderr.write(
    `It is paused, ${formatCount(completed + failed)} of ${formatCount(cells)} runs done. ` +
      `To go on: whetstone experiment resume ${id}. To end it: whetstone experiment stop ${id}\n`,
  )
  return INTERRUPTED
}

/** How long answers that are under way are waited for before the application in this process closes. */
const LAST_CALLS_MS = 20_000

async function waitForCalls(client: Client, experiment_id: string): Promise<void> {
  const query = { experiment_id, status: 'running' as const, limit: '1' }
  const until = performance.now() + LAST_CALLS_MS
  for (let told = false; performance.now() < until; told = true) {
    const { total } = await readAnswer(client.api.runs.$get({ query }))
    if (total === 0) return
    if (!told) process.stderr.write(`Waiting for ${total} ${total === 1 ? 'run' : 'runs'} under way.\n`)
    await sleep(200)
  }
}

interface ShownExpected {
  variants: number
  cases: number
  repeats: number
  cells: number
  calls: number
  tokens_in: number
  tokens_out: number
  cost_usd: number | null
  unpriced: string[]
}

function describeExpected(expected: ShownExpected): string {
  const { variants, cases, repeats, cells, calls, tokens_in, tokens_out, cost_usd, unpriced } = expected
  const prices = unpriced.length === 0 ? '' : ` (${unpriced.slice(0, 5).map(showText).join(', ')})`
  const cost =
    cost_usd === null ? `at an unknown price${prices}` : cost_usd === 0 ? 'free of charge' : formatDollars(cost_usd)
  const tokens = `${formatCount(roundEstimate(tokens_in))} tokens in and ${formatCount(roundEstimate(tokens_out))} out`
  const times = repeats === 1 ? '' : ` × ${formatCount(repeats)} repeats`
  // Of a guided sweep not every variant runs every case.
  const by = cells === variants * cases * repeats ? '×' : 'on up to'
  const what = `${countNoun(variants, 'variant')} ${by} ${countNoun(cases, 'case')}${times}: ${countNoun(cells, 'run')}`
  return `${what}, ${countNoun(calls, 'call')}, about ${tokens}, ${cost}; less where answers are known.`
}
