import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { quoteSpreadsheet } from '#spreadsheet.ts'
import { makeBenchmarkFolder, makeCandidateLine } from './benchmark-files.ts'
import { CommandHome } from './command-line.ts'

const home = new CommandHome()
const bench = makeBenchmarkFolder()

before(() => {
  writeFileSync(join(home.path, 'whetstone.yaml'), `bench_roots: [${JSON.stringify(bench.path)}]\n`)
  bench.write('run-1', [
    makeCandidateLine('a', { status: 'approved', corrected_response: '42' }),
    makeCandidateLine('b', { model_response: '=HYPERLINK("x")' }),
    'no json',
  ])
})
after(async () => {
  await home.remove()
  bench.remove()
})

async function run(...args: string[]) {
  const done = await home.run('corrections', ...args)
  return { ...done, lines: done.stdout.trim().split('\n') }
}

test('config, import, queue, stats and export work without a server', async () => {
  assert.equal((await run('config', '/etc')).code, 1)
  assert.equal((await run('config', bench.path)).stdout.trim(), bench.path)
  const imported = await run('import', 'run-1')
  assert.equal(imported.code, 1)
  assert.equal(imported.lines[0], '2 imported, 0 skipped, 1 malformed')
  assert.match(imported.lines[1] ?? '', /^line 3: /)
  const queue = await run('queue', '--csv')
  assert.match(queue.stdout, /"'=HYPERLINK\(""x""\)"/)
  assert.match((await run('stats')).stdout, /2 in all, 1 ready for export/)
  const out = join(home.path, 'train.jsonl')
  const exported = await run('export', '--format', 'dpo', '--out', out)
  assert.equal(exported.code, 0, exported.stderr)
  assert.equal(JSON.parse(readFileSync(out, 'utf8')).chosen[0].content, '42')
})

test('a cell that begins like a formula is shown and not calculated', () => {
  for (const formula of ['=1', '+1', '-1', '@x', '\t=1', ' =1', '\u00a0=1', '\u200b=1', '＝1']) {
    assert.match(quoteSpreadsheet(formula), /^"?'/, JSON.stringify(formula))
  }
  assert.equal(quoteSpreadsheet(-1.5), '-1.5')
  assert.equal(quoteSpreadsheet('a, "b"'), '"a, ""b"""')
  assert.equal(quoteSpreadsheet(null), '')
})
