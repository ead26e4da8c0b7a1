import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** CPU milliseconds so far, and resident bytes now. */
export interface ProcessUse {
  cpu_ms: number
  rss: number
}

export interface BenchServer {
  url: string
  pid: number
  use: () => Promise<ProcessUse>
  /** CPU milliseconds of the embedded database's processes that are alive; 0 where there is no /proc. */
  databaseCpu: () => number
  stop: () => Promise<void>
}

/** A folder for a benchmark's home; without a name one that goes away with the process. */
export function makeBenchHome(kept?: string): string {
  if (kept !== undefined) return kept
  const home = mkdtempSync(join(tmpdir(), 'whetstone-bench-'))
  process.on('exit', () => rmSync(home, { recursive: true, force: true }))
  return home
}

/** Starts server and worker as one process on a free port and waits until it is ready. */
export async function startBenchServer(
  home: string,
  env: NodeJS.ProcessEnv = {},
  execArgv: string[] = [],
): Promise<BenchServer> {
  const child = fork(new URL('./server.ts', import.meta.url), {
    env: { ...process.env, WHETSTONE_HOME: home, WHETSTONE_LOG: 'warn', PORT: '0', HOST: '127.0.0.1', ...env },
    execArgv,
  })
  const { url } = await nextMessage<{ url: string }>(child)
  return {
    url,
    pid: child.pid ?? 0,
    use: async () => {
      child.send('use')
      const { cpu, rss } = await nextMessage<{ cpu: NodeJS.CpuUsage; rss: number }>(child)
      return { cpu_ms: (cpu.user + cpu.system) / 1000, rss }
    },
    databaseCpu: () => sumDatabaseCpu(home),
    stop: async () => {
      child.kill()
      await once(child, 'exit')
    },
  }
}

/** The benchmark's own words to a child end with the child. */
async function nextMessage<Message>(child: ChildProcess): Promise<Message> {
  const ended = new AbortController()
  const exit = once(child, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`The server of the benchmark ended with ${code}.`)
  })
  exit.catch(() => {})
  const [message] = await Promise.race([once(child, 'message'), exit])
  ended.abort()
  return message
}

/** Linux counts in ticks of 10 ms. */
const TICK_MS = 10

function sumDatabaseCpu(home: string): number {
  try {
    const postmaster = readFileSync(join(home, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]
    let ticks = 0
    for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) ticks += readTicks(pid, postmaster)
    return ticks * TICK_MS
  } catch {
    return 0
  }
}

function readTicks(pid: string, postmaster: string | undefined): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const [parent, user, system] = [fields[1], fields[11], fields[12]]
    return parent === postmaster || pid === postmaster ? Number(user) + Number(system) : 0
  } catch {
    return 0
  }
}
