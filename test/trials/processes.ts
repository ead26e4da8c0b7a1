import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export type Role = 'server' | 'worker'

/** A process of Whetstone under trial, started again whenever it is killed. */
export interface Subject {
  /** SIGKILL; false when it is not ready at the moment. */
  kill: () => boolean
  /** Throws when it ended by itself after it had been ready, which it may not, whatever else is killed. */
  check: () => void
  ready: () => Promise<void>
  /** Ends it in order. Resolves to its exit code. */
  stop: () => Promise<number | null>
  /** How often it gave up before it was ready, as the database was killed under it, and was started once more. */
  failedStarts: () => number
}

const RESTART_MS = 200

/** Starts a process of the given role, which begins again by itself after each kill. */
export function startSubject(role: Role, env: NodeJS.ProcessEnv): Subject {
  let child: ChildProcess
  let up = false
  let stopping = false
  let failedStarts = 0
  let failure: Error | null = null
  const start = () => {
    child = launch(
      role,
      env,
      () => {
        up = true
      },
      (ending, signal, said) => {
        if (!stopping && signal !== 'SIGKILL') {
          if (up) failure = new Error(`The ${role} ended by itself (${ending}): ${said}`)
          else if (++failedStarts > 20) failure = new Error(`The ${role} does not start: ${said}`)
        }
        up = false
        // Stopped while it was down, it must not come back.
        if (failure === null) setTimeout(() => stopping || start(), RESTART_MS)
      },
    )
  }
  const check = () => {
    if (failure !== null) throw failure
  }
  start()
  return {
    kill: () => up && child.kill('SIGKILL'),
    check,
    ready: async () => {
      for (; !up; await sleep(20)) check()
    },
    stop: async () => {
      stopping = true
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
      child.kill('SIGTERM')
      const [code] = await once(child, 'exit')
      return code
    },
    failedStarts: () => failedStarts,
  }
}

function launch(
  role: Role,
  env: NodeJS.ProcessEnv,
  onReady: () => void,
  onEnd: (ending: string, signal: NodeJS.Signals | null, said: string) => void,
): ChildProcess {
  const program = fileURLToPath(new URL('./server.ts', import.meta.url))
  const child = spawn(process.execPath, [program, role], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const said: string[] = []
  child.stderr.on('data', text => said.push(String(text)))
  child.stdout.on('data', text => String(text).startsWith('ready') && onReady())
  child.once('exit', (code, signal) => onEnd(String(code ?? signal), signal, said.join('').slice(-3_000)))
  return child
}

/** Kills the embedded database of a home with SIGKILL; false when none runs. */
export function killDatabase(home: string): boolean {
  const file = join(home, 'postgres', 'postmaster.pid')
  if (!existsSync(file)) return false
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0])
  if (!Number.isInteger(pid) || pid < 2) return false
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}
