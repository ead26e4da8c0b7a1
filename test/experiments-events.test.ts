import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { mersenne } from 'pure-rand/generator/mersenne'
import type { Db } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import {
  cursorAt,
  type EventFilter,
  FIRST_EVENT,
  findWatermark,
  type RunEvent,
  readEvents,
} from '#experiments/events.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'
import { beginSeededRun, endSeededRun, findSettled, type SeededRun, seedExperiment, seedRun } from './run-rows.ts'

let database: TestDatabase
before(async () => {
  database = await createTestDatabase()
})
after(() => database.drop())

/** Everything from a cursor on, page by page. */
async function readAll(db: Db, filter: EventFilter, after = FIRST_EVENT, limit = 500) {
  const below = await findSettled(db)
  const events: RunEvent[] = []
  const cursors: string[] = []
  let cursor = after
  for (let more = true; more; ) {
    const page = await readEvents(db, filter, cursor, below, limit)
    events.push(...page.events.map(placed => placed.event))
    cursors.push(...page.events.map(placed => placed.cursor))
    cursor = page.cursor
    more = page.more
  }
  return { events, cursors, cursor }
}

test('a run tells that it began, how it ended, that it cost nothing and that it is the best, in this order', async () => {
  const { experiment_no, experiment_id } = await seedExperiment(database.db)
  const filter = { project_id: 1, experiment_no }
  const run = await seedRun(database.db, experiment_no, { cached: true, new_best: true, weighted: 0.75 })
  const failed = await seedRun(database.db, experiment_no, { failed: true })
  const { events } = await readAll(database.db, filter)
  assert.deepEqual(
    events.map(({ event, run_id, status }) => [event, run_id, status]),
    [
      ['run.started', run.run_id, 'running'],
      ['cache_hit', run.run_id, 'completed'],
      ['run.completed', run.run_id, 'completed'],
      ['new_best_found', run.run_id, 'completed'],
      ['run.started', failed.run_id, 'running'],
      ['run.failed', failed.run_id, 'failed'],
    ],
  )
  const [started, , completed] = events
  assert.equal(started?.score, null)
  assert.equal(started?.tokens_in, null)
  const { time, config_hash, ...rest } = completed ?? assert.fail()
  assert.match(time, /^\d{4}-.*Z$/)
  assert.match(config_hash, /^[0-9a-f]{64}$/)
  assert.deepEqual(rest, {
    event: 'run.completed',
    experiment_id,
    run_id: run.run_id,
    status: 'completed',
    score: 0.75,
    cost_estimate: 0.25,
    tokens_in: 3,
    tokens_out: 4,
    duration_ms: 5,
    error: null,
  })
  assert.equal(events.at(-1)?.error, 'the model is away')
})

test('only the events that were asked for come, of that experiment alone, whatever the size of a page', async () => {
  const { experiment_no } = await seedExperiment(database.db, 'asked')
  const other = await seedExperiment(database.db, 'other')
  const project = { project_id: 1, experiment_no: null }
  const start = (await readAll(database.db, project)).cursor
  await transact(database.db, async tx => {
    for (let n = 0; n < 9; n++) await seedRun(tx, experiment_no, { cached: true, new_best: n % 4 === 0 })
  })
  await seedRun(database.db, other.experiment_no)
  for (const names of [undefined, ['new_best_found'], ['run.started', 'new_best_found'], ['cache_hit']] as const) {
    const filter = { project_id: 1, experiment_no, ...(names === undefined ? {} : { names }) }
    const whole = await readAll(database.db, filter)
    const counts = { undefined: 30, new_best_found: 3, 'run.started,new_best_found': 12, cache_hit: 9 }
    assert.equal(whole.events.length, Reflect.get(counts, String(names)))
    for (const limit of [1, 2, 3, 7, 9]) {
      const paged = await readAll(database.db, filter, FIRST_EVENT, limit)
      assert.deepEqual(paged.cursors, whole.cursors, `${names} by ${limit}`)
    }
    for (const [index, cursor] of whole.cursors.entries())
      assert.deepEqual((await readAll(database.db, filter, cursor)).cursors, whole.cursors.slice(index + 1))
  }
  assert.equal((await readAll(database.db, project, start)).events.length, 32)
  assert.equal((await readAll(database.db, { project_id: 2, experiment_no: null })).events.length, 0)
})

test('a transaction that took long is told when it ends, and nothing that came after it is told before', async () => {
  const { experiment_no } = await seedExperiment(database.db, 'late')
  const filter = { project_id: 1, experiment_no }
  const gate = Promise.withResolvers<void>()
  const began = Promise.withResolvers<SeededRun>()
  const slow = transact(database.db, async tx => {
    began.resolve(await beginSeededRun(tx, experiment_no))
    await gate.promise
  })
  const late = await began.promise
  const early = await seedRun(database.db, experiment_no)
  const before = await readEvents(database.db, filter, FIRST_EVENT, await findWatermark(database.db))
  assert.deepEqual(before.events, [])
  gate.resolve()
  await slow
  const { events } = await readAll(database.db, filter, before.cursor)
  assert.deepEqual(
    events.map(event => event.run_id),
    [late.run_id, early.run_id, early.run_id],
  )
})

test('with interleaved transactions every event comes once and in one order, to every reader', async () => {
  const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31)
  console.log(`TEST_SEED=${seed}`)
  const generator = mersenne(seed)
  const random = () => uniformFloat64(generator)
  const { experiment_no } = await seedExperiment(database.db, 'interleaved')
  const filter = { project_id: 1, experiment_no }
  const expected: string[] = []
  let writing = true
  const write = async () => {
    for (let round = 0; round < 25; round++) {
      const told: string[] = []
      const isKept = random() < 0.85
      await transact(database.db, async tx => {
        for (let n = 0; n < 1 + random() * 3; n++) {
          const run = await beginSeededRun(tx, experiment_no)
          told.push(`run.started ${run.run_id}`)
          await pause(random() * 12)
          if (random() < 0.5) {
            await endSeededRun(tx, run, { new_best: true })
            told.push(`run.completed ${run.run_id}`, `new_best_found ${run.run_id}`)
          }
        }
        if (!isKept) throw new Error('taken back')
      }).catch((error: Error) => assert.equal(error.message, 'taken back'))
      if (isKept) expected.push(...told)
    }
  }
  const read = async (limit: number) => {
    const seen: string[] = []
    const cursors: string[] = []
    let cursor = FIRST_EVENT
    for (let last = false; ; last = !writing) {
      const below = last ? await findSettled(database.db) : await findWatermark(database.db)
      for (let more = true; more; ) {
        const page = await readEvents(database.db, filter, cursor, below, limit)
        seen.push(...page.events.map(({ event }) => `${event.event} ${event.run_id}`))
        cursors.push(...page.events.map(placed => placed.cursor))
        ;({ cursor, more } = page)
      }
      if (last) return { seen, cursors }
      await pause(random() * 5)
    }
  }
  const readers = [read(500), read(3), read(1)]
  await Promise.all(Array.from({ length: 6 }, write))
  writing = false
  const results = await Promise.all(readers)
  for (const { seen, cursors } of results) {
    assert.deepEqual(seen.toSorted(), expected.toSorted())
    assert.deepEqual(cursors, results[0]?.cursors)
  }
})

test('a cursor that no stream gave out is refused, one of the end of time is not', async () => {
  const filter = { project_id: 1, experiment_no: null }
  const below = await findWatermark(database.db)
  for (const cursor of ['', 'x', '1-2', '1-2-3-4', '-1-0-0', '99999999999999999999-0-0', '1-9999999999999999-0'])
    await assert.rejects(readEvents(database.db, filter, cursor, below), /cursor was not given out/, cursor)
  const page = await readEvents(database.db, filter, '18446744073709551615-0-0', below)
  assert.deepEqual([page.events, page.cursor], [[], '18446744073709551615-0-0'])
  assert.equal((await readEvents(database.db, filter, cursorAt(below), below)).cursor, cursorAt(below))
})

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
