import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it that are missing, readable by their owner alone. One at a time: where nothing can be
 * made, as below `/proc`, Node's own `recursive` tries for ever.
 */
export function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
  if (dirname(path) !== path) makeFolder(dirname(path))
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another process may have made it just now; a file in its place is trouble all the same.
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error
  }
}
