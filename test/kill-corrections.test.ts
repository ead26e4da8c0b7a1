import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeBenchmarkFolder, makeCandidateLine } from './benchmark-files.ts'
import { CommandHome, type Running } from './command-line.ts'

const home = new CommandHome()
const bench = makeBenchmarkFolder()
const COUNT = 12_000
let url = ''
let server: Running

before(async () => {
  const long = 'text '.repeat(100)
  bench.write(
    'r',
    Array.from({ length: COUNT }, (_, index) => makeCandidateLine(`c${index}`, { model_response: long })),
  )
  await start()
  await send('POST', 'config', { bench_results_dir: bench.path })
})
after(async () => {
  server.child.kill('SIGTERM')
  await server.finished
  await home.remove()
  bench.remove()
})

async function start() {
  server = home.start(['start'], { env: { WHETSTONE_BENCH_ROOTS: bench.path } })
  await server.shows('Whetstone is ready at')
  url = /ready at (\S+)/.exec(server.shown().stdout)?.[1] ?? ''
}

async function killAndStart() {
  server.child.kill('SIGKILL')
  await server.finished
  await start()
}

async function send<Body = { [field: string]: unknown }>(method: string, path: string, body?: object) {
  const response = await fetch(`${url}/api/corrections/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  })
  return { status: response.status, body: (await response.json()) as Body }
}

interface Stats {
  total: number
  by_status: { needs_review: number; discarded: number; approved: number }
  export_ready: number
}
const readStats = async () => (await send<Stats>('GET', 'stats')).body

test('an import that is killed loses and doubles nothing, and goes on where it was', async () => {
  const cut = send('POST', 'import', { run_id: 'r' }).catch(() => null)
  while ((await readStats()).total === 0) await sleep(5)
  await killAndStart()
  await cut
  const some = (await readStats()).total
  assert.ok(some > 0 && some < COUNT, `${some} of ${COUNT} were there`)
  assert.equal((await send<{ already_imported: boolean }[]>('GET', 'runs')).body[0]?.already_imported, false)
  const { body } = await send('POST', 'import', { run_id: 'r' })
  assert.deepEqual([body.imported, body.skipped], [COUNT - some, some])
  const page = await send<{ items: { id: string }[]; total: number }>('GET', 'queue?per_page=200')
  assert.equal(page.body.total, COUNT)
  assert.deepEqual(
    page.body.items.map(item => item.id),
    Array.from({ length: 200 }, (_, index) => `c${index}`),
  )
})

test('of decisions that were answered, none is lost by a kill, and the counters agree', async () => {
  const ids = Array.from({ length: 400 }, (_, index) => `c${index}`)
  const answered: string[] = []
  const reviewers = Array.from({ length: 4 }, async () => {
    for (let id = ids.shift(); id !== undefined; id = ids.shift()) {
      const done = await send('POST', 'submit', { id, action: 'correct', corrected_response: 'x' }).catch(() => null)
      if (done === null) return
      answered.push(id)
    }
  })
  while (answered.length < 40) await sleep(5)
  await killAndStart()
  await Promise.all(reviewers)
  const stats = await readStats()
  assert.ok(stats.by_status.approved >= answered.length && stats.by_status.approved <= answered.length + 4)
  assert.equal(stats.by_status.approved + stats.by_status.needs_review, COUNT)
  assert.equal(stats.export_ready, stats.by_status.approved)
  for (const id of answered) assert.equal((await send('POST', 'submit', { id, action: 'flag' })).status, 409)
})

test('an export that is killed leaves no file and no record', async () => {
  let changed = 0
  do {
    const bulk = await send<{ items: { id: string }[] }>('GET', 'queue?per_page=200')
    const ids = bulk.body.items.map(item => item.id)
    await Promise.all(
      ids.map(id => send('POST', 'submit', { id, action: 'correct', corrected_response: 'x'.repeat(2000) })),
    )
    changed += ids.length
  } while (changed < 3000)
  const cut = send('POST', 'exports', { format: 'kto' }).catch(() => null)
  const folder = join(home.path, 'exports')
  const listFiles = () => {
    try {
      return readdirSync(folder)
    } catch {
      return []
    }
  }
  while (listFiles().length === 0) await sleep(1)
  await killAndStart()
  const finished = await cut
  const records = await send<{ export_id: string }[]>('GET', 'exports')
  const whole = listFiles().filter(name => name.endsWith('.jsonl'))
  // Between the two steps at the end a whole file may stand there that nobody recorded; never the other way round.
  for (const { export_id } of records.body) assert.ok(whole.includes(`${export_id}.jsonl`))
  assert.ok(whole.length - records.body.length <= 1)
  assert.ok(finished === null || finished.status === 200)
})
