import type { Command } from 'commander'
import { type Client, createClient, Refusal, readAnswer } from '#client.ts'
import { type Config, loadConfig } from '#config.ts'
import { type GlobalOptions, Interrupted } from './command.ts'
import { reportRun } from './eval-run.ts'
import { printStats } from './eval-stats.ts'
import { describeImport } from './import.ts'
import { followRun } from './run-progress.ts'
import { listOverviewColumns, OVERVIEW_LEGEND } from './score-columns.ts'
import { buildHeaders, findService } from './service.ts'
import { type EndWish, listenForEnd } from './signals.ts'
import { ensureWebBuilt } from './start-web.ts'
import type { Stayer } from './stay.ts'
import { stayUntilSignal, stopOnBug } from './stay.ts'
import { formatTable } from './table.ts'
import { colours, print, showText } from './terminal-text.ts'

interface DemoOptions extends GlobalOptions {
  backend?: string
  model?: string
  exit?: boolean
}

/** What the demo runs on: a server of its own until a signal comes, or the one that runs on this home already. */
interface Stage {
  url: string
  connect: (project: string | undefined) => Client
  /** Null when the server is not this process's. */
  own: Stayer | null
}

const SHOWN = 15
const DAYS = 90
const BASELINE = 'baseline'
const DEMO_PROJECT = 'demo'

/** `whetstone demo`. */
export function addDemoCommand(program: Command): void {
  program
    .command('demo [path...]')
    .description('judge sample sessions, or your own transcripts, show what came of it, and serve the API')
    .option('--backend <name>', 'judge with a model of this backend (default: Ollama if it answers, else no model)')
    .option('--model <name>', 'the model that judges (default: the first that the backend lists)')
    .option('--exit', 'end when all is shown')
    .action(async (paths: string[], _options, command: Command) => {
      const wish = listenForEnd()
      const stage = await setStage(await loadConfig(process.env))
      if (stage.own !== null)
        stopOnBug(stage.own, error => process.stderr.write(`whetstone: stopped by a bug: ${error}\n`))
      await play(stage, wish, paths, command.optsWithGlobals<DemoOptions>())
      wish.release()
    })
}

async function setStage(config: Config): Promise<Stage> {
  const running = await findService(config, {})
  if (running?.url) {
    const { url } = running
    return { url, connect: project => createClient({ baseUrl: url, headers: buildHeaders(name(project)) }), own: null }
  }
  const { startWhetstone } = await import('./start-server.ts')
  // Where the usual port is taken by something else, the demo takes another; a port that was asked for is meant.
  const { addDemoBackend } = await import('./demo-experiment.ts')
  const local = { ...(await addDemoBackend(config)), host: '127.0.0.1' }
  const [own] = await Promise.all([
    startWhetstone(local, { freePort: !config.env.PORT }),
    ensureWebBuilt(line => process.stderr.write(`${line}\n`)),
  ])
  const connect = (project: string | undefined) =>
    createClient({ baseUrl: 'http://localhost', fetch: own.fetch, headers: buildHeaders(name(project)) })
  return { url: own.url, connect, own }
}

async function play(stage: Stage, wish: EndWish, paths: string[], options: DemoOptions): Promise<void> {
  try {
    process.exitCode = await showDemo(stage, wish, paths, options)
  } catch (error) {
    await stage.own?.stop()
    throw error
  }
  if (stage.own === null) return
  if (options.exit && !wish.signal.aborted) return stage.own.stop()
  if (!wish.signal.aborted) await print('', 'It stays up until Ctrl-C.')
  await stayUntilSignal(wish, stage.own)
}

async function showDemo(stage: Stage, wish: EndWish, paths: string[], options: DemoOptions): Promise<number> {
  const project = await chooseProject(stage, options.project, paths.length > 0)
  const client = stage.connect(project)
  const disliked = await bringSessions(client, wish, paths)
  if (wish.signal.aborted) throw new Interrupted()
  const code = await judge(client, wish, options)
  const first = await showResults(client)
  // A server that runs already does not know the backend that plays it.
  const isPlayed = stage.own !== null && paths.length === 0
  if (disliked.length > 0) {
    const { offerDemoCorrections } = await import('./demo-corrections.ts')
    await offerDemoCorrections(client, disliked)
  }
  if (isPlayed) {
    const { showDemoExperiment } = await import('./demo-experiment.ts')
    await showDemoExperiment(client, wish.signal)
  }
  await print(
    '',
    `Open ${stage.url}/p/${project ?? 'default'}/home in a browser.`,
    `The API: ${stage.url}   its description: ${stage.url}/openapi.json`,
    '',
    ...suggestCommands(project, first, isPlayed),
  )
  return code
}

/** @returns the answers that users disliked, of the samples. */
async function bringSessions(client: Client, wish: EndWish, paths: string[]) {
  if (paths.length > 0) {
    const { importFiles } = await import('./import-files.ts')
    await print(...describeImport(await importFiles(client, paths, { ended: wish.signal })))
    return []
  }
  const { imported, disliked } = await readAnswer(client.api.sessions.samples.$post())
  await print(imported === 0 ? 'The sample sessions are here already.' : `Imported ${imported} sample sessions.`)
  return disliked
}

/** The samples must not mix with a person's own sessions. */
async function chooseProject(stage: Stage, asked: string | undefined, ownFiles: boolean): Promise<string | undefined> {
  if (asked !== undefined || ownFiles) return asked
  const client = stage.connect(undefined)
  const rows = await readAnswer(client.api.eval.sessions.$get({ query: { limit: '500' } }))
  if (rows.every(row => row.session_id.startsWith('demo-'))) return undefined
  await readAnswer(client.api.projects.$post({ json: { name: DEMO_PROJECT } })).catch((error: unknown) => {
    if (!(error instanceof Refusal && error.status === 409)) throw error
  })
  await print(
    `You have sessions of your own here, so the samples are in a project of theirs: --project ${DEMO_PROJECT}`,
  )
  return DEMO_PROJECT
}

async function judge(client: Client, wish: EndWish, options: DemoOptions): Promise<number> {
  const { backend, model } = await chooseJudge(client, options)
  await pinPanel(client, backend)
  const json = { scope: 'unevaluated' as const, backend, ...(model === undefined ? {} : { model }) }
  const started = await readAnswer(client.api.eval.run.$post({ json }))
  const run = await followRun(client, started, wish.signal)
  if (run.state === 'running') throw new Interrupted()
  return reportRun(client, run.run_id, false)
}

async function chooseJudge(client: Client, options: DemoOptions): Promise<{ backend: string; model?: string }> {
  const backend = options.backend ?? 'ollama'
  if (backend === BASELINE) return { backend }
  const check = await readAnswer(
    client.api.backends[':name'].check.$post({ param: { name: encodeURIComponent(backend) } }),
  )
  const model = options.model ?? check.models?.[0]
  const isThere = check.ok && model !== undefined
  if (options.backend === undefined && !isThere) {
    await print('No model answers, so the baseline judges: it counts signals in the transcript (docs/baseline.md).')
    return { backend: BASELINE }
  }
  if (isThere) await print(`The model ${showText(model)} of "${showText(backend)}" judges.`)
  return { backend, ...(model === undefined ? {} : { model }) }
}

/** What judges is put in force, or its scores would not count as the sessions' present ones. */
async function pinPanel(client: Client, backend: string): Promise<void> {
  const panels = await readAnswer(client.api.eval.panels.$get())
  const isBaseline = panels.find(panel => panel.pinned)?.name === BASELINE
  if (isBaseline === (backend === BASELINE)) return
  const former = panels.find(panel => panel.name !== BASELINE)
  const panel = backend === BASELINE ? BASELINE : former?.name
  if (panel !== undefined) await readAnswer(client.api.eval.pins.$put({ json: { panel } }))
}

/** @returns the id of the first session shown. */
async function showResults(client: Client): Promise<string | undefined> {
  const rows = await readAnswer(client.api.eval.sessions.$get({ query: { limit: '500' } }))
  await print('', ...formatTable(listOverviewColumns(), rows.slice(0, SHOWN)))
  if (rows.length > SHOWN) await print(colours.dim(`… and ${rows.length < 500 ? rows.length - SHOWN : 'many'} more`))
  await print(colours.dim(OVERVIEW_LEGEND), '')
  const query = { days: String(DAYS), time: 'last_active' as const }
  await printStats((await readAnswer(client.api.eval.stats.$get({ query }))).weekly, DAYS)
  return rows[0]?.session_id
}

function suggestCommands(project: string | undefined, session: string | undefined, isPlayed: boolean): string[] {
  const of = project === undefined ? '' : ` --project ${project}`
  return [
    'Next:',
    `  npx whetstone eval list --status evaluated${of}`,
    ...(session === undefined ? [] : [`  npx whetstone eval show ${quoteForShell(session)}${of}`]),
    `  npx whetstone eval stats --days 90 --time last_active --by-complexity${of}`,
    ...(isPlayed ? [`  npx whetstone experiment show demo-tickets${of}`] : []),
    '  npx whetstone import ~/.claude/projects',
  ]
}

function quoteForShell(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `'${showText(text).replaceAll("'", "'\\''")}'`
}

function name(project: string | undefined): { project?: string } {
  return project === undefined ? {} : { project }
}
