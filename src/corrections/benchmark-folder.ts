import { constants, type FileHandle, open, readdir, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, normalize, resolve, sep } from 'node:path'
import { Forbidden, Invalid } from '#errors.ts'

/** What makes a folder a benchmark run. */
const CANDIDATES_FILE = 'sft_candidates.jsonl'

/**
 * The absolute path of a folder for benchmark results, if it may be one: at or below a root that the operator set, also
 * after every symbolic link. It need not be there yet. A relative path is taken below the first root.
 *
 * @throws Forbidden that names the rule.
 */
export async function checkBenchFolder(roots: string[], path: string): Promise<string> {
  const [first] = roots
  if (path.includes('\0')) throw new Invalid('A path has no NUL', ['body', 'bench_results_dir'])
  if (first === undefined) {
    throw new Forbidden(
      'No folder is allowed for benchmark results: set bench_roots in whetstone.yaml, or WHETSTONE_BENCH_ROOTS.',
    )
  }
  if (path.split(/[\\/]/).includes('..')) {
    throw new Forbidden(
      'The folder must be named without "..", so that it is plain that it lies below an allowed root.',
    )
  }
  const absolute = (isAbsolute(path) ? normalize(path) : resolve(first, path)).replace(/(.)[\\/]+$/, '$1')
  const real = await followLinks(absolute)
  const realRoots = await Promise.all(roots.map(followLinks))
  if (![...roots, ...realRoots].some(root => isBelow(root, absolute))) {
    throw new Forbidden(`Benchmark results may only lie below the roots that the operator allows: ${roots.join(', ')}.`)
  }
  if (!realRoots.some(root => isBelow(root, real))) {
    throw new Forbidden('A symbolic link leads out of the roots that the operator allows for benchmark results.')
  }
  return absolute
}

/** The names of the runs directly below a folder, newest name first; none if the folder is not there. */
export async function listRunFolders(roots: string[], folder: string): Promise<string[]> {
  await checkBenchFolder(roots, folder)
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (MISSING.has(error.code ?? '')) return []
    throw refuseUnreadable(error)
  })
  const names = entries.filter(entry => entry.isDirectory() || entry.isSymbolicLink()).map(entry => entry.name)
  return names.sort().reverse()
}

/** An open file of a run; close its handle. */
export interface RunFile {
  handle: FileHandle
  path: string
  size: number
  /** ISO time. */
  modified_at: string
}

/**
 * Opens the candidates of a run; null if there is no such run.
 *
 * @throws Forbidden where a symbolic link leads out of the roots, or the server may not read the file.
 */
export async function openRunFile(roots: string[], folder: string, runId: string): Promise<RunFile | null> {
  if (runId === '' || runId === '.' || runId === '..' || /[\\/\0]/.test(runId)) return null
  const path = join(folder, runId, CANDIDATES_FILE)
  await checkBenchFolder(roots, path)
  const real = await realpath(path).catch(() => null)
  if (real === null) return null
  // Without waiting for a writer, should it be a pipe.
  const handle = await open(real, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EACCES') throw refuseUnreadable(error)
    return null
  })
  if (handle === null) return null
  const stat = await handle.stat()
  if (stat.isFile()) return { handle, path, size: stat.size, modified_at: stat.mtime.toISOString() }
  await handle.close()
  return null
}

/** A name that is too long, or a link in a circle, is not there either. */
const MISSING = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP'])

function refuseUnreadable(error: NodeJS.ErrnoException): Error {
  if (error.code !== 'EACCES' && error.code !== 'EPERM') return error
  return new Forbidden('The user that the server runs as may not read this; change its permissions.')
}

/** The path after every symbolic link, as far as it exists. */
async function followLinks(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    const parent = dirname(path)
    return parent === path ? path : join(await followLinks(parent), basename(path))
  }
}

function isBelow(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep)
}
