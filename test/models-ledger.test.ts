import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import sql from 'sql-template-tag'
import { connect, type Db, disconnect, query } from '#db/connect.ts'
import { type Backend, openBackend } from '#models/backend.ts'
import { readBackends } from '#models/backends.ts'
import { ask, closeLedger, type Ledger, openLedger } from '#models/ledger.ts'
import type { Model } from '#models/model.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'

/** Two processes on one database, each with a backend that sends one call at a time. */

interface Process {
  db: Db
  ledger: Ledger
  backend: Backend
}

let database: TestDatabase
let processes: Process[] = []
/** Everything that was sent, by either; an answer comes when its question is let go. */
let sent: string[] = []
const gates = new Map<string, PromiseWithResolvers<void>>()

before(async () => {
  database = await createTestDatabase()
})
after(() => database.drop())
beforeEach(() => {
  sent = []
  gates.clear()
  processes = [openProcess(), openProcess()]
})
afterEach(async () => {
  for (const { db, ledger, backend } of processes) {
    await closeLedger(ledger)
    await backend.close()
    await disconnect(db)
  }
})

function openProcess(): Process {
  const db = connect(database.url)
  const config = readBackends([{ name: 'lab', kind: 'scripted', script: {}, concurrency: 1 }], {}).at(-1)
  assert.ok(config)
  const model: Model = {
    backend: 'lab',
    origin: 'scripted://lab',
    ask: async ({ messages }) => {
      const text = messages.at(-1)?.content ?? ''
      sent.push(text)
      await openGate(text).promise
      const tokens = { tokens_in: 1, tokens_out: 1, tokens_in_cached: null }
      return { text: `Answer to ${text}`, finish_reason: 'stop', response_model: null, ...tokens }
    },
  }
  return { db, ledger: openLedger(db), backend: openBackend(config, {}, { model }) }
}

function openGate(text: string): PromiseWithResolvers<void> {
  const gate = gates.get(text) ?? Promise.withResolvers<void>()
  gates.set(text, gate)
  return gate
}

function askFor(process: Process | undefined, text: string) {
  assert.ok(process)
  const request = { model: 'm', messages: [{ role: 'user' as const, content: text }], parameters: {}, schema: null }
  return ask(process.ledger, process.backend, { project_id: 1, request, paid_by: null, since: null })
}

async function waitUntilSent(text: string, times = 1): Promise<void> {
  while (sent.filter(one => one === text).length < times) await sleep(5)
}

/** What a database that is killed does to claims: they end, though their processes go on. */
async function breakClaims(): Promise<void> {
  await query(
    database.db,
    sql`
      select pg_terminate_backend(pid) from pg_locks
      where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
  )
  await sleep(100)
}

test('a question whose claim was lost while it waited for a slot is not sent when another process has answered it', async () => {
  const [one, other] = processes
  const first = askFor(one, 'long 1')
  await waitUntilSent('long 1')
  const waiting = askFor(one, 'question 1')
  await sleep(100)
  await breakClaims()
  openGate('question 1').resolve()
  assert.equal((await askFor(other, 'question 1')).replayed, false)
  openGate('long 1').resolve()
  await first
  assert.equal((await waiting).replayed, true)
  assert.deepEqual(sent, ['long 1', 'question 1'])
})

test('a question that waits for a slot under a claim that another process lost is not sent once that one has its answer', async () => {
  const [one, other] = processes
  const asking = askFor(one, 'question 2')
  const long = askFor(other, 'long 2')
  await waitUntilSent('question 2')
  await waitUntilSent('long 2')
  await breakClaims()
  const waiting = askFor(other, 'question 2')
  await sleep(100)
  openGate('question 2').resolve()
  assert.equal((await asking).replayed, false)
  openGate('long 2').resolve()
  await long
  assert.equal((await waiting).replayed, true)
  assert.deepEqual(sent.sort(), ['long 2', 'question 2'])
})
