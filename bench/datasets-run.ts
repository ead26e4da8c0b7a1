import { performance } from 'node:perf_hooks'
import { caseRowPageSchema } from '#datasets/case-rows.ts'
import { countCases } from '#datasets/cases.ts'
import { openVersion } from '#datasets/datasets.ts'
import { connect, disconnect } from '#db/connect.ts'
import { openEmbedded } from '#db/embedded.ts'
import { streamBody } from '#http/stream-body.ts'
import { makeBenchHome, startBenchServer } from './processes.ts'

export interface DatasetMeasurement {
  steps: { name: string; ms: number; note: string }[]
  rss_before: number
  rss_most: number
}

const CHUNK = 256 * 1024

/** Uploads, changes and reads a dataset of this size; see `bench/datasets.ts`. */
export async function measureDatasets(setup: { cases: number; bytes: number }): Promise<DatasetMeasurement> {
  const home = makeBenchHome()
  const server = await startBenchServer(home)
  const embedded = await openEmbedded(home, { log: () => {} })
  const db = connect(embedded.url)
  const address = `${server.url}/api/datasets/bench`
  const steps: DatasetMeasurement['steps'] = []
  const take = async (name: string, work: () => Promise<string>) => {
    const start = performance.now()
    const note = await work()
    steps.push({ name, ms: performance.now() - start, note })
  }
  const upload =
    (lines: Iterable<string>, search = '', type = 'application/x-ndjson') =>
    async () => {
      const answer = await send(`${address}/versions${search}`, lines, type)
      return `${answer.added} added, ${answer.changed} changed, ${answer.removed} removed, ${answer.unchanged} unchanged`
    }
  const fetchText = (path: string) => async () => {
    const text = await (await fetch(`${address}${path}`)).text()
    return `${(text.length / 1e6).toFixed(1)} MB`
  }
  try {
    await send(
      `${server.url}/api/datasets/warm/versions`,
      writeLines({ ...setup, cases: 1000 }, 0),
      'application/x-ndjson',
    )
    const { rss: rss_before } = await server.use()
    const memory = watchMemory(server)
    await take('upload', upload(writeLines(setup, 0)))
    await take('upload with 1 % changed', upload(writeLines(setup, 1)))
    await take('the same again', upload(writeLines(setup, 1)))
    await take('upload as CSV', upload(writeRecords(setup), '', 'text/csv'))
    await take('one case more', upload(['{"input":{"question":"one more"}}\n'], '?mode=append'))
    await take('difference of two versions', fetchText('/diff?from=1&to=2&limit=10'))
    await take('a page of cases', fetchText('/cases?limit=100'))
    await take('search that finds nothing', async () => `${await searchNothing(address)} pages`)
    await take('list', async () => `${(await (await fetch(`${server.url}/api/datasets`)).text()).length} bytes`)
    const ref = await openVersion(db, 1, { name: 'bench' })
    await take('count of cases and clusters', async () => JSON.stringify(await countCases(db, 1, ref, 0.2)))
    await take('export', fetchText('/export'))
    return { steps, rss_before, rss_most: await memory.stop() }
  } finally {
    await disconnect(db)
    await embedded.stop()
    await server.stop()
  }
}

/** Asks for page after page of a search, to the end. @returns how many there were. */
async function searchNothing(address: string): Promise<number> {
  let pages = 0
  for (let after: number | null = 0; after !== null; pages++) {
    const page: unknown = await (await fetch(`${address}/case-rows?search=nobody&after=${after}`)).json()
    after = caseRowPageSchema.parse(page).next
  }
  return pages
}

function* writeLines({ cases, bytes }: { cases: number; bytes: number }, changed: number): Generator<string> {
  for (let index = 0; index < cases; index++) {
    const expected = index % 100 === 0 ? changed : 0
    yield `{"id":"${index}","input":{"question":"${fill(index, bytes)}"},"expected":${expected},"source":"${index >> 2}"}\n`
  }
}

function* writeRecords({ cases, bytes }: { cases: number; bytes: number }): Generator<string> {
  yield 'id,question,expected,source\n'
  for (let index = 0; index < cases; index++) yield `${index},"${fill(index, bytes)}",0,${index >> 2}\n`
}

/** Text that differs from case to case and does not compress away. */
function fill(index: number, bytes: number): string {
  let text = ''
  for (let number = index + 1; text.length < bytes; number = (number * 48_271) % 2_147_483_647) text += `${number} `
  return text
}

async function send(url: string, lines: Iterable<string>, type: string): Promise<Record<string, unknown>> {
  const init = { method: 'POST', body: streamBody(cutChunks(lines)), duplex: 'half' as const }
  const response = await fetch(url, { ...init, headers: { 'content-type': type } })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  const answer: unknown = JSON.parse(text)
  return { ...Object(answer) }
}

async function* cutChunks(lines: Iterable<string>): AsyncGenerator<Uint8Array> {
  let chunk = ''
  for (const line of lines) {
    chunk += line
    if (chunk.length < CHUNK) continue
    yield Buffer.from(chunk)
    chunk = ''
  }
  yield Buffer.from(chunk)
}

/** Looks every 100 ms. */
function watchMemory(server: { use: () => Promise<{ rss: number }> }): { stop: () => Promise<number> } {
  let most = 0
  let watching = true
  const ended = (async () => {
    while (watching) {
      most = Math.max(most, (await server.use()).rss)
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  })()
  return {
    stop: async () => {
      watching = false
      await ended
      return most
    },
  }
}
