/**
 * Runs the tests: `npm test`, or `npm test -- test/one.test.ts` for some of them.
 *
 * First all of them with the embedded PostgreSQL. Then those that use a database once more with another one: the server
 * of `TEST_DATABASE_URL` (a role that may create databases), else a PostgreSQL 15 or newer that is installed here.
 * `WHETSTONE_TEST_SERVERS=embedded` leaves the second part out.
 *
 * What tests write goes to memory where there is enough of it, unless `TMPDIR` says where. Databases are hundreds of small
 * files, and ext4 looks long for a place for a new one after many were removed.
 */
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs'
import { availableParallelism, freemem, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { ensureWebBuilt } from '#cli/start-web.ts'
import { createTestDatabase } from './database.ts'
import { findImports } from './imports.ts'
import { findSystemPrograms, type SystemServer, startSystemServer } from './system-server.ts'

interface Result {
  server: string
  passed: number
  failed: number
  skipped: number
  seconds: number
  failures: string[]
  /** What each file took. */
  files: { name: string; seconds: number }[]
}

const folder = import.meta.dirname
/** They start servers of their own, or are not about what a database does, whatever server the other tests use: once is enough. */
const ONCE =
  /(^|\/)(db-embedded|cli|kill|demo|e2e|bench|openapi|http-|contract-import|judging-(faults|again)|experiments-(guide|webhooks|gate|event-stream))/
/** A file that takes longer than this hangs. */
const FILE_TIMEOUT_MS = 300_000
const MEMORY = '/dev/shm'
/** The kind of file system, as statfs(2) has it. */
const TMPFS = 0x01021994
/** Bytes that must be free before tests write to memory; they fill a small part of it. */
const MEMORY_NEEDED = 6e9

// Each file is a process that reads the same sources: the second one finds them compiled.
process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'whetstone-test-compiled')
if (process.env.TMPDIR === undefined) writeToMemory()
// Once for all that serve it.
await ensureWebBuilt(line => console.log(line))
const files = listTestFiles(process.argv.slice(2))
const results = [await runEmbedded(files)]
if (process.env.WHETSTONE_TEST_SERVERS !== 'embedded') {
  const second = await runOther(files.filter(file => usesDatabase(file) && !ONCE.test(relative(folder, file))))
  if (second !== null) results.push(second)
}
for (const result of results) {
  for (const failure of result.failures) console.log(`✖ ${result.server}: ${failure}`)
}
for (const { server, files } of results) {
  const slowest = files.sort((one, other) => other.seconds - one.seconds).slice(0, 10)
  console.log(`${server}, the slowest: ${slowest.map(({ name, seconds }) => `${name} ${seconds} s`).join(', ')}`)
}
for (const { server, passed, failed, skipped, seconds } of results) {
  console.log(`${server}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds} s`)
}
process.exitCode = results.every(result => result.failed === 0 && result.passed > 0) ? 0 : 1

function writeToMemory(): void {
  if (!hasRoom(MEMORY)) return
  const made = mkdtempSync(join(MEMORY, 'whetstone-tests-'))
  // As open as the system's temporary folder: servers run as another user.
  chmodSync(made, 0o1777)
  process.env.TMPDIR = made
  process.once('exit', () => rmSync(made, { recursive: true, force: true }))
  process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(130))
}

function hasRoom(path: string): boolean {
  if (!existsSync(path)) return false
  const { type, bavail, bsize } = statfsSync(path)
  return type === TMPFS && Math.min(bavail * bsize, freemem()) > MEMORY_NEEDED
}

function listTestFiles(named: string[]): string[] {
  if (named.length > 0) return named.map(name => join(process.cwd(), name))
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.test.ts'))
  return all.sort().map(name => join(folder, name))
}

/** Holds the test server open meanwhile, so that it does not stop and start between the files. */
async function runEmbedded(all: string[]): Promise<Result> {
  const given = process.env.TEST_DATABASE_URL
  delete process.env.TEST_DATABASE_URL
  const holder = await createTestDatabase()
  try {
    return await runFiles('Embedded PostgreSQL', all)
  } finally {
    await holder.drop()
    if (given !== undefined) process.env.TEST_DATABASE_URL = given
  }
}

async function runOther(some: string[]): Promise<Result | null> {
  if (some.length === 0) return null
  if (process.env.TEST_DATABASE_URL !== undefined) return runFiles('PostgreSQL of TEST_DATABASE_URL', some)
  const programs = findSystemPrograms()
  if (programs === null) {
    console.log(
      'No other PostgreSQL (15 or newer) is installed here, so the database was tested with the embedded one alone.',
    )
    return null
  }
  const server = await startSystemServer(programs)
  const release = stopAtEnd(server)
  process.env.TEST_DATABASE_URL = server.url
  try {
    return await runFiles(`PostgreSQL ${programs.version} of this system`, some)
  } finally {
    release()
    server.stop()
  }
}

/** Ctrl-C must not leave a server behind. */
function stopAtEnd(server: SystemServer): () => void {
  const stop = () => {
    server.stop()
    process.exit(130)
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)
  return () => {
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}

async function runFiles(server: string, some: string[]): Promise<Result> {
  console.log(`\n${server}: ${some.length} test files\n`)
  const started = performance.now()
  const result: Result = { server, passed: 0, failed: 0, skipped: 0, seconds: 0, failures: [], files: [] }
  // Two more than can run: those that wait for a kill, a browser or a deadline leave the processors idle.
  const events = run({ files: some, concurrency: Math.min(6, availableParallelism() + 2), timeout: FILE_TIMEOUT_MS })
  events.on('test:fail', ({ name, file, todo }) => {
    if (todo === undefined) result.failures.push(`${relative(folder, file ?? '')}: ${name}`)
  })
  events.on('test:summary', ({ file, counts, duration_ms }) => {
    if (file !== undefined) {
      result.files.push({ name: relative(folder, file), seconds: Math.round(duration_ms / 1000) })
      return
    }
    result.passed = counts.passed
    result.skipped = counts.skipped
    result.failed = counts.tests - counts.passed - counts.skipped - counts.todo
  })
  const shown = events.compose(spec)
  shown.pipe(process.stdout, { end: false })
  await once(shown, 'end')
  result.seconds = Math.round((performance.now() - started) / 1000)
  return result
}

/** Whether the file, or one that it imports from this folder, makes a database. */
function usesDatabase(file: string, seen = new Set<string>()): boolean {
  // What looks like an import in a sample's text names nothing.
  if (seen.has(file) || !existsSync(file)) return false
  seen.add(file)
  const own = findImports(readFileSync(file, 'utf8')).map(({ specifier }) => specifier)
  return own
    .filter(specifier => specifier.startsWith('.'))
    .some(specifier => specifier === './database.ts' || usesDatabase(join(file, '..', specifier), seen))
}
