/**
 * Corrections at size: `node bench/corrections.ts [10000 100000 1000000]`. For each number of candidates that wait for
 * review: the import of a file of 100,000 lines of about a kilobyte, the latencies of a reviewer's requests, of queues that
 * are filtered and of second opinions, twenty reviewers at once; then the exports of as many approved records, with the
 * server's memory. Each file is of a model of its own. Needs 12 GB of disk at a million.
 */
import { once } from 'node:events'
import { createWriteStream, mkdirSync, rmSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { makeBenchHome, startBenchServer } from './processes.ts'
import { makeBenchSession } from './sessions.ts'

const FILE_LINES = 100_000
const SAMPLES = 300
const REVIEWERS = 20

const sizes = process.argv.slice(2).map(Number)
for (const size of sizes.length > 0 ? sizes : [10_000, 100_000, 1_000_000]) await measure(size)

async function measure(size: number): Promise<void> {
  const home = makeBenchHome()
  const folder = join(home, 'bench-results')
  const start = () => startBenchServer(home, { WHETSTONE_BENCH_ROOTS: folder })
  let server = await start()
  let api = `${server.url}/api/corrections`
  try {
    mkdirSync(folder)
    await send(`${api}/config`, { bench_results_dir: folder })
    const rates: number[] = []
    for (let start = 0; start < size; start += FILE_LINES) {
      rates.push(await importLines(api, folder, start, Math.min(FILE_LINES, size - start), false))
    }
    report(size, `import, lines/s: ${rates.map(rate => Math.round(rate)).join(' ')}`)
    await measureLatencies(api, size)
    await measureFilters(api, size)
    await measureReviewers(server.url, size)
    await measureOpinions(server.url, size)
    for (let start = 0; start < size; start += FILE_LINES) {
      await importLines(api, folder, size + start, Math.min(FILE_LINES, size - start), true)
    }
    // Its memory as it is without what the imports left behind.
    await server.stop()
    server = await start()
    api = `${server.url}/api/corrections`
    // Rows that were never read before are marked as visible by the first that reads them, unless a vacuum did.
    await measureExport(server, api, `first export of ${size}`, size)
    await measureExport(server, api, `export of ${size}`, size)
    for (const format of ['sft', 'sft_tools', 'dpo', 'kto']) await measureFile(server, api, size, { format })
    await measureFile(server, api, size, { format: 'sft', filter: { source: 'benchmark', split: 'test' } })
  } finally {
    await server.stop()
    rmSync(home, { recursive: true, force: true })
  }
}

/** Writes a run and imports it. Returns lines per second of the import. */
async function importLines(
  api: string,
  folder: string,
  from: number,
  count: number,
  approved: boolean,
): Promise<number> {
  const run_id = `run-${from}`
  mkdirSync(join(folder, run_id))
  const file = createWriteStream(join(folder, run_id, 'sft_candidates.jsonl'))
  for (let index = from; index < from + count; index++) {
    if (!file.write(`${JSON.stringify(makeLine(index, approved))}\n`)) await once(file, 'drain')
  }
  await new Promise<void>(resolve => file.end(resolve))
  const started = performance.now()
  const { imported } = await send<{ imported: number }>(`${api}/import`, { run_id })
  const seconds = (performance.now() - started) / 1000
  if (imported !== count) throw new Error(`${imported} of ${count} were imported`)
  rmSync(join(folder, run_id), { recursive: true })
  return count / seconds
}

function makeLine(index: number, approved: boolean) {
  const [question, answer] = makeBenchSession(index % 1000, 2).messages
  return {
    id: `candidate-${index}`,
    source: 'benchmark',
    benchmark_run_id: 'run',
    timestamp: '2026-03-01T10:00:00.000Z',
    status: approved ? 'approved' : 'needs_review',
    prompt_messages: [{ role: 'user', content: question?.content }],
    model_response: `${index} ${answer?.content}`,
    corrected_response: approved ? `${index} is right. ${answer?.content}` : null,
    quality_score: (index % 1000) / 1000,
    ...(index % 100 === 0 ? { failure_category: 'wrong_answer' } : {}),
    task_id: `task-${index % 500}`,
    task_type: `type-${index % 12}`,
    task_name: 'A task',
    model_id: `m${index % 6}`,
    model_name: `model-${Math.floor(index / FILE_LINES)}`,
    node_id: 'node-1',
    gpu_id: 0,
    tokens_per_sec: 40.5,
  }
}

function createTimes() {
  const times: { [step: string]: number[] } = {}
  const time = async <Result>(step: string, work: () => Promise<Result>): Promise<Result> => {
    const started = performance.now()
    const result = await work()
    times[step] = [...(times[step] ?? []), performance.now() - started]
    return result
  }
  return { times, time }
}

function reportTimes(size: number, times: { [step: string]: number[] }): void {
  const shown = Object.entries(times).map(
    ([step, values]) => `${step} ${quantile(values, 0.5)}/${quantile(values, 0.95)}`,
  )
  report(size, `ms, median/p95: ${shown.join('  ')}`)
}

async function measureLatencies(api: string, size: number): Promise<void> {
  const { times, time } = createTimes()
  for (let sample = 0; sample < SAMPLES; sample++) {
    const claim = await time('next', () => send<{ candidate: { id: string } }>(`${api}/claim`, {}))
    const { id } = claim.candidate
    await time('submit', () => send(`${api}/submit`, { id, action: 'correct', corrected_response: 'Better.' }))
    await time('undo', () => send(`${api}/undo`, { id }))
    await send(`${api}/submit`, { id, action: 'discard' })
    await time('stats', () => send(`${api}/stats`))
    await time('queue', () => send(`${api}/queue`))
    await time('page', () => send(`${api}/candidate-page`))
    await time('decided', () => send(`${api}/candidate-page?list=decided`))
    await time('decisions', () => send(`${api}/decision-page`))
    await time('names', () => send(`${api}/candidate-kinds`))
  }
  reportTimes(size, times)
}

async function measureFilters(api: string, size: number): Promise<void> {
  const { times, time } = createTimes()
  const newest = `model-${Math.floor((size - 1) / FILE_LINES)}`
  const filters = {
    source: 'source=benchmark',
    'newest model': `model_name=${newest}`,
    type: 'task_type=type-7',
    category: 'failure_category=wrong_answer',
    'quality, 1 % match': 'min_quality=0.99',
    'quality, 10 % match': 'max_quality=0.0995',
    'quality, 80 % match': 'min_quality=0.2',
    'newest model and quality': `model_name=${newest}&min_quality=0.9`,
    'all and quality': 'source=benchmark&min_quality=0.9',
    'a month old': 'min_age_days=30',
    'newest model, a month old': `model_name=${newest}&min_age_days=30`,
    'page 100': 'page=100',
  }
  for (let sample = 0; sample < SAMPLES / 10; sample++) {
    for (const [name, filter] of Object.entries(filters)) await time(name, () => send(`${api}/queue?${filter}`))
    await time('next of the newest model', () => send(`${api}/claim`, { model_name: newest }))
  }
  reportTimes(size, times)
}

async function measureOpinions(url: string, size: number): Promise<void> {
  const { times, time } = createTimes()
  const api = `${url}/api/corrections`
  await send(`${api}/opinions/share`, { share: 1 })
  for (let sample = 0; sample < SAMPLES; sample++) {
    const { candidate } = await time('next opinion', () =>
      send<{ candidate: { id: string } | null }>(`${api}/opinions/next`),
    )
    if (candidate === null) break
    await time('opinion', () => send(`${api}/opinions`, { id: candidate.id, action: 'flag' }))
    await time('disputes', () => send(`${api}/disputes`))
  }
  reportTimes(size, times)
}

async function measureReviewers(url: string, size: number): Promise<void> {
  const keys = await Promise.all(
    Array.from({ length: REVIEWERS }, (_, index) =>
      send<{ key: string }>(`${url}/api/keys`, { user: `reviewer-${index}` }),
    ),
  )
  const times: number[] = []
  const until = performance.now() + 5000
  await Promise.all(
    keys.map(async ({ key }) => {
      while (performance.now() < until) {
        const started = performance.now()
        const { candidate } = await send<{ candidate: { id: string } | null }>(`${url}/api/corrections/claim`, {}, key)
        if (candidate === null) return
        await send(`${url}/api/corrections/submit`, { id: candidate.id, action: 'discard' }, key)
        times.push(performance.now() - started)
      }
    }),
  )
  report(
    size,
    `${REVIEWERS} reviewers: ${times.length / 5} decisions/s, claim and submit p95 ${quantile(times, 0.95)} ms, no error`,
  )
}

type BenchServer = Awaited<ReturnType<typeof startBenchServer>>

async function measureExport(server: BenchServer, api: string, what: string, size: number): Promise<void> {
  await watchMemory(server, size, what, async () => {
    const response = await fetch(`${api}/export`)
    let bytes = 0
    for await (const chunk of response.body ?? []) bytes += chunk.length
    return bytes
  })
}

async function measureFile(server: BenchServer, api: string, size: number, input: object): Promise<void> {
  await watchMemory(server, size, `file of ${JSON.stringify(input)}`, async () => {
    const { bytes } = await send<{ bytes: number }>(`${api}/exports`, input)
    return bytes
  })
}

async function watchMemory(
  server: BenchServer,
  size: number,
  what: string,
  work: () => Promise<number>,
): Promise<void> {
  const before = (await server.use()).rss
  let most = before
  const watch = setInterval(() => server.use().then(({ rss }) => (most = Math.max(most, rss))), 200)
  const started = performance.now()
  const bytes = await work()
  const seconds = (performance.now() - started) / 1000
  clearInterval(watch)
  const rate = Math.round(bytes / seconds / 1e6)
  report(
    size,
    `${what}: ${toMegabytes(bytes)} MB at ${rate} MB/s, memory ${toMegabytes(before)} → ${toMegabytes(most)} MB`,
  )
}

async function send<Body>(url: string, body?: object, key?: string): Promise<Body> {
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...(key ? { authorization: `Bearer ${key}` } : {}),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return (await response.json()) as Body
}

function quantile(values: number[], share: number): string {
  const sorted = values.toSorted((a, b) => a - b)
  return (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1)
}

function toMegabytes(bytes: number): number {
  return Math.round(bytes / 1e6)
}

function report(size: number, text: string): void {
  console.log(`${size.toLocaleString('en')}: ${text}  (load ${loadavg()[0]?.toFixed(1)})`)
}
