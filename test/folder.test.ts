import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from '#folder.ts'

test('a folder is made with all that are missing above it, for its owner alone; again changes nothing', () => {
  const root = mkdtempSync(join(tmpdir(), 'whetstone-folder-'))
  const path = join(root, 'a', 'b', 'c')
  makeFolder(path)
  makeFolder(path)
  assert.equal(statSync(path).mode & 0o777, 0o700)
  assert.equal(statSync(join(root, 'a')).mode & 0o777, 0o700)
})

test('a file in the place of a folder is an error', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'whetstone-folder-')), 'file')
  writeFileSync(file, '')
  assert.throws(() => makeFolder(join(file, 'below')), /EEXIST|ENOTDIR/)
  assert.throws(() => makeFolder(file), { code: 'EEXIST' })
})

test('a home where nothing can be made is an error at once', t => {
  if (!existsSync('/proc/self')) return t.skip('there is no /proc here')
  const env = { ...process.env, WHETSTONE_HOME: '/proc/whetstone/home' }
  const { status, stderr } = spawnSync(process.execPath, ['bin/whetstone.js', 'eval', 'list'], { env, timeout: 20_000 })
  assert.equal(status, 1, String(stderr))
  assert.match(String(stderr), /ENOENT.*\/proc\/whetstone/)
})
