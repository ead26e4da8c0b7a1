import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { describeThroughput } from '#cli/corrections-stats.ts'
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
  const stats = await run('stats')
  assert.match(stats.stdout, /2 in all, 1 ready for export/)
  assert.match(stats.stdout, /^1 wait for review, the oldest since \d{4}-\d\d-\d\d, the median for 0 days$/m)
  const out = join(home.path, 'train.jsonl')
  const exported = await run('export', '--format', 'dpo', '--out', out)
  assert.equal(exported.code, 0, exported.stderr)
  assert.equal(JSON.parse(readFileSync(out, 'utf8')).chosen[0].content, '42')
})

test('an export that has no place, or a filter with a slip, is refused before anything is made', async () => {
  const lost = await run('export', '--out', join(home.path, 'nowhere', 'train.jsonl'))
  assert.deepEqual([lost.code, lost.stderr.includes('There is no folder')], [1, true])
  assert.match((await run('export', '--test-share', 'half')).stderr, /a number from 0 to 1/)
  const out = join(home.path, 'hallucinations.jsonl')
  assert.match((await run('export', '--category', 'hallucination', '--out', out)).stdout, /^0 lines, 0 bytes/)
  assert.match((await run('queue', '--limit', '201')).stderr, /At most 200/)
})

test('reviewers are listed with what they decided, how long it took, and what was wrong by week', async () => {
  const counts = { correct: 2, discard: 1 }
  const reviewers = Object.entries(counts).map(([action, n]) => {
    const timed = action === 'correct' ? n : 0
    return { reviewer: 'ada', day: '2026-03-02', action, n, timed, mean_duration_ms: timed > 0 ? 1500 : null }
  })
  const categories = [
    { week_start: '2026-03-02', category: 'hallucination', n: 3 },
    { week_start: '2026-03-09', category: 'format_error', n: 1 },
  ]
  const waiting = { total: 0, oldest_day: null, median_age_days: null, by_age: [] }
  const days = { today: '2026-03-12', week_since: '2026-03-06', since: '2025-12-12' }
  const time = { reviewer: 'ada', n: 2, days: 1, mean_ms: 1500, low_ms: null, high_ms: null }
  const throughput = { days, reviewers, times: [time], categories, waiting }
  assert.deepEqual(describeThroughput(throughput), [
    'Nothing waits for review.',
    '',
    'last 13 weeks  correct  discard  flag  edit  undo  seconds each',
    'ada                  2        1     0     0     0  1.5 n=2',
    '',
    'week from   format_error  hallucination',
    '2026-03-02             0              3',
    '2026-03-09             1              0',
  ])
  const known = { ...time, n: 40, days: 9, low_ms: 1210, high_ms: 1790 }
  assert.match(describeThroughput({ ...throughput, times: [known] })[3] ?? '', / 1\.5 \[1\.2, 1\.8\] n=40$/)
})

test('a cell that begins like a formula is shown and not calculated', () => {
  for (const formula of ['=1', '+1', '-1', '@x', '\t=1', ' =1', '\u00a0=1', '\u200b=1', '＝1']) {
    assert.match(quoteSpreadsheet(formula), /^"?'/, JSON.stringify(formula))
  }
  assert.equal(quoteSpreadsheet(-1.5), '-1.5')
  assert.equal(quoteSpreadsheet('a, "b"'), '"a, ""b"""')
  assert.equal(quoteSpreadsheet(null), '')
})
