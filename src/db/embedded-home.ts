import { chownSync, closeSync, openSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { makeFolder } from '#folder.ts'
import type { ServerBinaries } from './binaries.ts'
import { inspectDataFolder } from './data-folder.ts'

/** Files of a home that concern the embedded database. */
export interface EmbeddedHome {
  folder: string
  data: string
  log_file: string
  /** Held exclusively while the server is being started or stopped. */
  mutex: string
  /** Held shared by every process that has the database open. */
  users: string
  binaries: ServerBinaries
}

/**
 * Makes the folders and files of a home that are not there yet, the home itself with mode 0700.
 *
 * @throws Conflict, and writes nothing, when its data cannot be used by this major version.
 */
export function prepareHome(home: string, binaries: ServerBinaries): EmbeddedHome {
  const folder = resolve(home)
  const logs = join(folder, 'logs')
  const data = join(folder, 'postgres')
  // Before anything is written: a home that cannot be used stays as it is.
  inspectDataFolder(data, binaries.major)
  makeFolder(logs)
  const place = {
    folder,
    data,
    log_file: join(logs, 'postgres.log'),
    mutex: join(folder, 'postgres.mutex'),
    users: join(folder, 'postgres.users'),
    binaries,
  }
  // Root on someone's home must not leave files there that its owner cannot open.
  const owner = statSync(folder)
  for (const file of [place.log_file, place.mutex, place.users]) {
    if (statSync(file, { throwIfNoEntry: false })) continue
    closeSync(openSync(file, 'a', 0o600))
    if (process.getuid?.() === 0) chownSync(file, owner.uid, owner.gid)
  }
  if (process.getuid?.() === 0) chownSync(logs, owner.uid, owner.gid)
  return place
}
