import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeBenchHome } from './processes.ts'

export interface StartMeasurement {
  /** Milliseconds from spawning the command to its word that it is ready, on a new home. */
  first_ms: number[]
  /** The same on a home that is there. */
  later_ms: number[]
  /** Resident bytes of server and worker when ready, and after they had nothing to do; 0 where there is no /proc. */
  start_rss: number
  idle_rss: number
}

/** Starts the command on a new home and on the same again, that often each. */
export async function measureStart(setup: { idle_ms: number; repeat: number }): Promise<StartMeasurement> {
  const result: StartMeasurement = { first_ms: [], later_ms: [], start_rss: 0, idle_rss: 0 }
  for (let round = 0; round < setup.repeat; round++) {
    const home = makeBenchHome()
    const first = await start(home)
    result.first_ms.push(first.ready_ms)
    await stop(first.child)
    const later = await start(home)
    result.later_ms.push(later.ready_ms)
    if (round === setup.repeat - 1) {
      result.start_rss = sumMemory(home, later.child)
      await sleep(setup.idle_ms)
      result.idle_rss = sumMemory(home, later.child)
    }
    await stop(later.child)
  }
  return result
}

async function start(home: string): Promise<{ child: ChildProcess; ready_ms: number }> {
  const started = performance.now()
  const command = new URL('../bin/whetstone.js', import.meta.url).pathname
  const child = spawn(process.execPath, [command, 'start'], {
    env: { ...process.env, WHETSTONE_HOME: home, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface(child.stdout)) {
    if (line.includes('Whetstone is ready')) return { child, ready_ms: performance.now() - started }
  }
  throw new Error('whetstone start ended before it was ready')
}

async function stop(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit')
  child.kill('SIGINT')
  await exit
}

/** The command's process and all below it, without the database's. */
function sumMemory(home: string, child: ChildProcess): number {
  try {
    const postmaster = readFileSync(join(home, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]
    const processes = readdirSync('/proc')
      .filter(name => /^\d+$/.test(name) && name !== postmaster)
      .flatMap(readProcess)
    const family = new Set([String(child.pid)])
    for (let size = 0; size < family.size; ) {
      size = family.size
      for (const { pid, parent } of processes) if (family.has(parent)) family.add(pid)
    }
    return processes.filter(one => family.has(one.pid)).reduce((total, one) => total + one.rss, 0)
  } catch {
    return 0
  }
}

function readProcess(pid: string): { pid: string; parent: string; rss: number }[] {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const field = (name: string) => new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? '0'
    return [{ pid, parent: field('PPid'), rss: Number(field('VmRSS')) * 1024 }]
  } catch {
    return []
  }
}
