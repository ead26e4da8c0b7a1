import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

/** How a command ended, and what it printed. */
export interface Finished {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** A command that runs; `finished` resolves when it has ended. */
export interface Running {
  child: ChildProcess
  finished: Promise<Finished>
  /** Waits until the text stands on standard output or standard error. */
  shows: (text: string) => Promise<void>
  /** What was printed so far. */
  shown: () => { stdout: string; stderr: string }
}

const BIN = fileURLToPath(new URL('../bin/whetstone.js', import.meta.url))
const PATIENCE_MS = 30_000

/** A `WHETSTONE_HOME` in the temporary folder, and the real command line in it. */
export class CommandHome {
  readonly path = mkdtempSync(join(tmpdir(), 'whetstone-cli-'))

  /** Starts a command; `group` gives it a process group of its own, so that a signal can be sent to all of it. */
  start(args: string[], options: { env?: NodeJS.ProcessEnv; group?: boolean; node?: string[] } = {}): Running {
    const { NODE_TEST_CONTEXT: _, WHETSTONE_API_KEY: __, DATABASE_URL: ___, ...inherited } = process.env
    const env = {
      ...inherited,
      PORT: '0',
      OLLAMA_BASE_URL: 'http://127.0.0.1:9',
      WHETSTONE_HOME: this.path,
      ...options.env,
    }
    const child = spawn(process.execPath, [...(options.node ?? []), BIN, ...args], {
      env,
      detached: options.group ?? false,
    })
    return watchCommand(child)
  }

  /** Runs a command to its end. */
  run(...args: string[]): Promise<Finished> {
    return this.start(args).finished
  }

  /** Process ids of the database server that runs on this home, as the system knows it. */
  listPostgres(): number[] {
    const file = join(this.path, 'postgres', 'postmaster.pid')
    if (!existsSync(file)) return []
    const pid = Number(readFileSync(file, 'utf8').split('\n')[0])
    try {
      process.kill(pid, 0)
      return [pid]
    } catch {
      return []
    }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

function watchCommand(child: ChildProcess): Running {
  const shown = { stdout: '', stderr: '' }
  child.stdout?.setEncoding('utf8').on('data', text => {
    shown.stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', text => {
    shown.stderr += text
  })
  const { promise, resolve } = Promise.withResolvers<Finished>()
  child.on('close', (code, signal) => resolve({ code, signal, ...shown }))
  const shows = async (text: string) => {
    const deadline = performance.now() + PATIENCE_MS
    while (!shown.stdout.includes(text) && !shown.stderr.includes(text)) {
      if (performance.now() > deadline || child.exitCode !== null) {
        throw new Error(`"${text}" was not shown, but:\n${shown.stdout}\n${shown.stderr}`)
      }
      await sleep(10)
    }
  }
  return { child, finished: promise, shows, shown: () => shown }
}
