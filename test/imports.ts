import { dirname, join } from 'node:path/posix'

/**
 * The import rules of this repository as a function from source files to what is wrong with them. Pure, so that
 * `imports.test.ts` can show that each rule catches what it is there for.
 */

/** A source file: its path below `src/`, and its text. */
export interface SourceFile {
  path: string
  text: string
}

/** One import or re-export of a file: what it names, and on which line. */
export interface FoundImport {
  specifier: string
  line: number
  /** `type`: gone when the file runs; `dynamic`: looked up when the line runs. */
  kind: 'value' | 'type' | 'dynamic'
}

/** Files and rooms that everything may build on, and that never know a feature. */
const GROUND = [
  ...['errors.ts', 'config.ts', 'log.ts', 'folder.ts', 'json.ts', 'json-trouble.ts', 'lines.ts', 'spreadsheet.ts'],
  ...['db', 'queue', 'models', 'statistics', 'http', 'projects'],
]
/** Each may import those before it. */
const FEATURES = ['sessions', 'ingest', 'judging', 'datasets', 'experiments', 'corrections']
/** Where the rooms are put together; nothing below imports them. */
const TOP = ['api.ts', 'tasks.ts', 'open.ts', 'client.ts', 'cli']

/** How the names of those files of `cli` begin that open the application itself, instead of being clients of it. */
const SELF_RELIANT = ['start', 'db', 'demo']
/** What any command may import besides its siblings. `ingest` reads files, which lie where the command runs. */
const FOR_COMMANDS = [
  'client.ts',
  'errors.ts',
  'config.ts',
  'log.ts',
  'json.ts',
  'lines.ts',
  'spreadsheet.ts',
  'ingest',
]
/** What the client may import besides types, since a browser runs it as well. */
const FOR_CLIENT = ['errors.ts', 'json.ts', 'lines.ts']

/** Every violation in the files, as `path:line: what is wrong`; none when all is well. */
export function checkImports(files: SourceFile[]): string[] {
  const paths = new Set(files.map(file => file.path))
  const graph = new Map<string, string[]>()
  const found: string[] = []
  for (const file of files) {
    const own = findImports(file.text)
    const complain = (line: number, trouble: string) => found.push(`${file.path}:${line}: ${trouble}`)
    checkFile(file, complain)
    checkOrder(own, complain)
    graph.set(file.path, [])
    for (const { specifier, line, kind } of own) {
      const target = resolveSpecifier(file.path, specifier)
      if (target === null) continue
      const trouble = findTrouble(file.path, { specifier, kind, target }, paths)
      if (trouble !== null) complain(line, trouble)
      graph.get(file.path)?.push(target)
    }
  }
  return [...found, ...findCycles(graph)]
}

/** The imports and re-exports of a TypeScript file that biome has formatted, dynamic ones with a plain string included. */
export function findImports(text: string): FoundImport[] {
  const countLines = (index: number) => text.slice(0, index).split('\n').length
  const statements = text.matchAll(/^(?:import|export)\s(type\s)?(?:[^'"`;]*?\sfrom\s)?'([^']+)'/gm)
  const dynamic = text.matchAll(/\bimport\('([^']+)'\)/g)
  return [
    ...[...statements].map(({ index, 1: type, 2: specifier = '' }): FoundImport => {
      return { specifier, line: countLines(index), kind: type === undefined ? 'value' : 'type' }
    }),
    ...[...dynamic].map(({ index, 1: specifier = '' }): FoundImport => {
      return { specifier, line: countLines(index), kind: 'dynamic' }
    }),
  ]
}

/** The path below `src/` that a specifier means; null for `node:` and packages. */
function resolveSpecifier(from: string, specifier: string): string | null {
  if (specifier.startsWith('#')) return specifier.slice(1)
  return specifier.startsWith('.') ? join(dirname(from), specifier) : null
}

/** The first part of a path: the room, or the file at the top. */
function findRoom(path: string): string {
  return path.split('/')[0] ?? path
}

function checkFile(file: SourceFile, complain: (line: number, trouble: string) => void): void {
  if (/(^|\/)index\.ts$/.test(file.path)) complain(1, 'no index.ts: name the file for what is in it')
  const exported = file.text.match(/^export default\b/m)
  if (exported !== null) complain(1, 'no default exports')
  const room = findRoom(file.path)
  if (![...GROUND, ...FEATURES, ...TOP].includes(room)) complain(1, `${room} has no place in the order of the rooms`)
}

/** `node:`, packages, `#rooms`, siblings. */
function checkOrder(imports: FoundImport[], complain: (line: number, trouble: string) => void): void {
  let highest = 0
  for (const { specifier, line } of imports.filter(({ kind }) => kind !== 'dynamic')) {
    const rank = specifier.startsWith('node:') ? 0 : specifier.startsWith('#') ? 2 : specifier.startsWith('.') ? 3 : 1
    if (rank < highest) complain(line, `${specifier} stands after a later kind: node:, packages, #rooms, siblings`)
    highest = Math.max(highest, rank)
  }
}

/** An import of a file of `src/`. */
interface OwnImport {
  specifier: string
  kind: FoundImport['kind']
  target: string
}

function findTrouble(from: string, found: OwnImport, paths: Set<string>): string | null {
  const { specifier, kind, target } = found
  if (!target.endsWith('.ts')) return `${specifier} does not end in .ts`
  if (!paths.has(target)) return `${specifier} is no file`
  if (specifier.startsWith('../')) return `write #${target} instead of ${specifier}`
  if (specifier.startsWith('#') && dirname(from) === dirname(target)) {
    return `${specifier} is a sibling: import it with ./`
  }
  return findRoomTrouble(from, target, kind)
}

function findRoomTrouble(from: string, target: string, kind: FoundImport['kind']): string | null {
  const [own, other] = [findRoom(from), findRoom(target)]
  const registry = target.match(/^[^/]+\/(routes|tasks)\.ts$/)?.[1]
  if (registry !== undefined) {
    const owner = registry === 'routes' ? 'api.ts' : 'tasks.ts'
    return from === owner ? null : `${target} is imported by ${owner} alone`
  }
  if (own === 'cli') return findCommandTrouble(from, target)
  if (own === 'client.ts') {
    return kind === 'type' || FOR_CLIENT.includes(other) ? null : `client.ts runs in browsers: only types of ${target}`
  }
  if (own === other || TOP.includes(own)) return null
  if (GROUND.includes(own)) return GROUND.includes(other) ? null : `${own} is ground and must not know ${other}`
  if (TOP.includes(other)) return `${own} must not know ${other}, which puts the rooms together`
  if (GROUND.includes(other)) return null
  return FEATURES.indexOf(other) < FEATURES.indexOf(own) ? null : `${own} comes before ${other} and must not know it`
}

function findCommandTrouble(from: string, target: string): string | null {
  const name = from.match(/^cli\/(\w+)/)?.[1] ?? ''
  const room = findRoom(target)
  if (room === 'cli' || FOR_COMMANDS.includes(room) || SELF_RELIANT.includes(name)) return null
  return `a command talks through client.ts and must not know ${target}`
}

/** Every group of files that import one another in a ring, once, however many rings there are in it. */
function findCycles(graph: Map<string, string[]>): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const visit = (path: string, trail: string[]) => {
    const start = trail.indexOf(path)
    if (start >= 0) {
      found.push(`${[...trail.slice(start), path].join(' → ')}: files import one another in a ring`)
      return
    }
    if (done.has(path)) return
    for (const target of graph.get(path) ?? []) visit(target, [...trail, path])
    done.add(path)
  }
  for (const path of graph.keys()) visit(path, [])
  return found
}
