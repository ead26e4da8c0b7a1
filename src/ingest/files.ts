/** Which files a command's paths mean. */
import { lstat, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Invalid, NotFound } from '#errors.ts'
import { claudeCode } from './claude-code.ts'
import { detectFormat, getFormat } from './formats.ts'
import { readJsonLines } from './json-lines.ts'
import { openTranscript, type TranscriptFile, type TranscriptFormat } from './transcript-file.ts'

export interface FoundFile {
  file: TranscriptFile
  format: TranscriptFormat
}

/** What a folder holds beside transcripts, and subagents' files whose session is not among the files. */
export interface SkippedFile {
  path: string
  reason: string
}

/**
 * The transcripts among files and folders, in the order of the paths and sorted by name below each; folders are searched
 * through, but for entries that begin with a dot, `node_modules` and linked folders. A file that is met twice counts once.
 *
 * Subagents' files (`agent-*.jsonl` beside a Claude Code session, or in `<session id>/subagents/`) go with the session,
 * named or not. A file in a folder that fits no format is skipped with the reason.
 *
 * @param formatName takes every file for this format instead of looking.
 * @throws NotFound: no such path. Invalid: a file named by itself fits no format (see `detectFormat`).
 */
export async function findFiles(
  paths: string[],
  formatName?: string,
): Promise<{ files: FoundFile[]; skipped: SkippedFile[] }> {
  const forced = formatName === undefined ? null : getFormat(formatName)
  const named = new Map<string, boolean>()
  for (const path of paths) {
    for (const one of await expandPath(path)) named.set(one, (named.get(one) ?? false) || one === path)
  }
  const files: FoundFile[] = []
  const skipped: SkippedFile[] = []
  const agents: string[] = []
  const besides: SubagentIndex = new Map()
  for (const [path, isNamed] of named) {
    if (isSubagentFile(path) && (forced ?? claudeCode) === claudeCode) {
      agents.push(path)
      continue
    }
    const found = await identifyFile(path, forced, isNamed, besides)
    if ('format' in found) files.push(found)
    else skipped.push(found)
  }
  const used = new Set(files.flatMap(({ file }) => file.subagents.map(one => one.path)))
  const reason = 'a subagent of a Claude Code session whose own file is not among those named'
  for (const path of agents) if (!used.has(path)) skipped.push({ path, reason })
  return { files, skipped }
}

async function expandPath(path: string): Promise<string[]> {
  const info = await stat(path).catch(() => null)
  if (info === null) throw new NotFound(`There is no file or folder ${path}.`)
  return info.isDirectory() ? listFolder(path) : [path]
}

async function listFolder(folder: string): Promise<string[]> {
  const entries = await readdir(folder)
  const paths: string[] = []
  for (const name of entries.sort()) {
    if (name.startsWith('.') || name === 'node_modules') continue
    const path = join(folder, name)
    const info = await lstat(path)
    if (info.isDirectory()) paths.push(...(await listFolder(path)))
    else if (info.isFile() || (await stat(path).catch(() => null))?.isFile()) paths.push(path)
  }
  return paths
}

async function identifyFile(
  path: string,
  forced: TranscriptFormat | null,
  isNamed: boolean,
  besides: SubagentIndex,
): Promise<FoundFile | SkippedFile> {
  try {
    const format = forced ?? (await detectFormat(openTranscript(path)))
    const subagents = format === claudeCode ? await findSubagentFiles(path, besides) : []
    return { file: openTranscript(path, subagents), format }
  } catch (error) {
    if (!(error instanceof Invalid) || (isNamed && error.slug !== 'no_conversation')) throw error
    return { path, reason: error.message.replace(`${path} is `, '') }
  }
}

/** Whether a Claude Code file is called as those of subagents are. */
export function isSubagentFile(path: string): boolean {
  return /^agent-.+\.jsonl$/.test(basename(path))
}

/** Of a folder: the subagents' files directly in it, by the session that they name. */
type SubagentIndex = Map<string, Map<string | null, string[]>>

async function findSubagentFiles(path: string, besides: SubagentIndex): Promise<string[]> {
  const folder = dirname(path)
  const session = basename(path, '.jsonl')
  const index = besides.get(folder) ?? (await indexSubagentFiles(folder))
  besides.set(folder, index)
  return [...(await listAgents(join(folder, session, 'subagents'))), ...(index.get(session) ?? [])]
}

async function indexSubagentFiles(folder: string): Promise<Map<string | null, string[]>> {
  const index = new Map<string | null, string[]>()
  for (const path of await listAgents(folder)) {
    const session = await readSessionId(path)
    index.set(session, [...(index.get(session) ?? []), path])
  }
  return index
}

async function listAgents(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names
    .filter(isSubagentFile)
    .sort()
    .map(name => join(folder, name))
}

/** The session that the first line which names one names. */
async function readSessionId(path: string): Promise<string | null> {
  for await (const line of readJsonLines(openTranscript(path).open())) {
    if ('value' in line && typeof line.value.sessionId === 'string') return line.value.sessionId
  }
  return null
}
