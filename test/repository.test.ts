import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'
import { test } from 'node:test'
import { z } from 'zod'
import { listFiles, ROOT, readSources, readText } from './repository.ts'
import {
  findCasts,
  findCommands,
  findDuplicateNames,
  findForeignAddresses,
  findLinks,
  findUndocumented,
} from './repository-rules.ts'

const sources = readSources()
const files = listFiles()
const withGit = { skip: files === null ? 'needs git' : false }
const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(readText('package.json')))
const documents = (files ?? []).filter(path => path.endsWith('.md'))

test('a file under src/ has 300 lines at most', () => {
  const long = sources.map(({ path, text }) => `${path}: ${text.split('\n').length - 1} lines`)
  assert.deepEqual(
    long.filter(line => Number(line.split(': ')[1]?.split(' ')[0]) > 300),
    [],
  )
})

test('a name is exported once in src/; a value and a type of one name in one file are one', () => {
  assert.deepEqual(findDuplicateNames(sources), [])
  const twice = [
    { path: 'a.ts', text: 'export const roleSchema = 1\nexport type Role = 1\nexport const Role = 1' },
    { path: 'b.ts', text: 'export interface Role {}\nexport async function save() {}\nexport { save as store }' },
    { path: 'c.ts', text: 'export function save() {}' },
  ]
  assert.deepEqual(findDuplicateNames(twice), ['Role: a.ts, b.ts', 'save: b.ts, c.ts'])
})

test('no folder and no file is named for being useful', withGit, () => {
  const vague = /(^|\/)(utils?|shared|lib|common|helpers?|misc)(\/|\.\w+$)/
  assert.deepEqual(
    files?.filter(path => vague.test(path)),
    [],
  )
})

test('every exported function under src/ is a declaration with a docstring', () => {
  assert.deepEqual(sources.flatMap(findUndocumented), [])
  const sample = '/** Does it. */\nexport function a() {}\n\nexport async function b() {}\nexport const c = () => 1\n'
  assert.deepEqual(findUndocumented({ path: 'a.ts', text: sample }), [
    'a.ts:4: b has no docstring',
    'a.ts:5: c is an arrow function; declare it with function',
  ])
})

test('nothing under src/ silences the type checker', () => {
  assert.deepEqual(sources.flatMap(findCasts), [])
  const sample =
    'const a: any = 1\n// any use\nb as unknown as C\n// @ts-ignore\nc!.d\ne[0]!\nf !== g\nh as any\ni(j!)\n'
  assert.deepEqual(
    findCasts({ path: 'a.ts', text: sample }).map(found => found.split(':')[1]),
    ['1', '3', '4', '5', '6', '8', '9'],
  )
})

test('only commands write to the console', () => {
  const chatty = sources.filter(({ path, text }) => !path.startsWith('cli/') && /\bconsole\./.test(text))
  assert.deepEqual(
    chatty.map(file => file.path),
    [],
  )
})

test('every migration is named NNNN_what.sql, counted without a gap', withGit, () => {
  const names = files?.filter(path => path.startsWith('src/db/migrations/')).sort() ?? []
  const expected = names.map((_, index) => String(index + 1).padStart(4, '0'))
  assert.ok(names.length > 0)
  assert.deepEqual(
    names.map(name => name.match(/\/(\d{4})_[a-z_]+\.sql$/)?.[1]),
    expected,
  )
})

test('no file names a package registry or a folder of one machine, and the lock file no address', withGit, () => {
  const found = files?.flatMap(path => findForeignAddresses(path, readText(path)))
  assert.deepEqual(found, [])
  assert.ok(!readText('package-lock.json').includes('"resolved"'))
  const registry = ['https://registry', 'npmjs', 'org'].join('.')
  const sample = `see ${registry}/pg\nin ${'/home'}/someone/work\nin /home/ada/shop\nfile ${'/root'}/x\n`
  assert.deepEqual(
    findForeignAddresses('a.md', sample).map(line => line.split(':')[1]),
    ['1', '2', '4'],
  )
})

test('every link in a document leads to a file that is there', withGit, () => {
  const dead = documents.flatMap(path =>
    findLinks(readText(path))
      .map(link => join(dirname(path), link))
      .filter(target => !existsSync(ROOT + target))
      .map(target => `${path}: ${target}`),
  )
  assert.deepEqual(dead, [])
  assert.deepEqual(findLinks('[a](b.md#c) [d](https://e.org) [f](#g) ![h](./i.png)'), ['b.md', './i.png'])
})

test('every command in a document runs a script or a file that is there', withGit, () => {
  const wrong = documents.flatMap(path =>
    findCommands(readText(path))
      .filter(({ kind, name }) => (kind === 'script' ? !(name in scripts) : !existsSync(ROOT + name)))
      .map(({ name }) => `${path}: ${name}`),
  )
  assert.deepEqual(wrong, [])
  assert.deepEqual(findCommands('`npm ci && npm run demo`, `npm test`\n    node bench/a.ts --fast\n'), [
    { kind: 'script', name: 'demo' },
    { kind: 'script', name: 'test' },
    { kind: 'file', name: 'bench/a.ts' },
  ])
})

test('the README sets everything up with two commands', () => {
  const readme = readText('README.md')
  for (const command of ['npm ci && npm run demo', 'npm ci && npm test']) assert.ok(readme.includes(command), command)
})

test('every decision is told in 40 lines at most, with its context and its consequence', withGit, () => {
  const decisions = documents.filter(path => path.startsWith('docs/decisions/'))
  assert.ok(decisions.length > 0)
  for (const path of decisions) {
    const text = readText(path)
    assert.match(path, /\/\d{4}-[a-z0-9-]+\.md$/)
    assert.ok(text.split('\n').length <= 41, `${path} is too long`)
    for (const heading of ['# ', '## Context', '## Decision', '## Consequence'])
      assert.ok(text.includes(heading), `${path}: ${heading}`)
  }
})
