import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { findImports } from './imports.ts'
import { ROOT } from './repository.ts'
import { findCasts } from './repository-rules.ts'

/** Pure files of the server that run in a browser as well. */
const SHARED = [
  '#client.ts',
  '#corrections/blank.ts',
  '#experiments/variant-letter.ts',
  '#sessions/message-flags.ts',
  '#spreadsheet.ts',
]

const files = readdirSync(`${ROOT}web`, { recursive: true, encoding: 'utf8' })
  .filter(path => /\.tsx?$/.test(path) && !path.startsWith('dist') && path !== 'build.ts')
  .map(path => ({ path: path.replaceAll('\\', '/'), text: readFileSync(`${ROOT}web/${path}`, 'utf8') }))

/** What is wrong with the imports of a file of the web application. */
function checkWebImports({ path, text }: { path: string; text: string }): string[] {
  return findImports(text).flatMap(({ specifier, kind }) => {
    const complaint = `${path}: ${specifier}`
    if (specifier.startsWith('node:') || /^(zod|@hono|hono|pg)\b/.test(specifier))
      return [`${complaint} is for the server`]
    if (specifier.startsWith('#') && kind !== 'type' && !SHARED.includes(specifier))
      return [`${complaint} is not the client`]
    if (specifier.startsWith('.') && !/\.(tsx?|css)$/.test(specifier)) return [`${complaint} has no ending`]
    if (path.startsWith('ui/') && (/router|react-query/.test(specifier) || specifier.startsWith('../')))
      return [`${complaint}: ui/ knows neither router, API nor rooms`]
    return []
  })
}

test('the web application talks to the server through the client alone, and ui/ knows no page', () => {
  assert.deepEqual(files.flatMap(checkWebImports), [])
  const samples: [string, string][] = [
    ['sessions/a.ts', "import { a } from '#judging/axes.ts'"],
    ['sessions/a.ts', "import { z } from 'zod'"],
    ['sessions/a.ts', "import { a } from 'node:fs'"],
    ['sessions/a.ts', "import { a } from './b'"],
    ['ui/a.ts', "import { Link } from '@tanstack/react-router'"],
    ['ui/a.ts', "import { a } from '../shell/api.ts'"],
  ]
  for (const [path, text] of samples) assert.equal(checkWebImports({ path, text }).length, 1, text)
})

test('a file of the web application has 300 lines at most, silences no checker and makes no markup from text', () => {
  for (const { path, text } of files) {
    assert.ok(text.split('\n').length <= 301, path)
    assert.ok(
      !/dangerouslySetInnerHTML|\.innerHTML|\beval\(|new Function\(/.test(text),
      `${path} makes markup or code from text`,
    )
  }
  assert.deepEqual(files.flatMap(findCasts), [])
})
