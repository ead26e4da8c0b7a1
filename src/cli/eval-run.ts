import { type Command, Option } from 'commander'
import { type Client, type EvaluationRun, type RunRequest, readAnswer } from '#client.ts'
import {
  formatCount,
  formatDollars,
  formatMinute,
  formatSeconds,
  parseCount,
  parseDollars,
  roundEstimate,
} from './amounts.ts'
import { INTERRUPTED, withService } from './command.ts'
import { followRun } from './run-progress.ts'
import { printTable } from './table.ts'
import { formatJson, print, showText } from './terminal-text.ts'

interface RunOptions {
  session?: string
  since?: string
  limit?: number
  reEvaluateAll?: boolean
  dryRun?: boolean
  model?: string
  backend?: string
  maxCost?: number
}

/** `whetstone eval run`, `runs` and `cancel`. */
export function addRunCommands(group: Command): void {
  group
    .command('run')
    .description('judge sessions: by default those without a pass under the pins')
    .option('--session <id>', 'only this session')
    .option('--since <time>', 'only sessions created at this time or later, as 2026-01-31 or with a time of day')
    .option('--limit <n>', 'at most this many sessions', parseCount)
    .addOption(
      new Option('--re-evaluate-all', 'judge again what has a pass, with new model calls').conflicts('session'),
    )
    .option('--dry-run', 'only say what it would take')
    .option('--model <name>', 'the model that judges')
    .option('--backend <name>', 'where it runs: a name of whetstone.yaml, or baseline, which needs no model')
    .option('--max-cost <usd>', 'stop before this many US dollars are spent', parseDollars)
    .action((_options, command: Command) =>
      withService<RunOptions>(
        command,
        async ({ service, options, ended }) => {
          const request = buildRequest(options)
          const estimate = await readAnswer(service.client.api.eval.estimate.$post({ json: request }))
          if (options.dryRun) {
            await print(options.json ? formatJson(estimate) : describeEstimate(estimate))
            return 0
          }
          if (estimate.sessions > 0) process.stderr.write(`${describeEstimate(estimate)}\n`)
          const started = await readAnswer(service.client.api.eval.run.$post({ json: request }))
          const run = await followRun(service.client, started, ended)
          if (run.state === 'running') return tellDetached(run, service.url !== null)
          return reportRun(service.client, run.run_id, options.json ?? false)
        },
        { worker: true, heedsSignals: true },
      ),
    )
  group
    .command('runs')
    .description('list evaluation runs, newest first')
    .option('--limit <n>', 'at most this many', parseCount, 20)
    .action((_options, command: Command) =>
      withService<{ limit: number }>(command, async ({ service, options }) => {
        const query = { limit: String(options.limit), sessions: 'none' as const }
        return printRuns(await readAnswer(service.client.api.eval.runs.$get({ query })), options.json)
      }),
    )
  group
    .command('cancel <run>')
    .description('cancel a run; what was judged is kept')
    .action((runId: string, _options, command: Command) =>
      withService(command, async ({ service, options }) => {
        const param = { run_id: encodeURIComponent(runId) }
        const run = await readAnswer(service.client.api.eval.run[':run_id'].cancel.$post({ param }))
        const { ok, failed } = run.counts
        const how = run.ended_because === 'cancelled' ? 'is cancelled' : `had ended before (${run.state})`
        await print(options.json ? formatJson(run) : `The run ${how}: ${ok} judged, ${failed} not.`)
        return 0
      }),
    )
}

/** What became of a run, with its failures by cause. @returns the exit code: 0 only if every session was judged. */
export async function reportRun(client: Client, runId: string, json: boolean): Promise<number> {
  const endpoint = client.api.eval.run[':run_id']
  const run = await readAnswer(endpoint.$get({ param: { run_id: runId }, query: { sessions: 'failed' } }))
  if (json) await print(formatJson(run))
  else await print(...describeRun(run))
  const pins = await readAnswer(client.api.eval.pins.$get())
  if (pins.judge_version !== run.judge_version && (run.state === 'done' || run.counts.ok > 0)) {
    const version = showText(run.judge_version)
    process.stderr.write(
      `This judge is not the one in force. To put it in force: whetstone eval pins --panel ${version}\n`,
    )
  }
  return run.state === 'done' && run.counts.failed === 0 ? 0 : 1
}

interface Estimate {
  sessions: number
  calls: number
  tokens_in: number
  tokens_out: number
  cost_usd: number | null
}

function describeEstimate({ sessions, calls, tokens_in, tokens_out, cost_usd }: Estimate): string {
  const what = sessions === 1 ? '1 session' : `${formatCount(sessions)} sessions`
  if (sessions === 0) return 'Nothing to judge.'
  if (calls === 0) return `${what}, no model calls.`
  const cost = cost_usd === null ? 'at an unknown price' : cost_usd === 0 ? 'free of charge' : formatDollars(cost_usd)
  return `${what}, ${formatCount(calls)} calls, about ${formatCount(roundEstimate(tokens_in))} tokens in and ${formatCount(roundEstimate(tokens_out))} out, ${cost}.`
}

function buildRequest(options: RunOptions): RunRequest {
  const { session, since, limit, model, backend, maxCost } = options
  return {
    scope: session !== undefined ? 'session' : options.reEvaluateAll ? 'all' : 'unevaluated',
    ...(session === undefined ? {} : { session_id: session }),
    ...(since === undefined ? {} : { since }),
    ...(limit === undefined ? {} : { limit }),
    ...(model === undefined ? {} : { model }),
    ...(backend === undefined ? {} : { backend }),
    ...(maxCost === undefined ? {} : { max_cost_usd: maxCost }),
  }
}

function tellDetached(run: EvaluationRun, onServer: boolean): number {
  const where = onServer ? 'The run goes on in the server.' : 'The run continues with the next start (whetstone start).'
  process.stderr.write(`${where} To see it: whetstone eval runs. To end it: whetstone eval cancel ${run.run_id}\n`)
  return INTERRUPTED
}

function describeRun(run: EvaluationRun): string[] {
  const { ok, failed } = run.counts
  const seconds = run.finished_at === null ? 0 : (Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000
  const cost = run.cost_usd === null ? 'cost unknown' : formatDollars(run.cost_usd)
  const bill =
    run.calls === 0
      ? ''
      : ` ${formatCount(run.calls)} calls, ${formatCount(run.tokens_in)} tokens in, ${formatCount(run.tokens_out)} out, ${cost}.`
  if (run.state === 'done' && ok + failed === 0)
    return ['Nothing to judge: no session that was asked for lacks a pass by this judge.']
  if (run.ended_because === 'unresolved') return [`Nothing was judged: ${showText(run.error ?? 'no reason')}`]
  const failures = failed === 0 ? '' : `, ${formatCount(failed)} failed`
  const lines = [
    `Judged ${formatCount(ok)} ${ok === 1 ? 'session' : 'sessions'}${failures}, in ${formatSeconds(seconds)}.${bill}`,
  ]
  if (run.state === 'failed')
    lines.push(`The run ended early: ${showText(run.error ?? run.ended_because ?? 'no reason')}`)
  const causes = Map.groupBy(run.sessions, session => session.error ?? 'no reason')
  const unsaid = [...causes].filter(([cause]) => cause !== run.error).sort(([, a], [, b]) => b.length - a.length)
  for (const [cause, sessions] of unsaid) {
    const some = sessions.slice(0, 3).map(session => showText(session.session_id))
    const more = sessions.length > some.length ? ', …' : ''
    lines.push(`${formatCount(sessions.length)} × ${showText(cause)} (${some.join(', ')}${more})`)
  }
  return lines
}

async function printRuns(runs: EvaluationRun[], json: boolean | undefined): Promise<number> {
  await printTable(
    [
      { title: 'run', value: run => run.run_id },
      { title: 'started', value: run => formatMinute(run.started_at) },
      { title: 'state', value: describeState, most: 22 },
      { title: 'backend', value: run => run.backend, most: 16 },
      { title: 'model', value: run => run.judge_model, most: 28 },
      { title: 'ok', value: run => run.counts.ok },
      { title: 'failed', value: run => run.counts.failed },
      { title: 'left', value: run => run.counts.pending + run.counts.running },
      { title: 'cost', value: run => (run.cost_usd === null ? null : formatDollars(run.cost_usd)) },
    ],
    runs,
    { json, nothing: 'No runs yet. Start one with: whetstone eval run' },
  )
  return 0
}

/** `failed (cancelled)`: why it ended never stands without what it is. */
function describeState({ state, ended_because }: EvaluationRun): string {
  return ended_because === null ? state : `${state} (${ended_because})`
}
