import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApi } from '#api.ts'
import { type Environment, readConfig } from '#config.ts'
import type { App } from '#http/context.ts'
import { openLog } from '#log.ts'
import { type BackendParts, openBackends } from '#models/backend.ts'
import { readBackends } from '#models/backends.ts'
import { closeLedger, openLedger } from '#models/ledger.ts'
import { closeQueue, openQueue } from '#queue/queue.ts'
import type { Worker } from '#queue/worker.ts'
import { startTasks, TASKS } from '#tasks.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'

/** The whole application on a database of its own, without a port: requests go straight to it. */
export interface TestApp extends TestDatabase {
  app: App
  fetch: (path: string, init?: RequestInit) => Promise<Response>
  /** Sends JSON, or nothing, and reads JSON. */
  send: <Body = { [field: string]: unknown }>(
    method: string,
    path: string,
    body?: unknown,
  ) => Promise<{ status: number; body: Body; headers: Headers }>
  worker: Worker | null
  close: () => Promise<void>
}

export interface TestAppOptions {
  env?: Environment
  /** Text of `whetstone.yaml`. */
  yaml?: string
  /** Replaces parts of backends, by name. */
  backends?: { [name: string]: BackendParts }
  worker?: boolean
}

/** Opens the application for a test file; close it in `after`. */
export async function openTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const home = mkdtempSync(join(tmpdir(), 'whetstone-home-'))
  const config = readConfig({ WHETSTONE_HOME: home, ...options.env }, options.yaml ?? '')
  const backendConfigs = readBackends(config.backends, config.env)
  const log = openLog({ level: process.env.TEST_LOG ?? 'silent' })
  const database = await createTestDatabase()
  const queue = await openQueue(database.db, TASKS, log, { supervise: options.worker ?? false })
  const backends = openBackends(backendConfigs, config.env, options.backends)
  const ledger = openLedger(database.db)
  const app: App = { config, db: database.db, log, queue, backends, ledger }
  const api = createApi(app)
  const worker = options.worker ? startTasks(app) : null
  const fetch = async (path: string, init?: RequestInit) => api.fetch(new Request(`http://localhost${path}`, init))
  return {
    ...database,
    app,
    worker,
    fetch,
    send: async <Body>(method: string, path: string, body?: unknown) => {
      const init = body === undefined ? { method } : { method, body: JSON.stringify(body), headers: JSON_HEADERS }
      const response = await fetch(path, init)
      return { status: response.status, body: (await response.json()) as Body, headers: response.headers }
    },
    close: async () => {
      await worker?.stop()
      await closeQueue(queue)
      await closeLedger(ledger)
      await backends.close()
      await database.drop()
      rmSync(home, { recursive: true, force: true })
    },
  }
}

const JSON_HEADERS = { 'content-type': 'application/json' }
