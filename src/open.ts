import { join } from 'node:path'
import { type Config, isLoopback } from './config.ts'
import { connect, disconnect } from './db/connect.ts'
import { openEmbedded } from './db/embedded.ts'
import { migrate } from './db/migrate.ts'
import { Conflict } from './errors.ts'
import { makeFolder } from './folder.ts'
import type { App } from './http/context.ts'
import { type Log, openLog } from './log.ts'
import { openBackends } from './models/backend.ts'
import { readBackends } from './models/backends.ts'
import { closeLedger, openLedger } from './models/ledger.ts'
import { ensureAdminKey, hasAdministrator } from './projects/keys.ts'
import { closeQueue, openQueue } from './queue/queue.ts'
import { TASKS } from './tasks.ts'

/** An open application, and the way to let go of all that it holds. */
export interface OpenApp {
  app: App
  close: () => Promise<void>
}

/**
 * Opens everything a process of Whetstone needs: the database (the embedded one of this home, unless `DATABASE_URL` names
 * another), its tables, the queue, the model backends. What was opened is closed again if a later step fails;
 * what cannot be closed keeps nothing else open, least of all the embedded database.
 *
 * @param options.supervise whether this process looks after lost jobs; workers do.
 */
export async function openApp(config: Config, options: { supervise: boolean }): Promise<OpenApp> {
  const closers: (() => Promise<unknown>)[] = []
  const close = async () => {
    const failures: unknown[] = []
    for (const closer of closers.splice(0).reverse()) await closer().catch(error => failures.push(error))
    if (failures.length > 0) throw failures[0]
  }
  try {
    const log = openAppLog(config)
    const backendConfigs = readBackends(config.backends, config.env)
    const url = config.databaseUrl ?? (await startEmbedded(config, log, closers))
    const db = connect(url, { max: 20, onError: error => log.debug({ err: error }, 'an idle connection broke') })
    closers.push(() => disconnect(db))
    await migrate(db)
    if (config.adminKey !== null) await ensureAdminKey(db, config.adminKey)
    const queue = await openQueue(db, TASKS, log, options)
    closers.push(() => closeQueue(queue))
    const backends = openBackends(backendConfigs, config.env)
    closers.push(() => backends.close())
    const ledger = openLedger(db)
    closers.push(() => closeLedger(ledger))
    return { app: { config, db, log, queue, backends, ledger }, close }
  } catch (error) {
    await close().catch(() => {})
    throw error
  }
}

/** Refuses to serve other machines while nobody could sign in. */
export async function requireAccounts(app: App): Promise<void> {
  if (isLoopback(app.config.host) || (await hasAdministrator(app.db))) return
  throw new Conflict(
    `HOST=${app.config.host} can be reached from other machines, and there is no administrator yet. ` +
      'Set WHETSTONE_ADMIN_KEY to a long random secret and start again; it becomes the first key.',
  )
}

function openAppLog(config: Config): Log {
  makeFolder(join(config.home, 'logs'))
  return openLog({ level: config.logLevel, file: join(config.home, 'logs', 'whetstone.log') })
}

async function startEmbedded(config: Config, log: Log, closers: (() => Promise<unknown>)[]): Promise<string> {
  const server = await openEmbedded(config.home, { log: message => log.info(message) })
  closers.push(() => server.stop())
  return server.url
}
