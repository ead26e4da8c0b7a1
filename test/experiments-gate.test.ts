import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { mersenne } from 'pure-rand/generator/mersenne'
import { formatGateMarkdown, formatGateXml } from '#cli/gate-report.ts'
import { drawWhisker } from '#cli/leaderboard.ts'
import type { ShownGate } from '#client.ts'
import type { Gate } from '#experiments/gate.ts'
import { studentTQuantile } from '#statistics/student-t.ts'
import { openTestApp, type TestApp } from './app.ts'
import { CommandHome } from './command-line.ts'
import { type SeedExperiment, seedExperiment } from './experiment-seed.ts'
import { readJunit } from './junit-check.ts'

let app: TestApp
const home = new CommandHome()
before(async () => {
  app = await openTestApp()
})
after(async () => {
  await app.close()
  home.remove()
})

const COUNT = 60
const random = mersenne(9)
const BASE = Array.from({ length: COUNT }, () => 0.3 + 0.4 * uniformFloat64(random))
const shifted = (model: string, shift: number, spread = 0.02) => ({
  trial: { model },
  runs: BASE.map((score, index) => [{ grades: [score + shift + (index % 2 === 0 ? spread : -spread)] }]),
})
const question = (more: Partial<SeedExperiment>): SeedExperiment => ({
  scorers: [{ name: 'exact', weight: 1 }],
  cases: BASE.map((_, index) => ({ cluster: `c${index}` })),
  variants: [shifted('base', 0, 0), shifted('same', 0.001), shifted('worse', -0.1), shifted('unclear', -0.02)],
  ...more,
})
const gate = (id: string, query: string) => app.send<Gate>('GET', `/api/experiments/${id}/gate?${query}`)

test('the gate passes, fails and stays open by the one-sided bounds of the paired difference', async () => {
  const { id } = await seedExperiment(app.db, question({}))
  for (const [variant, outcome, code] of [
    ['same', 'pass', 0],
    ['worse', 'fail', 1],
    ['unclear', 'open', 2],
  ] as const) {
    const { status, body } = await gate(id, `variant=${variant}&max_regression=0.02`)
    assert.equal(status, 200, JSON.stringify(body))
    assert.deepEqual([body.outcome, body.exit_code, body.selection, body.split], [outcome, code, 'named', 'all'])
    const [one] = body.comparisons
    // Half of the differences are shift + 0.02, half shift − 0.02: their standard deviation is 0.02 · √(60/59).
    const reach = studentTQuantile(0.95, COUNT - 1) * ((0.02 * Math.sqrt(COUNT / (COUNT - 1))) / Math.sqrt(COUNT))
    const shift = { same: 0.001, worse: -0.1, unclear: -0.02 }[variant]
    assert.ok(Math.abs((one?.lower_bound ?? 9) - (shift - reach)) < 1e-7)
    assert.ok(Math.abs((one?.upper_bound ?? 9) - (shift + reach)) < 1e-7)
    assert.deepEqual([one?.cases, one?.unpaired, one?.clusters, one?.variant_mean.runs], [60, 0, 60, 60])
  }
  const several = await gate(id, 'variant=same&variant=unclear&variant=worse')
  assert.deepEqual([several.body.outcome, several.body.comparisons.length], ['fail', 3])
  const best = (await gate(id, '')).body
  assert.deepEqual([best.comparisons[0]?.variant.label, best.selection], ['same', 'selected on these cases'])
})

test('the best variant is chosen on the train split and tested on the test split', async () => {
  const cases = BASE.map((_, index) => ({ cluster: `c${index}`, split: index < 20 ? 0 : 9999 }))
  const lucky = {
    trial: { model: 'lucky' },
    runs: BASE.map((score, index) => [{ grades: [index < 20 ? score - 0.2 : score + 0.2] }]),
  }
  const { id } = await seedExperiment(
    app.db,
    question({ cases, test_share: 0.25, variants: [shifted('base', 0, 0), shifted('good', 0.05), lucky] }),
  )
  const { body } = await gate(id, '')
  assert.deepEqual(
    [body.comparisons[0]?.variant.label, body.split, body.selection, body.outcome, body.comparisons[0]?.cases],
    ['lucky', 'test', 'selected on the train split', 'fail', 20],
  )
})

test('what is no answer is refused: unknown, running, ended before its end, without scores', async () => {
  const status = async (seed: Partial<SeedExperiment>, query = '') => {
    const { id } = await seedExperiment(app.db, question(seed))
    const { status, body } = await gate(id, query)
    return [status, JSON.stringify(body)] as const
  }
  assert.equal((await gate('nobody', '')).status, 404)
  assert.match(
    (await status({ status: 'running', planned: 500 })).join(),
    /^409.*is running, with 240 of 500 runs done/,
  )
  assert.match((await status({ status: 'stopped', planned: 500 })).join(), /^409.*ended before its end/)
  assert.match((await status({ planned: 500 })).join(), /^409/)
  const unscored = { trial: { model: 'unscored' }, runs: BASE.map(() => [{ grades: [null] }]) }
  const variants = [shifted('base', 0, 0), unscored]
  assert.match((await status({ variants }, 'variant=unscored')).join(), /^409.*60 of its runs have no score of exact/)
  assert.match((await status({ variants })).join(), /^409.*no scored variant beside its baseline/)
  assert.equal((await status({}, 'variant=llama'))[0], 422)
})

const NASTY = '<b>"A" & \'B\'</b> ]]> \u0000\u001b[31m | `x` **y** @ada \ud800 \uffff'

const SHOWN: ShownGate = {
  experiment_id: '00000000-0000-4000-8000-000000000000',
  name: NASTY,
  outcome: 'fail',
  exit_code: 1,
  margin: 0.02,
  level: 0.95,
  split: 'all',
  selection: 'named',
  baseline: { variant_no: 1, label: NASTY },
  comparisons: (['pass', 'fail', 'open'] as const).map((outcome, index) => ({
    variant: { variant_no: index + 2, label: `${outcome} ${NASTY}` },
    outcome,
    difference: -0.01,
    lower_bound: -0.05,
    upper_bound: 0.03,
    cases: 120,
    unpaired: 0,
    clusters: 40,
    variant_mean: { estimate: 0.7, low: 0.6, high: 0.8, cases: 120, clusters: 40, runs: 120 },
    baseline_mean: { estimate: 0.71, low: 0.61, high: 0.81, cases: 120, clusters: 40, runs: 120 },
    variant_failed: 0,
    baseline_failed: 2,
  })),
}

test("the report is JUnit's XML whatever names people give, a case for each comparison", () => {
  const suites = readJunit(formatGateXml(SHOWN))
  const [suite] = suites.children
  assert.deepEqual(
    ['tests', 'failures', 'errors'].map(name => suite?.attributes.get(name)),
    ['3', '1', '1'],
  )
  const cases = suite?.children.filter(({ name }) => name === 'testcase') ?? []
  assert.deepEqual(
    cases.map(({ children }) => children.map(({ name }) => name)),
    [['system-out'], ['failure'], ['error']],
  )
  assert.ok(cases[0]?.attributes.get('name')?.includes('<b>"A" & \'B\'</b> ]]>'))
  assert.match(cases[1]?.children[0]?.attributes.get('message') ?? '', /is worse than .* by more than 0\.02/)
})

test('in the Markdown summary names are code, which nothing breaks out of', () => {
  const markdown = formatGateMarkdown(SHOWN)
  const rows = markdown.split('\n').filter(line => line.startsWith('| '))
  assert.deepEqual(
    rows.map(row => row.replaceAll('\\|', '').split('|').length),
    [10, 10, 10, 10, 10],
  )
  // Outside of code spans nothing of a name is left.
  const outside = markdown.replace(/(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, '')
  for (const part of ['<b>', '@ada', '**y**', '`']) assert.ok(!outside.includes(part), `${part} in ${outside}`)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: foreign ones must be gone.
  assert.doesNotMatch(markdown, /[\u0000-\u0009\u000b-\u001f]/)
})

test('whiskers are as wide as their column and stand where their numbers are', () => {
  const axis = { from: 0, to: 1 }
  assert.equal(drawWhisker({ estimate: 0.5, low: 0.25, high: 0.75 }, axis, 20), '     ├────●────┤    ')
  assert.equal(drawWhisker({ estimate: 1, low: 0.9, high: 1 }, axis, 10), '         ●')
  assert.equal(drawWhisker({ estimate: 0, low: null, high: null }, { from: 0, to: 0 }, 5), '  ●  ')
  for (let low = 0; low <= 1; low += 0.05) {
    assert.equal(drawWhisker({ estimate: (low + 1) / 2, low, high: 1 }, axis, 25).length, 25)
  }
})

test('whetstone gate ends with 0, 1, 2 for answers and 3 or more where there is none', async () => {
  const { id } = await seedExperiment(app.db, question({ name: 'on the line' }))
  const { id: running } = await seedExperiment(app.db, question({ status: 'running' }))
  const file = join(home.path, 'question.yaml')
  writeFileSync(file, 'name: on the line\nparameter_space: {}\n')
  const run = async (...args: string[]) => home.start(args, { env: { DATABASE_URL: app.url } }).finished
  const [junit, markdown] = [join(home.path, 'gate.xml'), join(home.path, 'gate.md')]
  const passed = await run(
    'gate',
    '--experiment',
    file,
    '--baseline',
    'base',
    '--max-regression',
    '0.02',
    '--junit',
    junit,
    '--markdown',
    markdown,
  )
  assert.equal(passed.code, 0, passed.stderr)
  assert.match(passed.stdout, /^passed: same is not worse than base by 0\.02 or more: difference \+0\.001/)
  readJunit(readFileSync(junit, 'utf8'))
  assert.match(readFileSync(markdown, 'utf8'), /^### ✅ Gate passed: `on the line`/)
  assert.equal((await run('gate', '--experiment', 'on the line', '--variant', 'unclear')).code, 2)
  for (const args of [
    ['--experiment', running],
    ['--experiment', id, '--max-regression', 'much'],
  ]) {
    const { code, stderr } = await run('gate', ...args)
    assert.equal(code, 3, `${args}: ${stderr}`)
    assert.notEqual(stderr, '')
  }
  const missing = await run('gate', '--experiment', join(home.path, 'missing.yaml'))
  assert.equal(missing.code, 3)
  assert.match(missing.stderr, /missing\.yaml cannot be read: ENOENT/)
})

test('whetstone leaderboard prints a table whose whiskers line up, and what it comes to', async () => {
  const { id } = await seedExperiment(app.db, question({}))
  const { stdout, stderr, code } = await home.start(['leaderboard', id], { env: { DATABASE_URL: app.url } }).finished
  assert.equal(code, 0, stderr)
  const lines = stdout.split('\n')
  const start = lines[0]?.search(/0\.\d\d +0\.\d\d/) ?? -1
  const rows = lines.slice(1, 5)
  for (const row of rows) assert.match([...row].slice(start, start + 25).join(''), /^ *├?─*●─*┤? *$/, row)
  assert.deepEqual(
    rows.map(row => row.split(/ {2,}/)[1]),
    ['same', 'base', 'unclear', 'worse'],
  )
  assert.match(rows[3] ?? '', /^3–4 .*−0\.100 \(−0\.\d+ to −0\.\d+, p < 0\.001\)/)
  assert.match(stdout, /same and base can't be separated on 60 cases; a difference of 0\.0\d would have shown/)
})
