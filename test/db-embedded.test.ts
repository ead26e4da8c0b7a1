import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, afterEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { z } from 'zod'
import { type EmbeddedServer, openEmbedded } from '#db/embedded.ts'
import { tryHomeLock } from '#db/home-lock.ts'
import { findPostmaster } from '#db/postmaster.ts'
import { buildServerCommand, chooseServerUser } from '#db/privileges.ts'
import { boundServerLog, readServerLog } from '#db/server-log.ts'
import { Conflict } from '#errors.ts'

const isRoot = process.getuid?.() === 0
const onLinux = process.platform === 'linux'
const onlyRoot = { skip: isRoot && onLinux ? false : 'needs root on Linux' }
const onlyLinux = { skip: onLinux ? false : 'needs /proc' }

const root = mkdtempSync(join(tmpdir(), 'whetstone-embedded-'))
const children = new Set<ChildProcess>()
let count = 0

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
  for (const name of readdirSync(root)) await endServer(join(root, name))
})

after(() => {
  rmSync(root, { recursive: true, force: true })
  if (onLinux) assert.deepEqual(listProcesses(root), [], 'no process of a test is left')
})

test('a first start makes a server that only the owner of the home can use and that keeps what it committed', async () => {
  const home = newHome()
  const lines: string[] = []
  const server = await open(home, lines)
  assert.equal(server.owned, true)
  const { hostname, password, username, pathname } = new URL(server.url)
  assert.deepEqual([hostname, username, pathname], ['127.0.0.1', 'whetstone', '/whetstone'])
  const expected = {
    ...{ fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on', data_checksums: 'on', is_superuser: 'off' },
    ...{ server_encoding: 'UTF8', listen_addresses: '127.0.0.1', unix_socket_directories: '', TimeZone: 'UTC' },
    password_encryption: 'scram-sha-256',
  }
  for (const [name, value] of Object.entries(expected)) {
    assert.deepEqual(await ask(server.url, `SHOW ${name}`), [value], name)
  }
  const stranger = new pg.Client({ connectionString: server.url.replace(password, 'guess') })
  await assert.rejects(stranger.connect(), { code: '28P01' })
  assert.equal(statSync(home).mode & 0o777, 0o700)
  assert.equal(statSync(join(home, 'postgres')).mode & 0o777, 0o700)
  assert.equal(statSync(join(home, 'postgres', 'whetstone.password')).mode & 0o777, 0o600)
  assert.ok(!readFileSync(join(home, 'logs', 'postgres.log'), 'utf8').includes(password))
  assert.ok(!lines.join().includes(password))
  if (onLinux) assert.ok(!listProcesses('').join().includes(password))
  await server.stop()
  await server.stop()
  assert.equal(findPostmaster(join(home, 'postgres')), null)
})

test('a later start finds data, password and port as they were', async () => {
  const home = newHome()
  const first = await open(home)
  await ask(first.url, 'CREATE TABLE kept AS SELECT 41 + 1 AS value')
  await first.stop()
  const second = await open(home)
  assert.equal(second.url, first.url)
  assert.deepEqual(await ask(second.url, 'SELECT value FROM kept'), [42])
  await second.stop()
})

test('a second process uses the running server and leaves it running', async () => {
  const home = newHome()
  const server = await open(home)
  const guest = await startGuest(home)
  assert.deepEqual([guest.url, guest.owned], [server.url, false])
  await guest.stop()
  assert.deepEqual(await ask(server.url, 'SELECT 1'), [1])
  await server.stop()
  assert.equal(findPostmaster(join(home, 'postgres')), null)
})

test('a starter that leaves first leaves the server to the other process, which stops it', async () => {
  const home = newHome()
  const starter = await startGuest(home)
  const server = await open(home)
  assert.deepEqual([starter.owned, server.owned], [true, false])
  await starter.stop()
  assert.deepEqual(await ask(server.url, 'SELECT 1'), [1])
  await server.stop()
  assert.equal(findPostmaster(join(home, 'postgres')), null)
})

test('processes that open a fresh home at the same moment start one server', async () => {
  const home = newHome()
  const guests = await Promise.all([startGuest(home), startGuest(home), startGuest(home)])
  assert.equal(guests.filter(guest => guest.owned).length, 1)
  assert.equal(new Set(guests.map(guest => guest.url)).size, 1)
  await Promise.all(guests.map(guest => guest.stop()))
  assert.equal(findPostmaster(join(home, 'postgres')), null)
})

test('a server whose owner was killed is adopted and stopped by the next, but not by one that must not adopt', async () => {
  const home = newHome()
  const starter = await startGuest(home)
  starter.child.kill('SIGKILL')
  await once(starter.child, 'exit')
  const visitor = await open(home, [], false)
  assert.deepEqual([visitor.owned, visitor.url], [false, starter.url])
  await visitor.stop()
  assert.notEqual(findPostmaster(join(home, 'postgres')), null)
  const heir = await open(home)
  assert.deepEqual([heir.owned, heir.url], [true, starter.url])
  await heir.stop()
  assert.equal(findPostmaster(join(home, 'postgres')), null)
})

test('a process that forgets to stop is not kept alive, and Ctrl-C to its group does not reach the server', async () => {
  const home = newHome()
  const guest = await startGuest(home, { detached: true, ending: 'forget' })
  if (guest.child.pid !== undefined && process.platform !== 'win32') process.kill(-guest.child.pid, 'SIGINT')
  guest.child.stdin?.end()
  const [code] = await once(guest.child, 'exit')
  assert.equal(code, 0)
  assert.deepEqual(await ask(guest.url, 'SELECT 1'), [1])
  const heir = await open(home)
  assert.equal(heir.owned, true)
  await heir.stop()
})

test('a killed server is started again on its port, by itself, with what was committed', async () => {
  const home = newHome()
  const lines: string[] = []
  const server = await open(home, lines)
  const { url } = server
  await ask(url, 'CREATE TABLE kept AS SELECT 42 AS value')
  killPostmaster(home)
  await eventually(async () => assert.deepEqual(await ask(url, 'SELECT value FROM kept'), [42]))
  assert.equal(server.url, url)
  await eventually(async () => assert.ok(lines.some(line => line.includes('again'))))
  await server.stop()
  assert.equal(findPostmaster(join(home, 'postgres')), null)
})

test('a start waits for a backend that outlives its killed server', async () => {
  const home = newHome()
  const starter = await startGuest(home)
  const client = new pg.Client(starter.url)
  client.on('error', () => {})
  await client.connect()
  // It computes and never waits, so it does not notice for a while that its server is gone.
  const busy = client.query(
    "DO $$ DECLARE e timestamptz := clock_timestamp() + '1.5 s'; BEGIN WHILE clock_timestamp() < e LOOP NULL; END LOOP; END $$",
  )
  busy.catch(() => {})
  await sleep(200)
  starter.child.kill('SIGKILL')
  killPostmaster(home)
  const start = performance.now()
  const server = await open(home)
  assert.ok(performance.now() - start > 500, 'the backend was still there')
  assert.deepEqual(await ask(server.url, 'SELECT 1'), [1])
  await server.stop()
})

test(
  'a lock file that holds garbage, nothing, a foreign process or a zombie does not block a start',
  onlyLinux,
  async () => {
    const home = newHome()
    const first = await open(home)
    const lockFile = join(home, 'postgres', 'postmaster.pid')
    const real = readFileSync(lockFile, 'utf8')
    await first.stop()
    const zombie = await startZombie()
    const stale = {
      garbage: 'no\0lock\n',
      empty: '',
      foreign: real.replace(/^\d+/, String(process.pid)),
      zombie: real.replace(/^\d+/, String(zombie)),
      gone: real.replace(/^\d+/, '4194303'),
    }
    for (const [name, content] of Object.entries(stale)) {
      writeFileSync(lockFile, content)
      const server = await open(home)
      assert.equal(server.owned, true, name)
      assert.deepEqual(await ask(server.url, 'SELECT 1'), [1], name)
      await server.stop()
    }
  },
)

test('a port that another program took is exchanged for a free one', async () => {
  const home = newHome()
  const first = await open(home)
  await first.stop()
  const squatter = createServer(socket => assert.fail(`the password must not go to ${socket.localPort}`))
  squatter.listen(Number(new URL(first.url).port), '127.0.0.1')
  await once(squatter, 'listening')
  const second = await open(home)
  assert.notEqual(new URL(second.url).port, new URL(first.url).port)
  assert.deepEqual(await ask(second.url, 'SELECT 1'), [1])
  await second.stop()
  squatter.close()
})

for (const [version, age] of [
  ['19', 'newer'],
  ['17', 'older'],
]) {
  test(`data of PostgreSQL ${version}, which is ${age}, are refused and not touched`, async () => {
    const home = newHome()
    const data = join(home, 'postgres')
    mkdirSync(data, { recursive: true, mode: 0o700 })
    writeFileSync(join(data, 'PG_VERSION'), `${version}\n`)
    const before = [statSync(home).mtimeMs, statSync(data).mtimeMs]
    await assert.rejects(open(home), (error: unknown) => {
      assert.ok(error instanceof Conflict)
      assert.match(error.message, new RegExp(`PostgreSQL ${version}, ${age} than the PostgreSQL 18`))
      return true
    })
    assert.deepEqual([statSync(home).mtimeMs, statSync(data).mtimeMs], before)
    assert.deepEqual([readdirSync(home), readdirSync(data)], [['postgres'], ['PG_VERSION']])
  })
}

test('a folder that holds something else is refused and not touched', async () => {
  const home = newHome()
  mkdirSync(join(home, 'postgres'), { recursive: true })
  writeFileSync(join(home, 'postgres', 'diary.txt'), 'mine')
  await assert.rejects(open(home), /is no PostgreSQL data folder/)
  assert.deepEqual(readdirSync(join(home, 'postgres')), ['diary.txt'])
})

test('an initialisation that was killed leaves nothing that blocks the next start', async () => {
  const home = newHome()
  const child = spawnGuest(home, {})
  const begun = () => existsSync(home) && readdirSync(home).some(name => name.startsWith('postgres.init-'))
  await eventually(async () => assert.ok(begun()))
  await sleep(150)
  child.kill('SIGKILL')
  await once(child, 'exit')
  assert.ok(begun() && !existsSync(join(home, 'postgres')), 'it was killed halfway')
  const server = await open(home)
  assert.deepEqual(await ask(server.url, 'SELECT 1'), [1])
  await server.stop()
  // The orphaned initdb may have gone on writing for a while; a later start has removed that as well.
  await eventually(async () => {
    await (await open(home)).stop()
    assert.ok(!begun())
  })
})

test('as root the server runs unprivileged in a home below a folder that only root may enter', onlyRoot, async () => {
  const closed = newHome()
  mkdirSync(closed, { mode: 0o700 })
  const home = join(closed, 'deep', 'home')
  const server = await open(home)
  const data = join(home, 'postgres')
  const owner = statSync(data).uid
  assert.notEqual(owner, 0)
  const pid = findPostmaster(data)?.pid
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  assert.match(status, new RegExp(`^Uid:\\t${owner}\\t${owner}\\t${owner}\\t${owner}$`, 'm'))
  assert.match(status, /^CapEff:\t0000000000000002$/m, 'CAP_DAC_OVERRIDE and nothing else')
  assert.deepEqual(await ask(server.url, 'SELECT 1'), [1])
  await server.stop()
})

test('as root the server finds its programs below a folder that only root may enter', onlyRoot, () => {
  const closed = newHome()
  mkdirSync(closed, { mode: 0o700 })
  const program = join(closed, 'program')
  writeFileSync(program, '#!/bin/sh\nid -u\n', { mode: 0o755 })
  const user = chooseServerUser(closed, join(closed, 'postgres'))
  assert.ok(user)
  // The first asks access(2), as PostgreSQL does, the second just tries.
  const { file, args, env } = buildServerCommand(user, 'sh', ['-c', `test -x ${program} && exec ${program}`])
  assert.equal(execFileSync(file, args, { env, encoding: 'utf8' }), `${user.uid}\n`)
})

test('as root without setpriv the error says what to install', onlyRoot, async () => {
  const child = spawnGuest(newHome(), { path: '/nonexistent' })
  let output = ''
  child.stderr?.setEncoding('utf8').on('data', part => {
    output += part
  })
  const [code] = await once(child, 'exit')
  assert.notEqual(code, 0)
  assert.match(output, /Conflict: As root.*setpriv.*util-linux/)
})

test('the keys of this process are not in the environment of the server', () => {
  process.env.WHETSTONE_TEST_KEY = 'secret'
  const { env } = buildServerCommand(null, 'postgres', [])
  delete process.env.WHETSTONE_TEST_KEY
  if (process.platform !== 'win32') assert.deepEqual(Object.keys(env).sort(), ['HOME', 'LC_ALL', 'PATH', 'TZ'])
})

test('locks of a home: sharers stand beside each other, an exclusive holder stands alone', () => {
  const file = newHome()
  const one = tryHomeLock(file, 'shared')
  const two = tryHomeLock(file, 'shared')
  assert.ok(one && two)
  assert.equal(tryHomeLock(file, 'exclusive'), null)
  one.release()
  assert.equal(tryHomeLock(file, 'exclusive'), null)
  two.release()
  const alone = tryHomeLock(file, 'exclusive')
  assert.ok(alone)
  assert.equal(tryHomeLock(file, 'shared'), null)
  alone.release()
  rmSync(file)
})

test("the server's log is put aside at its limit, so that two files bound it", () => {
  const file = newHome()
  writeFileSync(file, 'x'.repeat(100))
  boundServerLog(file, 100)
  assert.equal(statSync(file).size, 100)
  boundServerLog(file, 99)
  assert.deepEqual([statSync(file).size, statSync(`${file}.1`).size], [0, 100])
  writeFileSync(file, `${'x'.repeat(9000)}end\n`)
  assert.equal(readServerLog(file, 9000), 'end')
  assert.equal(readServerLog(file, 0).length, 3999)
  rmSync(file)
  rmSync(`${file}.1`)
})

interface Guest {
  child: ChildProcess
  url: string
  owned: boolean
  stop(): Promise<void>
}

interface GuestOptions {
  detached?: boolean
  /** What it does when its input ends. */
  ending?: 'stop' | 'forget'
  path?: string
}

/** Another process that opens a home. */
function spawnGuest(home: string, { detached = false, ending = 'stop', path }: GuestOptions): ChildProcess {
  const program = `
    import { openEmbedded } from ${JSON.stringify(import.meta.resolve('#db/embedded.ts'))}
    process.on('SIGINT', () => {})
    const server = await openEmbedded(${JSON.stringify(home)}, { log: () => {} })
    console.log(JSON.stringify({ url: server.url, owned: server.owned }))
    process.stdin.resume().on('end', () => ${ending === 'stop' ? 'server.stop()' : 'process.removeAllListeners("SIGINT")'})
  `
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    detached,
    env: path === undefined ? process.env : { ...process.env, PATH: path },
    stdio: ['pipe', 'pipe', path === undefined ? 'inherit' : 'pipe'],
  })
  children.add(child)
  return child
}

async function startGuest(home: string, options: GuestOptions = {}): Promise<Guest> {
  const child = spawnGuest(home, options)
  const said = z.object({ url: z.string(), owned: z.boolean() }).parse(JSON.parse(await readFirstLine(child)))
  const stop = async () => {
    const exit = once(child, 'exit')
    child.stdin?.end()
    assert.deepEqual(await exit, [0, null])
  }
  return { child, ...said, stop }
}

/**
 * A process that has ended and is never reaped, since its parent has become a program that reaps nothing. It waits for
 * that: the shell itself would reap it.
 */
async function startZombie(): Promise<number> {
  const child = '(until grep -q sleep /proc/$$/comm; do sleep 0.02; done)'
  const parent = spawn('sh', ['-c', `${child} & echo $!; exec sleep 60`], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.add(parent)
  const pid = Number(await readFirstLine(parent))
  await eventually(async () => assert.match(readFileSync(`/proc/${pid}/stat`, 'utf8'), /\) Z /))
  return pid
}

async function readFirstLine(child: ChildProcess): Promise<string> {
  assert.ok(child.stdout)
  for await (const line of createInterface({ input: child.stdout })) return line
  throw new Error('the process ended without a word')
}

function newHome(): string {
  count += 1
  return join(root, `home-${count}`)
}

function open(home: string, lines: string[] = [], adopt = true): Promise<EmbeddedServer> {
  return openEmbedded(home, { log: line => lines.push(line), adopt })
}

/** The first column of the answer. */
async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 })
  client.on('error', () => {})
  await client.connect()
  try {
    const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' })
    return rows.map(row => row[0])
  } finally {
    await client.end()
  }
}

function killPostmaster(home: string): void {
  const postmaster = findPostmaster(join(home, 'postgres'))
  assert.ok(postmaster)
  process.kill(postmaster.pid, 'SIGKILL')
}

async function endServer(home: string): Promise<void> {
  const data = join(home, 'postgres')
  const postmaster = findPostmaster(data)
  if (postmaster) process.kill(postmaster.pid, 'SIGQUIT')
  await eventually(async () => assert.equal(findPostmaster(data), null))
  rmSync(home, { recursive: true, force: true })
}

async function eventually(check: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + 20_000
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() > deadline) throw error
    }
    await sleep(20)
  }
}

/** Command lines of this machine's processes that hold a text. */
function listProcesses(text: string): string[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(pid => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      } catch {
        return ''
      }
    })
    .filter(line => line.includes(text))
}
