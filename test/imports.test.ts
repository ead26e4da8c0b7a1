import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkImports, findImports } from './imports.ts'
import { readSources } from './repository.ts'

test('every file under src/ keeps the import rules', () => {
  assert.deepEqual(checkImports(readSources()), [])
})

test('a file of a ground room that imports a feature is found', () => {
  assertFinds({ 'db/connect.ts': "import { a } from '#sessions/save.ts'" }, 'db is ground and must not know sessions')
  assertFinds({ 'errors.ts': "export * from '#judging/axes.ts'" }, 'errors.ts is ground and must not know judging')
  assertFinds({ 'projects/keys.ts': "import type { A } from '#api.ts'" }, 'projects is ground and must not know api.ts')
})

test('a feature that imports a later one is found, one that imports an earlier one is not', () => {
  assertFinds({ 'sessions/save.ts': "import { a } from '#judging/axes.ts'" }, 'sessions comes before judging')
  assertFinds(
    { 'judging/axes.ts': "const a = await import('#corrections/export.ts')" },
    'judging comes before corrections',
  )
  assertFinds({ 'judging/axes.ts': "import { a } from '#open.ts'" }, 'judging must not know open.ts')
  assert.deepEqual(check({ 'judging/axes.ts': "import { a } from '#sessions/save.ts'" }), [])
})

test("a room's routes and tasks are found when anything but the two registries imports them", () => {
  assertFinds({ 'judging/runs.ts': "import { a } from './routes.ts'" }, 'judging/routes.ts is imported by api.ts alone')
  assertFinds({ 'api.ts': "import { a } from '#judging/tasks.ts'" }, 'judging/tasks.ts is imported by tasks.ts alone')
  assert.deepEqual(check({ 'api.ts': "import { a } from '#judging/routes.ts'" }), [])
  assert.deepEqual(check({ 'tasks.ts': "import { a } from '#judging/tasks.ts'" }), [])
})

test('a command that goes past the client is found, except those that are a server themselves', () => {
  assertFinds({ 'cli/eval.ts': "import { a } from '#judging/runs.ts'" }, 'must not know judging/runs.ts')
  assertFinds({ 'cli/eval.ts': "import { a } from '#open.ts'" }, 'must not know open.ts')
  assertFinds({ 'cli/eval.ts': "const a = await import('#api.ts')" }, 'must not know api.ts')
  assertFinds({ 'cli/eval.ts': "import type { A } from '#judging/runs.ts'" }, 'must not know judging/runs.ts')
  assert.deepEqual(check({ 'cli/start-here.ts': "import { a } from '#open.ts'" }), [])
  assert.deepEqual(
    check({ 'cli/import.ts': "import { a } from '#ingest/files.ts'\nimport { b } from './main.ts'" }),
    [],
  )
})

test('a client that takes more than types from the server is found', () => {
  assertFinds({ 'client.ts': "import { a } from './api.ts'" }, 'client.ts runs in browsers: only types of api.ts')
  assert.deepEqual(check({ 'client.ts': "import type { Api } from './api.ts'" }), [])
})

test('index files, default exports and folders without a place are found', () => {
  assertFinds({ 'judging/index.ts': '' }, 'no index.ts')
  assertFinds({ 'judging/axes.ts': 'export default 1' }, 'no default exports')
  assertFinds({ 'shared/axes.ts': '' }, 'shared has no place in the order of the rooms')
})

test('imports in another order, past a parent folder, without an ending or to nothing are found', () => {
  const order = "import { a } from './runs.ts'\nimport { join } from 'node:path'"
  assertFinds({ 'judging/axes.ts': order }, 'judging/axes.ts:2: node:path stands after a later kind')
  assertFinds({ 'judging/axes.ts': "import { a } from '../errors.ts'" }, 'write #errors.ts instead of ../errors.ts')
  assertFinds({ 'judging/axes.ts': "import { a } from '#judging/runs.ts'" }, 'import it with ./')
  assertFinds({ 'judging/axes.ts': "import { a } from './runs'" }, './runs does not end in .ts')
  assertFinds({ 'judging/axes.ts': "import { a } from './gone.ts'" }, './gone.ts is no file')
})

test('files that import one another in a ring are found', () => {
  const ring = {
    'judging/axes.ts': "import { a } from './runs.ts'",
    'judging/runs.ts': "import { b } from './axes.ts'",
  }
  assertFinds(ring, 'judging/axes.ts → judging/runs.ts → judging/axes.ts')
})

test('an import over several lines, for its types or for its effect is read with its line', () => {
  const text =
    "import 'node:fs'\nimport type {\n  A,\n  B,\n} from './b.ts'\nexport { c } from './c.ts'\nconst d = await import('./d.ts')\n"
  assert.deepEqual(findImports(text), [
    { specifier: 'node:fs', line: 1, kind: 'value' },
    { specifier: './b.ts', line: 2, kind: 'type' },
    { specifier: './c.ts', line: 6, kind: 'value' },
    { specifier: './d.ts', line: 7, kind: 'dynamic' },
  ])
})

/** Files that the samples import. */
const AROUND = [
  ...['errors.ts', 'api.ts', 'tasks.ts', 'open.ts', 'client.ts', 'cli/main.ts', 'sessions/save.ts', 'ingest/files.ts'],
  ...['judging/axes.ts', 'judging/runs.ts', 'judging/routes.ts', 'judging/tasks.ts', 'corrections/export.ts'],
]

function check(sample: { [path: string]: string }): string[] {
  const around = AROUND.filter(path => !(path in sample)).map(path => ({ path, text: '' }))
  return checkImports([...around, ...Object.entries(sample).map(([path, text]) => ({ path, text }))])
}

function assertFinds(sample: { [path: string]: string }, expected: string): void {
  const found = check(sample)
  assert.equal(found.length, 1, found.join('\n') || 'nothing was found')
  assert.ok(found[0]?.includes(expected), found[0])
}
