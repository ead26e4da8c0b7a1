import type { Config } from '#config.ts'
import type { Db } from '#db/connect.ts'
import type { Log } from '#log.ts'
import type { Backends } from '#models/backend.ts'
import type { Ledger } from '#models/ledger.ts'
import type { Queue } from '#queue/queue.ts'

/** Everything that a process of Whetstone has open; built once by the command that needs it and handed on. */
export interface App {
  config: Config
  db: Db
  log: Log
  queue: Queue
  backends: Backends
  ledger: Ledger
}

/** Who asks, and in which project. */
export interface Principal {
  project_id: number
  project: string
  user_id: number
  user: string
  /** `owner` is whoever can reach a server on loopback; `ingest` may only bring data in. */
  role: 'owner' | 'admin' | 'member' | 'ingest'
}

export interface AppEnv {
  Variables: { app: App; principal: Principal; project: number }
}
