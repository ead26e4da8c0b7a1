import { closeSync, copyFileSync, fstatSync, openSync, readSync, statSync, truncateSync } from 'node:fs'

/** Bytes that the log of the embedded server may reach before it is put aside. */
export const SERVER_LOG_LIMIT = 10_000_000

/**
 * Puts the server's log aside as `<file>.1` (over the one before) once it is larger than the limit, so that both
 * together stay bounded. The server writes in append mode and goes on at the new beginning; lines written between copy
 * and cut are lost. Only one process may do this at a time.
 */
export function boundServerLog(file: string, limit = SERVER_LOG_LIMIT): void {
  if (measureServerLog(file) <= limit) return
  copyFileSync(file, `${file}.1`)
  truncateSync(file)
}

/** Size of the log in bytes, 0 where there is none. */
export function measureServerLog(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}

/** What the server wrote since the log had `offset` bytes, at most its last 4,000 bytes. */
export function readServerLog(file: string, offset: number): string {
  const descriptor = openSync(file, 'r')
  try {
    const { size } = fstatSync(descriptor)
    const from = Math.max(offset, size - 4000)
    const buffer = Buffer.alloc(Math.max(0, size - from))
    return buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, buffer.length, from)).trim()
  } finally {
    closeSync(descriptor)
  }
}
