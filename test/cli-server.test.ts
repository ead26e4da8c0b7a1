import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { z } from 'zod'
import { CommandHome, type Running } from './command-line.ts'

const home = new CommandHome()
after(() => home.remove())

const serverFileSchema = z.object({ url: z.string(), pid: z.int(), started_at: z.iso.datetime() })

async function startServer(options: Parameters<CommandHome['start']>[1] = {}): Promise<Running & { url: string }> {
  const running = home.start(['start'], options)
  await running.shows('Whetstone is ready at ')
  const { url } = serverFileSchema.parse(JSON.parse(readFileSync(join(home.path, 'server.json'), 'utf8')))
  return { ...running, url }
}

test('an older Node is told what is needed, and nothing is started', async () => {
  const old = "data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'20.19.0'}})"
  const { code, stderr } = await home.start(['eval', 'list'], { node: ['--import', old] }).finished
  assert.equal(code, 1)
  assert.equal(
    stderr,
    'Whetstone needs Node.js 24 or newer; this is v20.19.0. Run it through npm (npm run …), which brings its own, or install Node 24.\n',
  )
  assert.deepEqual(home.listPostgres(), [])
})

test('start answers when it says so; SIGTERM ends it with 0, without a database or word of it left behind', async () => {
  const server = await startServer()
  const health = await fetch(`${server.url}/health`)
  assert.deepEqual(await health.json(), { status: 'ok' })
  assert.equal(statSync(join(home.path, 'server.json')).mode & 0o777, 0o600)
  assert.equal(home.listPostgres().length, 1)
  server.child.kill('SIGTERM')
  const { code, stdout } = await server.finished
  assert.equal(code, 0)
  assert.match(stdout, /^Whetstone is ready at http:\/\/127\.0\.0\.1:\d+\n$/)
  assert.deepEqual(home.listPostgres(), [])
  assert.equal(existsSync(join(home.path, 'server.json')), false)
})

test('Ctrl-C to the whole process group, twice as npm passes it on, is one wish and ends in order', async () => {
  const server = await startServer({ group: true })
  const pid = server.child.pid
  assert.ok(pid !== undefined)
  process.kill(-pid, 'SIGINT')
  process.kill(pid, 'SIGINT')
  assert.equal((await server.finished).code, 0)
  assert.deepEqual(home.listPostgres(), [])
})

test('a signal while it starts leaves no database behind', async () => {
  const server = home.start(['start'])
  while (home.listPostgres().length === 0 && server.child.exitCode === null) await new Promise(setImmediate)
  server.child.kill('SIGINT')
  const { code, stdout } = await server.finished
  assert.equal(code, 0)
  assert.equal(stdout, '')
  assert.deepEqual(home.listPostgres(), [])
})

test('the demo on own files serves the API and stays up until Ctrl-C', async () => {
  const file = join(home.path, 'own.ndjson')
  writeFileSync(
    file,
    `${JSON.stringify({ session_id: 's', profile_id: 'p', messages: [{ role: 'user', content: 'Hi' }] })}\n`,
  )
  const demo = home.start(['demo', file], { group: true })
  await demo.shows('It stays up until Ctrl-C.')
  const url = /The API: (\S+)/.exec(demo.shown().stdout)?.[1]
  const overview = await fetch(`${url}/api/eval/sessions`).then(answer => answer.text())
  assert.match(overview, /^\[\{"session_id":"s",.*"eval_status":"evaluated"/)
  demo.child.kill('SIGINT')
  assert.equal((await demo.finished).code, 0)
  assert.deepEqual(home.listPostgres(), [])
})

test('a command beside a server uses it, over HTTP and with its database', async () => {
  const server = await startServer()
  try {
    const created = await home.run('project', 'create', 'beside')
    assert.equal(created.code, 0, created.stderr)
    const projects = await fetch(`${server.url}/api/projects`).then(answer => answer.json())
    assert.ok(JSON.stringify(projects).includes('"beside"'))
    const elsewhere = await home.start(['project', 'list', '--url', server.url], {
      env: { WHETSTONE_HOME: '/nonexistent' },
    }).finished
    assert.match(elsewhere.stdout, /^beside /m)
    const second = await home.run('start')
    assert.equal(second.code, 1)
    assert.equal(second.stderr, `whetstone: A server of this home runs already, at ${server.url}.\n`)
    const worker = home.start(['worker'])
    await worker.shows('The worker is ready')
    worker.child.kill('SIGTERM')
    assert.equal((await worker.finished).code, 0)
    assert.equal(home.listPostgres().length, 1, 'the worker stopped the database of the server')
  } finally {
    server.child.kill('SIGTERM')
    await server.finished
  }
})

test('word of a server that was killed is not believed', async () => {
  const file = join(home.path, 'server.json')
  writeFileSync(
    file,
    JSON.stringify({ url: 'http://127.0.0.1:9', pid: 2 ** 22 - 3, started_at: new Date().toISOString() }),
  )
  const { code, stdout, stderr } = await home.run('project', 'list')
  assert.equal(code, 0, stderr)
  assert.match(stdout, /^default /m)
})

test('the server refuses addresses that others can reach until there is an administrator', async () => {
  const refused = await home.start(['start'], { env: { HOST: '0.0.0.0' } }).finished
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /^whetstone: HOST=0\.0\.0\.0 can be reached .* WHETSTONE_ADMIN_KEY .*\n$/)
  assert.deepEqual(home.listPostgres(), [])
  const key = 'a-secret-of-the-administrator-0123456789'
  const server = await startServer({ env: { HOST: '0.0.0.0', WHETSTONE_ADMIN_KEY: key } })
  try {
    const without = await home.run('eval', 'list')
    assert.deepEqual([without.code, without.stdout], [1, ''])
    assert.match(without.stderr, /^whetstone: .*key.*\n$/i)
    const known = await home.start(['key', 'list'], { env: { WHETSTONE_API_KEY: key } }).finished
    assert.match(known.stdout, /admin +admin +6789/)
  } finally {
    server.child.kill('SIGTERM')
    await server.finished
  }
})
