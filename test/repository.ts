import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { SourceFile } from './imports.ts'

/** The folder of the repository, with a slash at its end. */
export const ROOT = fileURLToPath(new URL('../', import.meta.url))

/** Every TypeScript file under `src/`, by its path below it. */
export function readSources(): SourceFile[] {
  return readdirSync(`${ROOT}src`, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts'))
    .sort()
    .map(path => ({ path: path.replaceAll('\\', '/'), text: readFileSync(`${ROOT}src/${path}`, 'utf8') }))
}

/**
 * Every file of the repository that git knows or would take in, by its path; null where there is no git, as in an
 * unpacked archive.
 */
export function listFiles(): string[] | null {
  try {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return listed.split('\0').filter(path => path !== '' && existsSync(ROOT + path))
  } catch {
    return null
  }
}

/** The text of a file of the repository. */
export function readText(path: string): string {
  return readFileSync(ROOT + path, 'utf8')
}
