import type { Command } from 'commander'
import { type Config, loadConfig } from '#config.ts'
import { Conflict } from '#errors.ts'
import { findService } from './service.ts'
import { listenForEnd } from './signals.ts'
import { ensureWebBuilt } from './start-web.ts'
import { stayUntilSignal, stopOnBug } from './stay.ts'
import { print } from './terminal-text.ts'

/** `whetstone start` and `whetstone worker`. */
export function addStartCommands(program: Command): void {
  program
    .command('start')
    .description('run server and worker until a signal comes')
    .action(async () => runServer(await loadConfig(process.env)))
  program
    .command('worker')
    .description('run a worker alone, beside a server or on another machine with the same DATABASE_URL')
    .action(async () => runWorker(await loadConfig(process.env)))
}

/** @throws Conflict when a server of this home runs already. */
async function refuseSecondServer(config: Config): Promise<void> {
  const other = await findService(config, {})
  if (other !== null) throw new Conflict(`A server of this home runs already, at ${other.url}.`)
}

async function runServer(config: Config): Promise<void> {
  const wish = listenForEnd()
  await refuseSecondServer(config)
  const { startWhetstone } = await import('./start-server.ts')
  const [server] = await Promise.all([startWhetstone(config), ensureWebBuilt(tellProgress)])
  stopOnBug(server, report)
  if (!wish.signal.aborted) await print(`Whetstone is ready at ${server.url}`)
  await stayUntilSignal(wish, server)
}

async function runWorker(config: Config): Promise<void> {
  const wish = listenForEnd()
  const [{ openApp }, { startTasks }] = await Promise.all([import('#open.ts'), import('#tasks.ts')])
  const { app, close } = await openApp(config, { supervise: true })
  const worker = startTasks(app)
  const stop = async () => {
    await worker.stop()
    await close()
  }
  stopOnBug({ stop, abandon: close }, report)
  if (!wish.signal.aborted) await print('The worker is ready')
  await stayUntilSignal(wish, { stop, abandon: close })
}

function tellProgress(line: string): void {
  process.stderr.write(`${line}\n`)
}

function report(error: unknown): void {
  process.stderr.write(`whetstone: stopped by a bug: ${error instanceof Error ? error.stack : error}\n`)
}
