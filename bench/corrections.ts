/**
 * Corrections at size: `node bench/corrections.ts [10000 100000 1000000]`. For each number of candidates that wait for
 * review: the import of a file of 100,000 lines of about a kilobyte, the latencies of a reviewer's requests, twenty
 * reviewers at once; then the export of as many approved records, with the server's memory. Needs 8 GB of disk at a million.
 */
import { once } from 'node:events'
import { createWriteStream, mkdirSync, rmSync } from 'node:fs'
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
    await measureReviewers(server.url, size)
    for (let start = 0; start < size; start += FILE_LINES) {
      await importLines(api, folder, size + start, Math.min(FILE_LINES, size - start), true)
    }
    // Its memory as it is without what the imports left behind.
    await server.stop()
    server = await start()
    api = `${server.url}/api/corrections`
    await measureExport(server, api, size)
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
    quality_score: (index % 100) / 100,
    task_id: `task-${index % 500}`,
    task_type: `type-${index % 12}`,
    task_name: 'A task',
    model_id: `m${index % 6}`,
    model_name: `model-${index % 6}`,
    node_id: 'node-1',
    gpu_id: 0,
    tokens_per_sec: 40.5,
  }
}

async function measureLatencies(api: string, size: number): Promise<void> {
  const times: { [step: string]: number[] } = { next: [], submit: [], undo: [], stats: [], queue: [] }
  const time = async <Result>(step: string, work: () => Promise<Result>): Promise<Result> => {
    const started = performance.now()
    const result = await work()
    times[step]?.push(performance.now() - started)
    return result
  }
  for (let sample = 0; sample < SAMPLES; sample++) {
    const claim = await time('next', () => send<{ candidate: { id: string } }>(`${api}/claim`, {}))
    const { id } = claim.candidate
    await time('submit', () => send(`${api}/submit`, { id, action: 'correct', corrected_response: 'Better.' }))
    await time('undo', () => send(`${api}/undo`, { id }))
    await send(`${api}/submit`, { id, action: 'discard' })
    await time('stats', () => send(`${api}/stats`))
    await time('queue', () => send(`${api}/queue`))
  }
  const shown = Object.entries(times).map(
    ([step, values]) => `${step} ${quantile(values, 0.5)}/${quantile(values, 0.95)}`,
  )
  report(size, `ms, median/p95: ${shown.join('  ')}`)
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

async function measureExport(
  server: Awaited<ReturnType<typeof startBenchServer>>,
  api: string,
  size: number,
): Promise<void> {
  let most = 0
  const watch = setInterval(() => server.use().then(({ rss }) => (most = Math.max(most, rss))), 200)
  const before = (await server.use()).rss
  const started = performance.now()
  const response = await fetch(`${api}/export`)
  let bytes = 0
  for await (const chunk of response.body ?? []) bytes += chunk.length
  const seconds = (performance.now() - started) / 1000
  clearInterval(watch)
  const rate = Math.round(bytes / seconds / 1e6)
  report(
    size,
    `export of ${size}: ${Math.round(bytes / 1e6)} MB at ${rate} MB/s, memory ${toMegabytes(before)} → ${toMegabytes(most)} MB`,
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
  console.log(`${size.toLocaleString('en')}: ${text}`)
}
