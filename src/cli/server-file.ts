import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const serverFileSchema = z.object({ url: z.string(), pid: z.int().min(2), started_at: z.string() })

/** What `server.json` in `WHETSTONE_HOME` says of the server of this home, for commands beside it. */
export type ServerFile = z.infer<typeof serverFileSchema>

/** Leaves word of a server that listens. */
export function writeServerFile(home: string, server: ServerFile): void {
  const file = locate(home)
  const unfinished = `${file}.${process.pid}`
  writeFileSync(unfinished, `${JSON.stringify(server)}\n`, { mode: 0o600 })
  renameSync(unfinished, file)
}

/** The server of this home, if its process lives; null otherwise. */
export function readServerFile(home: string): ServerFile | null {
  try {
    const parsed = serverFileSchema.safeParse(JSON.parse(readFileSync(locate(home), 'utf8')))
    return parsed.success && isAlive(parsed.data.pid) ? parsed.data : null
  } catch {
    return null
  }
}

/** Takes this process's word back; another server's stays. */
export function removeServerFile(home: string): void {
  if (readServerFile(home)?.pid === process.pid) rmSync(locate(home), { force: true })
}

function locate(home: string): string {
  return join(home, 'server.json')
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives and belongs to someone else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
