import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { mersenne } from 'pure-rand/generator/mersenne'
import { connect, disconnect } from '#db/connect.ts'
import { readLeaderboard } from '#experiments/leaderboard.ts'
import type { VariantLeaderboard } from '#experiments/leaderboard-schemas.ts'
import { labelVariants } from '#experiments/variant-labels.ts'
import { wordVerdict } from '#experiments/verdict.ts'
import { studentTCdf, studentTQuantile } from '#statistics/student-t.ts'
import { openTestApp, type TestApp } from './app.ts'
import { drawBeta } from './draws.ts'
import { putSums, type SeedExperiment, type SeedRun, seedExperiment, sumRuns } from './experiment-seed.ts'

let app: TestApp
before(async () => {
  app = await openTestApp()
})
after(() => app.close())

const board = async (id: string, query = '') => {
  const { status, body } = await app.send<VariantLeaderboard>('GET', `/api/experiments/${id}/leaderboard?${query}`)
  assert.equal(status, 200, JSON.stringify(body))
  return body
}
const near = (actual: number | null | undefined, expected: number, tolerance = 1e-9) =>
  assert.ok(typeof actual === 'number' && Math.abs(actual - expected) <= tolerance, `${actual}, expected ${expected}`)
const entryOf = ({ entries }: VariantLeaderboard, label: string) => {
  const entry = entries.find(one => one.label === label)
  assert.ok(entry !== undefined, `no entry ${label} in ${entries.map(one => one.label)}`)
  return entry
}
const run = (...grades: (number | null)[]): SeedRun => ({ grades })
const CRASH: SeedRun = { grades: [0, 0], failed: true }
const ONE = [{ name: 'exact', weight: 1 }]

/** One run of one grade for each case. */
const graded = (model: string, grades: number[]) => ({ trial: { model }, runs: grades.map(grade => [run(grade)]) })
/** Cases that are each of their own cluster. */
const apart = (count: number) => Array.from({ length: count }, (_, index) => ({ cluster: `c${index}` }))

test('means, intervals, paired differences and p-values are those of an independent computation from the single runs', async () => {
  // Two scorers, 3 : 1; four sessions with 1, 2, 3 and 2 cases; two or three repeats.
  const clusters = ['s1', 's2', 's2', 's3', 's3', 's3', 's4', 's4']
  const random = mersenne(7)
  const draw = () => Math.round(uniformFloat64(random) * 100) / 100
  const repeats = (n: number) => Array.from({ length: n }, () => run(draw(), draw()))
  const seed: SeedExperiment = {
    scorers: [
      { name: 'exact', weight: 3 },
      { name: 'style', weight: 1 },
    ],
    cases: clusters.map(cluster => ({ cluster })),
    variants: ['A', 'B'].map(model => ({
      trial: { model, temperature: 0 },
      runs: clusters.map((_, i) => repeats(2 + (i % 2))),
    })),
  }
  const { id } = await seedExperiment(app.db, seed)
  const read = await board(id)
  assert.equal(read.baseline?.label, 'A')

  const caseScores = seed.variants.map(({ runs }) =>
    runs.map(list => mean((list ?? []).map(({ grades: [a, b] }) => (3 * Number(a) + Number(b)) / 4))),
  )
  const [scoresA = [], scoresB = []] = caseScores
  for (const [label, scores] of [
    ['A', scoresA],
    ['B', scoresB],
  ] as const) {
    const { weighted, clusters: n, runs } = entryOf(read, label)
    assert.ok(weighted !== null && weighted.low !== null && weighted.high !== null)
    const expected = wilson(clusterRobust(scores, clusters))
    near(weighted.estimate, mean(scores))
    near(weighted.low, expected.low, 1e-8)
    near(weighted.high, expected.high, 1e-8)
    assert.deepEqual([weighted.cases, weighted.clusters, weighted.runs, n, runs], [8, 4, 20, 4, 20])
  }
  const gaps = scoresB.map((score, index) => score - (scoresA[index] ?? 0))
  const robust = clusterRobust(gaps, clusters)
  const { difference } = entryOf(read, 'B')
  assert.ok(difference !== null)
  near(difference.estimate, mean(gaps))
  const reach = studentTQuantile(0.975, robust.degrees) * robust.error
  near(difference.low, Math.max(-1, mean(gaps) - reach), 1e-8)
  near(difference.high, Math.min(1, mean(gaps) + reach), 1e-8)
  near(difference.p_value, 2 * studentTCdf(-Math.abs(mean(gaps)) / robust.error, robust.degrees), 1e-8)
  assert.equal(difference.simultaneous_low, difference.low, 'a family of one needs no correction')
  assert.equal(entryOf(read, 'A').difference, null)
})

test('a failed run counts 0 and is shown; a variant that crashes on the hard cases does not win', async () => {
  const cases = apart(40)
  const hard = (index: number) => index % 2 === 0
  const { id } = await seedExperiment(app.db, {
    scorers: [{ name: 'exact', weight: 1 }],
    cases,
    variants: [
      { trial: { model: 'steady' }, runs: cases.map((_, index) => [run(hard(index) ? 0.6 : 0.9)]) },
      {
        trial: { model: 'crashing' },
        runs: cases.map((_, index) => [hard(index) ? { ...CRASH, grades: [0] } : run(0.95)]),
      },
    ],
  })
  const read = await board(id)
  assert.deepEqual(
    read.entries.map(({ label, failed, runs }) => [label, failed, runs]),
    [
      ['steady', 0, 40],
      ['crashing', 20, 40],
    ],
  )
  near(entryOf(read, 'crashing').weighted?.estimate, 0.475)
  near(entryOf(read, 'crashing').scorers[0]?.value?.estimate, 0.475)
  assert.equal(entryOf(read, 'crashing').difference?.verdict, 'worse')
  assert.match(read.verdict ?? '', /^steady is better than the other on 40 cases/)
})

test('a variant without all scorers that count is not ranked, and the leaderboard says which is missing', async () => {
  const cases = apart(12)
  const { id } = await seedExperiment(app.db, {
    scorers: [
      { name: 'exact', weight: 1 },
      { name: 'human', weight: 1, declared: false },
      { name: 'length', weight: null },
    ],
    cases,
    variants: [
      { trial: { model: 'whole' }, runs: cases.map(() => [run(0.5, 0.5, null)]) },
      { trial: { model: 'unseen' }, runs: cases.map((_, index) => [run(1, index < 9 ? 1 : null, 1)]) },
    ],
  })
  const read = await board(id)
  assert.deepEqual(
    read.entries.map(({ label }) => label),
    ['whole', 'unseen'],
  )
  const unseen = entryOf(read, 'unseen')
  assert.deepEqual(unseen.missing, [{ scorer: 'human', runs: 3 }])
  assert.deepEqual([unseen.weighted, unseen.rank, unseen.difference, unseen.on_front], [null, null, null, null])
  assert.deepEqual([unseen.scorers[1]?.value?.cases, unseen.scorers[1]?.value?.estimate], [9, 1])
  assert.equal(entryOf(read, 'whole').scorers[2]?.value, null)
  assert.equal(read.ranked, 1)
  assert.match(read.verdict ?? '', /^Only whole is ranked, on 12 cases\.$/)
})

test('ranks say what all pairs leave open, and equals are told apart by nothing', async () => {
  const random = mersenne(3)
  const count = 120
  const base = Array.from({ length: count }, () => uniformFloat64(random) * 0.6)
  const around = (shift: number) => base.map(score => score + shift + uniformFloat64(random) * 0.2 - 0.1 + 0.1)
  const { id } = await seedExperiment(app.db, {
    scorers: ONE,
    cases: apart(count),
    variants: [graded('A', around(0.11)), graded('B', around(0)), graded('C', around(0.105))],
  })
  const read = await board(id, 'baseline=B')
  assert.deepEqual(
    ['A', 'B', 'C'].map(label => entryOf(read, label).rank),
    [
      { best: 1, worst: 2 },
      { best: 3, worst: 3 },
      { best: 1, worst: 2 },
    ],
  )
  assert.match(
    read.verdict ?? '',
    /^(A and C|C and A) can't be separated on 120 cases; a difference of 0\.0\d would have shown\. [AC] was selected on these cases/,
  )
  assert.equal(read.selection, 'selected on these cases')
  assert.deepEqual([read.comparisons, read.pairs], [2, 3])
  for (const label of ['A', 'C']) {
    const { difference } = entryOf(read, label)
    assert.equal(difference?.verdict, 'better')
    assert.ok((difference?.detectable ?? 1) < 0.05)
  }
})

test('interval and p-value agree for every comparison, whatever the data', async t => {
  const seed = Date.now() >>> 0
  t.diagnostic(`seed ${seed}`)
  const random = mersenne(seed)
  for (let trial = 0; trial < 12; trial++) {
    const count = 6 + Math.floor(uniformFloat64(random) * 30)
    const cases = Array.from({ length: count }, (_, index) => ({ cluster: `c${index % (3 + trial)}` }))
    const shifts = Array.from({ length: 6 }, () => uniformFloat64(random) * 0.3)
    const difficulty = cases.map(() => uniformFloat64(random) * 0.5)
    const variants = shifts.map((shift, model) =>
      graded(
        `m${model}`,
        difficulty.map(ease => ease + shift + uniformFloat64(random) * 0.2),
      ),
    )
    const { id } = await seedExperiment(app.db, { scorers: ONE, cases, variants })
    const read = await board(id)
    for (const { difference, label } of read.entries) {
      if (difference === null) continue
      const { simultaneous_low: low, simultaneous_high: high, p_value, verdict } = difference
      assert.ok(low !== null && high !== null && p_value !== null)
      const decided = p_value <= 0.05
      const outside = low > 0 || high < 0 || (difference.cut_at_zero && (low === 0 || high === 0))
      assert.equal(decided, outside, `seed ${seed}, ${label}: ${JSON.stringify(difference)}`)
      assert.equal(verdict, decided ? (difference.estimate > 0 ? 'better' : 'worse') : 'undecided')
    }
  }
})

test('intervals of the leaderboard hold the true mean in 95 of 100 experiments', async t => {
  const seed = 11
  t.diagnostic(`seed ${seed}`)
  const random = mersenne(seed)
  // One experiment with many variants of the same truth is many draws; cases of a session are alike (0.1).
  const cases = Array.from({ length: 100 }, (_, index) => ({ cluster: `s${index % 25}` }))
  const variants = Array.from({ length: 300 }, (_, number) => {
    const sessions = Array.from({ length: 25 }, () => drawBeta(random, 0.7, 9))
    return {
      trial: { number },
      runs: cases.map((_, index) => {
        const own = sessions[index % 25] ?? 0.7
        return [0, 1].map(() => run(Number(uniformFloat64(random) < own)))
      }),
    }
  })
  const { id } = await seedExperiment(app.db, { scorers: ONE, cases, variants })
  const { entries } = await board(id, 'limit=300')
  const held = entries.filter(({ weighted }) => (weighted?.low ?? 1) <= 0.7 && 0.7 <= (weighted?.high ?? 0)).length
  // Three standard errors of 300 draws are 3.8 points.
  assert.ok(held / 300 >= 0.912 && held / 300 <= 0.988, `${held} of 300`)
  const decided = entries.filter(({ rank }) => rank?.best !== 1 || rank.worst !== 300).length
  assert.ok(decided <= 6, `${decided} variants of one and the same truth were ranked apart`)
})

test('the winner is chosen on train and confirmed on test, where nothing was selected', async () => {
  const random = mersenne(5)
  const cases = Array.from({ length: 90 }, (_, index) => ({ cluster: `s${index}`, split: index < 30 ? 1000 : 5000 }))
  const noisy = (model: string, train: number, test: number) =>
    graded(
      model,
      cases.map((_, index) => (index < 30 ? test : train) + (uniformFloat64(random) - 0.5) * 0.1),
    )
  const { id } = await seedExperiment(app.db, {
    scorers: ONE,
    cases,
    test_share: 0.3,
    variants: [noisy('base', 0.5, 0.5), noisy('lucky', 0.8, 0.5), noisy('second', 0.7, 0.7)],
  })
  const read = await board(id)
  assert.equal(read.split, 'train')
  assert.equal(read.winner?.label, 'lucky')
  assert.equal(read.entries[0]?.cases, 60)
  assert.equal(read.selection, 'confirmed on the test split')
  assert.equal(read.confirmation?.mean.cases, 30)
  near(read.confirmation?.mean.estimate, 0.5, 0.02)
  assert.equal(read.confirmation?.against_runner_up?.verdict, 'worse')
  assert.equal(read.confirmation?.against_baseline?.verdict, 'undecided')
  assert.equal(read.confirmation?.against_baseline?.family, 2)
  assert.match(read.verdict ?? '', /On 30 cases held back it scores 0\.\d\d \(.*against base.*against second\.$/)
  const letters = read.entries.map(({ label, variant_no }) => [label, String.fromCharCode(64 + variant_no)] as const)
  const renamed = letters.reduce((text, [label, letter]) => text.replaceAll(label, letter), read.verdict ?? '')
  assert.equal(read.verdict_in_letters, renamed, 'the same words, with letters for long labels')
  const all = await board(id, 'split=all')
  assert.deepEqual([all.selection, all.confirmation, all.entries[0]?.cases], ['selected on these cases', null, 90])
})

test('while an experiment runs there are numbers and no verdicts', async () => {
  const cases = apart(30)
  const { id } = await seedExperiment(app.db, {
    status: 'running',
    planned: 200,
    scorers: ONE,
    cases,
    variants: [
      graded(
        'A',
        cases.map(() => 0.2),
      ),
      graded(
        'B',
        cases.map((_, index) => 0.8 + (index % 3) / 30),
      ),
    ],
  })
  const read = await board(id)
  assert.deepEqual([read.provisional, read.done, read.planned], [true, 60, 200])
  assert.deepEqual([read.verdict, read.winner, read.selection, read.runner_up], [null, null, null, null])
  const { rank, difference, weighted } = entryOf(read, 'B')
  assert.equal(rank, null)
  assert.ok(weighted !== null && difference !== null && difference.low > 0.5)
  assert.deepEqual(
    [difference.p_value, difference.verdict, difference.simultaneous_low, difference.detectable],
    [null, null, null, null],
  )
})

test('variants of a guided sweep that were dropped early are compared on common cases and stand after the finalists', async () => {
  const cases = apart(64)
  const ease = cases.map((_, index) => (index * 37) % 64)
  const first = (upTo: number, shift: number) =>
    cases.map((_, index) => (index < upTo ? [run(Math.min(1, shift + (ease[index] ?? 0) / 200))] : null))
  const { id } = await seedExperiment(app.db, {
    scorers: ONE,
    cases,
    variants: [
      { trial: { model: 'finalist' }, runs: first(64, 0.5), last_round: 2 },
      // Its few cases were easy, so that its own mean is the highest of all.
      {
        trial: { model: 'dropped' },
        runs: cases.map((_, index) => ((ease[index] ?? 0) > 55 ? [run(0.7)] : null)),
        last_round: 0,
      },
      { trial: { model: 'rival' }, runs: first(64, 0.45), last_round: 2 },
    ],
  })
  const read = await board(id, 'baseline=1')
  assert.deepEqual(
    read.entries.map(({ label, cases: n }) => [label, n]),
    [
      ['finalist', 64],
      ['rival', 64],
      ['dropped', 8],
    ],
  )
  const { difference } = entryOf(read, 'dropped')
  assert.equal(difference?.cases, 8)
  assert.ok((difference?.estimate ?? 1) < 0, 'on its own cases the finalist was better')
  assert.match(read.verdict ?? '', /^finalist is better|^finalist and|can't be separated/)
})

test('the verdict of a guided sweep claims no more than the ranks: what was dropped on few cases may be as good', async () => {
  const cases = apart(64)
  const { id } = await seedExperiment(app.db, {
    scorers: ONE,
    cases,
    variants: [
      { trial: { model: 'finalist' }, runs: cases.map((_, index) => [run(0.7 + (index % 4) / 20)]), last_round: 2 },
      {
        trial: { model: 'dropped' },
        runs: cases.map((_, index) => (index < 8 ? [run(0.7 + ((index + 1) % 4) / 20)] : null)),
        last_round: 0,
      },
      { trial: { model: 'worse' }, runs: cases.map((_, index) => [run(0.3 + (index % 3) / 20)]), last_round: 1 },
    ],
  })
  const read = await board(id)
  assert.deepEqual(entryOf(read, 'finalist').rank, { best: 1, worst: 2 })
  assert.match(
    read.verdict ?? '',
    /^finalist leads on 64 cases: it is better than 1 of the other 2 and can't be separated from the rest;/,
  )
})

test('pass@k and consistency are over cases with enough runs, each case with the same weight', async () => {
  const passes = (...flags: number[]) => flags.map(flag => run(flag))
  const { id } = await seedExperiment(app.db, {
    scorers: ONE,
    cases: apart(4),
    pass_threshold: 1,
    variants: [{ trial: {}, runs: [passes(1, 1, 0), passes(0, 0, 0, 1), passes(1), passes(0, 0, 0)] }],
  })
  const [entry] = (await board(id, 'k=2')).entries
  // 1 − C(1,2)/C(3,2) = 1; 1 − C(3,2)/C(4,2) = 1/2; one run is too few; 0.
  near(entry?.pass_at_k?.estimate, (1 + 0.5 + 0) / 3)
  assert.deepEqual([entry?.pass_at_k?.cases, entry?.pass_at_k?.runs], [3, 10])
  // (2·1 + 0)/6 = 1/3; (0 + 3·2)/12 = 1/2; undefined; 1.
  near(entry?.consistency?.estimate, (1 / 3 + 1 / 2 + 1) / 3)
  const [first] = (await board(id, 'k=1')).entries
  near(first?.pass_at_k?.estimate, (2 / 3 + 1 / 4 + 1 + 0) / 4)
  const [many] = (await board(id, 'k=9')).entries
  assert.equal(many?.pass_at_k, null)
  assert.equal(entry?.label, 'variant 1')
})

test('cost, latency and the Pareto front stand beside quality, each with its interval', async () => {
  const cases = apart(21)
  const priced = (model: string, grade: number, cost: number | null, speed: number) => ({
    trial: { model },
    runs: cases.map((_, index) => [
      { grades: [grade], cost_usd: cost === null ? null : cost * (1 + (index % 3)), duration_ms: speed + index * 10 },
    ]),
  })
  const { id } = await seedExperiment(app.db, {
    scorers: ONE,
    cases,
    variants: [priced('good', 0.9, 0.02, 900), priced('cheap', 0.7, 0.001, 100), priced('bad', 0.6, 0.02, 1000)],
  })
  const read = await board(id)
  assert.deepEqual(
    ['good', 'cheap', 'bad'].map(label => entryOf(read, label).on_front),
    [true, true, false],
  )
  const { cost_usd, latency_p50_ms } = entryOf(read, 'good')
  near(cost_usd?.estimate, 0.04)
  assert.ok((cost_usd?.low ?? 1) < 0.04 && (cost_usd?.high ?? 0) > 0.04)
  near(latency_p50_ms?.estimate, 1000)
  assert.ok((latency_p50_ms?.low ?? 9999) < 1000 && (latency_p50_ms?.high ?? 0) > 1000)
  assert.deepEqual([cost_usd?.cases, cost_usd?.runs, latency_p50_ms?.clusters], [21, 21, 21])
})

test('the weight that would change the winner is told exactly', async () => {
  const cases = apart(10)
  const both = (model: string, exact: number, style: number) => ({
    trial: { model },
    runs: cases.map(() => [run(exact, style)]),
  })
  const seed = (styleWeight: number): SeedExperiment => ({
    scorers: [
      { name: 'exact', weight: 3 },
      { name: 'style', weight: styleWeight },
    ],
    cases,
    variants: [both('right', 0.9, 0.2), both('nice', 0.7, 0.8)],
  })
  const read = await board((await seedExperiment(app.db, seed(0.5))).id)
  assert.equal(read.winner?.label, 'right')
  const [exact, style] = read.sensitivity
  // 0.2 · exact = 0.6 · style.
  near(style?.above?.weight, 1)
  assert.deepEqual([style?.below, style?.above?.label], [null, 'nice'])
  near(exact?.below?.weight, 1.5)
  assert.equal(exact?.above, null)
  const beyond = await board((await seedExperiment(app.db, seed(1.01))).id)
  assert.equal(beyond.winner?.label, 'nice')
})

test('a label says only what differs, and a baseline is named by number, label, values or the document', async () => {
  const cases = apart(5)
  const runs = cases.map(() => [run(0.5)])
  const { id } = await seedExperiment(app.db, {
    scorers: ONE,
    cases,
    variants: [
      { trial: { model: 'gemma', temperature: 0, prompt: 'Answer.' }, runs },
      { trial: { model: 'gemma', temperature: 1, prompt: 'Answer.' }, runs, baseline: true },
      { trial: { model: 'qwen', temperature: 1, prompt: 'Answer.' }, runs },
    ],
  })
  const read = await board(id)
  assert.deepEqual(
    read.entries.map(({ label }) => label),
    ['model=gemma, temperature=0', 'model=gemma, temperature=1', 'model=qwen, temperature=1'],
  )
  assert.equal(read.baseline?.variant_no, 2)
  assert.equal(read.winner?.variant_no, 1)
  for (const wish of ['3', 'model=qwen, temperature=1', '{"model":"qwen"}']) {
    assert.equal((await board(id, `baseline=${encodeURIComponent(wish)}`)).baseline?.variant_no, 3, wish)
  }
  const { status, body } = await app.send('GET', `/api/experiments/${id}/leaderboard?baseline=llama`)
  assert.equal(status, 422)
  assert.match(JSON.stringify(body), /There is no variant \\"llama\\"; there are 1 \(model=gemma/)
})

test('the default baseline is the variant whose prompt carries the label production', async () => {
  const cases = apart(5)
  const runs = cases.map(() => [run(0.5)])
  const versions: string[] = []
  for (const user of ['{{ input }}!', '{{ input }}?']) {
    const { body } = await app.send('POST', '/api/prompts/greeting/versions', { user })
    versions.push(String(body.version))
  }
  const labelled = await app.send('PUT', '/api/prompts/greeting/labels/production', { version: versions[1] })
  assert.ok(labelled.status < 300, JSON.stringify(labelled.body))
  const { id } = await seedExperiment(app.db, {
    scorers: ONE,
    cases,
    variants: versions.map(version => ({
      trial: { prompt: { name: 'greeting', version } },
      runs,
      prompts: [{ stage: 'answer', name: 'greeting', version }],
    })),
  })
  assert.equal((await board(id)).baseline?.variant_no, 2)
  assert.equal((await board(id, 'baseline=production')).baseline?.variant_no, 2)
})

test('an experiment is found by its name, the newest of it; nothing measured is nothing told', async () => {
  const seed = { name: 'which one?', scorers: ONE, cases: apart(3), variants: [] }
  await seedExperiment(app.db, seed)
  const { id } = await seedExperiment(app.db, seed)
  const read = await board(encodeURIComponent('which one?'))
  assert.equal(read.experiment_id, id)
  assert.deepEqual([read.entries, read.baseline, read.winner, read.verdict], [[], null, null, null])
  for (const unknown of ['nobody', '00000000-0000-4000-8000-000000000000']) {
    assert.equal((await app.send('GET', `/api/experiments/${unknown}/leaderboard`)).status, 404)
  }
  for (const bad of ['level=1', 'k=0', 'split=dev', 'limit=0']) {
    assert.equal((await app.send('GET', `/api/experiments/${id}/leaderboard?${bad}`)).status, 422, bad)
  }
})

test('reading on after changes says what reading all anew says', async t => {
  const seedNumber = Date.now() >>> 0
  t.diagnostic(`seed ${seedNumber}`)
  const random = mersenne(seedNumber)
  const cases = Array.from({ length: 24 }, (_, index) => ({ cluster: `s${index % 9}`, split: (index % 9) * 1000 }))
  const draw = (): SeedRun => ({
    grades: [Math.round(uniformFloat64(random) * 4) / 4, uniformFloat64(random)],
    ...(uniformFloat64(random) < 0.1 ? { ...CRASH } : {}),
    cost_usd: uniformFloat64(random) < 0.2 ? null : uniformFloat64(random),
    duration_ms: Math.round(uniformFloat64(random) * 1000),
  })
  const weights = [2, 1]
  const { id, experiment_no, case_nos } = await seedExperiment(app.db, {
    scorers: weights.map((weight, index) => ({ name: `s${index}`, weight })),
    cases,
    test_share: 0.3,
    variants: Array.from({ length: 7 }, (_, model) => ({
      trial: { model },
      runs: cases.map((_, index) => (model === 6 && index > 10 ? null : [draw(), draw()])),
    })),
  })
  for (let step = 0; step < 12; step++) {
    const rows = Array.from({ length: 1 + (step % 4) * 5 }, () => {
      const variant_no = 1 + Math.floor(uniformFloat64(random) * 7)
      const case_no = case_nos[Math.floor(uniformFloat64(random) * cases.length)] ?? 0
      const runs = [draw(), draw(), ...(step % 3 === 0 ? [draw()] : [])]
      if (step === 7) runs.push({ grades: [1, null] })
      return sumRuns({ experiment_no, variant_no, case_no, weights, threshold: 0.5 }, runs)
    })
    // One statement writes a cell once.
    const cells = new Map(rows.map(row => [JSON.stringify(Object.values(row).slice(1, 4)), row]))
    await putSums(app.db, [...cells.values()])
    for (const split of ['train', 'all', 'test'] as const) {
      const options = { level: 0.95, k: 2, limit: 100, offset: 0, split }
      const fresh = connect(app.url)
      const anew = await readLeaderboard(fresh, 1, id, options)
      await disconnect(fresh)
      assert.deepEqual(blur(await readLeaderboard(app.db, 1, id, options)), blur(anew), `seed ${seedNumber}, ${step}`)
    }
  }
})

/** Sums that were reached by another way may differ in their last digits. */
function blur(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, part) =>
      typeof part === 'number' ? (Math.abs(part) < 1e-9 ? 0 : Number(part.toPrecision(9))) : part,
    ),
  )
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/**
 * CR2 by its definition with matrices (Bell & McCaffrey 2002), for the regression on a constant: residuals of each cluster
 * are multiplied by (I − H)^(−1/2), whose only direction that matters is that of ones, with eigenvalue 1 − n/N. The
 * degrees of freedom are (tr M)² / tr M² with M from the contrasts that the estimator is made of.
 */
function clusterRobust(values: number[], clusters: string[]) {
  const n = values.length
  const names = [...new Set(clusters)]
  const average = mean(values)
  // The contrast of each cluster: (I − H) restricted to it, adjusted, as a vector over all values.
  const contrasts = names.map(name => {
    const own = clusters.filter(one => one === name).length
    const adjust = 1 / Math.sqrt(1 - own / n)
    return clusters.map(one => (adjust / n) * ((one === name ? 1 : 0) - own / n))
  })
  const variance = contrasts.reduce((sum, contrast) => {
    const product = contrast.reduce((total, share, index) => total + share * ((values[index] ?? 0) - average), 0)
    return sum + product ** 2
  }, 0)
  const gram = contrasts.map(one =>
    contrasts.map(other => one.reduce((sum, share, index) => sum + share * (other[index] ?? 0), 0)),
  )
  const trace = gram.reduce((sum, row, index) => sum + (row[index] ?? 0), 0)
  const square = gram.flat().reduce((sum, value) => sum + value ** 2, 0)
  return { mean: average, error: Math.sqrt(variance), degrees: trace ** 2 / square }
}

/** Wilson's interval with t, from its quadratic equation: (p − m)² = t² · s² · p(1 − p) / (m(1 − m)). */
function wilson({ mean: m, error, degrees }: { mean: number; error: number; degrees: number }) {
  const t = studentTQuantile(0.975, degrees)
  const c = (t * error) ** 2 / (m * (1 - m))
  const root = Math.sqrt((2 * m + c) ** 2 - 4 * (1 + c) * m * m)
  return { low: (2 * m + c - root) / (2 * (1 + c)), high: (2 * m + c + root) / (2 * (1 + c)) }
}

test('in a sentence a label of several words stands in quotation marks', () => {
  const words = wordVerdict({
    ...{
      leaders: ['model=a, t=0', 'model=a, t=1', 'b'],
      ranked: 3,
      beaten: 0,
      cases: 9,
      detectable: null,
      runner_up: null,
    },
    ...{ confirmation: null, split: 'all', left_out: 0 },
  })
  assert.match(words ?? '', /^“model=a, t=0”, “model=a, t=1” and b can't be separated on 9 cases\. “model=a, t=0” was/)
})

test('numbers in labels have four digits, and a version of a prompt is named once', () => {
  const label = (...values: unknown[]) =>
    labelVariants(values.map((value, at) => ({ variant_no: at + 1, trial: { p: value } })))
  assert.deepEqual(label(0.123456789, 12345678, 1e-7), ['p=0.1235', 'p=12345678', 'p=1e-7'])
  assert.deepEqual(label(0.123451, 0.123452), ['p=0.1235 (variant 1)', 'p=0.1235 (variant 2)'])
  assert.deepEqual(label({ name: 'greet', version: 'greet@0e32a5d7' }, { name: 'greet', label: 'production' }), [
    'greet@0e32a5d7',
    'greet production',
  ])
})
