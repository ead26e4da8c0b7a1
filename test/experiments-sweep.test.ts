import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Invalid } from '#errors.ts'
import { planHalving, promoteVariants } from '#experiments/halving.ts'
import {
  countPoints,
  drawTrials,
  listGrid,
  type ParameterSpace,
  parameterSpaceSchema,
  shuffleBySeed,
} from '#experiments/sweep-space.ts'

const SPACE: ParameterSpace = {
  model: ['a', 'b'],
  temperature: { min: 0, max: 1, step: 0.5 },
  style: { values: [{ tone: 'dry' }, null] },
}

const assertRefused = (work: () => unknown, path: (string | number)[], message: RegExp) =>
  assert.throws(work, error => {
    assert.ok(error instanceof Invalid, String(error))
    assert.deepEqual(error.loc, path)
    assert.match(error.message, message)
    return true
  })

const keysOf = (trials: object[]) => new Set(trials.map(trial => JSON.stringify(trial)))

test('a grid is every combination, the last parameter fastest', () => {
  const grid = listGrid(SPACE)
  assert.equal(countPoints(SPACE), 12)
  assert.equal(keysOf(grid).size, 12)
  assert.deepEqual(grid.slice(0, 3), [
    { model: 'a', temperature: 0, style: { tone: 'dry' } },
    { model: 'a', temperature: 0, style: null },
    { model: 'a', temperature: 0.5, style: { tone: 'dry' } },
  ])
  assert.deepEqual(grid.at(-1), { model: 'b', temperature: 1, style: null })
  assert.deepEqual(listGrid({}), [{}])
})

test('the steps of a range are the numbers that are meant, max included', () => {
  const valuesOf = (range: { min: number; max: number; step: number }) => listGrid({ x: range }).map(trial => trial.x)
  assert.deepEqual(valuesOf({ min: 0.1, max: 0.5, step: 0.1 }), [0.1, 0.2, 0.3, 0.4, 0.5])
  assert.deepEqual(valuesOf({ min: 0, max: 1, step: 0.3 }), [0, 0.3, 0.6, 0.9])
  assert.deepEqual(valuesOf({ min: -1, max: 1, step: 1 }), [-1, 0, 1])
  assert.deepEqual(valuesOf({ min: 2 ** 52, max: 2 ** 52 + 1, step: 1 }), [2 ** 52, 2 ** 52 + 1])
  assert.deepEqual(valuesOf({ min: 5, max: 5, step: 1 }), [5])
})

test('a grid that is larger than the trials, or endless, is refused', () => {
  const space = ['body', 'parameter_space']
  assertRefused(() => listGrid(SPACE, 11), space, /12 points, but 11 trials/)
  assertRefused(() => listGrid({ t: { min: 0, max: 1 } }), [...space, 't'], /needs a step/)
  assertRefused(() => listGrid({ t: { min: 1, max: 0 } }), [...space, 't', 'max'], /below its min/)
  assertRefused(() => listGrid({ m: ['a', 'b', 'a'] }), [...space, 'm', 2], /already/)
  assertRefused(() => listGrid({ t: { min: 0, max: 1, step: 1e-12 } }), [...space, 't', 'step'], /larger/)
  assertRefused(() => listGrid(SPACE, 0), ['body', 'trials'], /whole/)
  assert.equal(parameterSpaceSchema.safeParse({ t: { min: 0, max: 1, step: 0 } }).success, false)
  assert.equal(parameterSpaceSchema.safeParse({ t: [] }).success, false)
  assert.equal(parameterSpaceSchema.safeParse(SPACE).success, true)
})

test('random trials differ from each other, come from the space, and are the same for the same seed', () => {
  const wide: ParameterSpace = { ...SPACE, top_p: { min: 0.5, max: 1 } }
  const trials = drawTrials(wide, 7)
  assert.equal(keysOf(trials).size, 100)
  for (const { top_p, temperature } of trials) {
    assert.ok(typeof top_p === 'number' && top_p >= 0.5 && top_p < 1)
    assert.ok(temperature === 0 || temperature === 0.5 || temperature === 1)
  }
  assert.deepEqual(drawTrials(wide, 7), trials)
  assert.notDeepEqual(drawTrials(wide, 8), trials)
  assert.deepEqual(drawTrials(wide, 7, 10), trials.slice(0, 10))
})

test('random trials over a small space are all of its points, in beginnings of one order', () => {
  const all = drawTrials(SPACE, 3)
  assert.deepEqual(keysOf(all), keysOf(listGrid(SPACE)))
  assert.equal(all.length, 12)
  for (let trials = 1; trials <= 12; trials++) assert.deepEqual(drawTrials(SPACE, 3, trials), all.slice(0, trials))
  assertRefused(() => drawTrials(SPACE, -1), ['body', 'seed'], /whole/)
})

test('each point is drawn equally often', () => {
  const counts = new Map<string, number>()
  for (let seed = 0; seed < 3000; seed++) {
    for (const trial of drawTrials(SPACE, seed, 8)) {
      const key = JSON.stringify(trial)
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  }
  // 3000 · 8 / 12 = 2000 each, with a standard deviation of 26.
  assert.equal(counts.size, 12)
  for (const [key, count] of counts) assert.ok(Math.abs(count - 2000) < 110, `${key}: ${count}`)
})

test('a shuffle keeps every item, undefined ones included, and each place is equally probable', () => {
  assert.deepEqual(shuffleBySeed([3, undefined, 1], 5).sort(), [1, 3, undefined])
  assert.deepEqual(shuffleBySeed([1, 2, 3, 4], 5), shuffleBySeed([1, 2, 3, 4], 5))
  const firsts = [0, 0, 0, 0]
  for (let seed = 0; seed < 4000; seed++) {
    const [first = 0] = shuffleBySeed([0, 1, 2, 3], seed)
    firsts[first] = (firsts[first] ?? 0) + 1
  }
  for (const count of firsts) assert.ok(Math.abs(count - 1000) < 110, firsts.join(', '))
})

test('halving: the rounds of the published method when nothing is explored', () => {
  // Karnin, Koren & Somekh: 16 arms, halved each round while the cases double.
  const plan = planHalving({ trials: 16, cases: 128, first_cases: 8, exploration: 0 })
  assert.deepEqual(
    plan.rounds.map(({ cases, carried, fresh }) => [cases, carried, fresh]),
    [
      [8, 0, 16],
      [16, 8, 0],
      [32, 4, 0],
      [64, 2, 0],
      [128, 1, 0],
    ],
  )
  assert.deepEqual([plan.cells, plan.cells_in_full], [16 * 8 + 8 * 8 + 4 * 16 + 2 * 32 + 64, 16 * 128])
})

test('halving: the last round has all cases, no more variants than trials are seen, and it costs less than all', () => {
  for (const trials of [1, 2, 3, 10, 100, 1000]) {
    for (const cases of [1, 5, 8, 50, 333, 2000]) {
      for (const exploration of [0, 0.2, 0.5]) {
        for (const keep_one_of of [2, 3]) {
          const where = JSON.stringify({ trials, cases, exploration, keep_one_of })
          const plan = planHalving({ trials, cases, exploration, keep_one_of })
          assert.equal(plan.rounds.at(-1)?.cases, cases, where)
          assert.ok(plan.variants <= trials && plan.variants >= Math.min(trials, trials * 0.6), where)
          assert.ok(plan.cells <= plan.cells_in_full, where)
          for (const [index, { carried, fresh, cells, cases: now }] of plan.rounds.entries()) {
            const former = plan.rounds[index - 1]
            const seen = former === undefined ? 0 : former.carried + former.fresh
            assert.ok(index === 0 ? carried === 0 : carried >= 1 && carried <= seen / keep_one_of + 1e-9, where)
            assert.equal(cells, carried * (now - (former?.cases ?? 0)) + fresh * now, where)
            if (index > 0) assert.ok((fresh * now) / cells <= exploration + 1e-9, where)
          }
        }
      }
    }
  }
})

test('halving: the stated share of the later rounds goes to variants not seen before', () => {
  const { rounds } = planHalving({ trials: 1000, cases: 2000, first_cases: 100, exploration: 0.2 })
  const shares = rounds.slice(1).map(({ fresh, cases, cells }) => (fresh * cases) / cells)
  assert.ok(shares.length > 3 && shares.every(share => share > 0.17 && share <= 0.2), shares.join(', '))
})

test('halving: few variants or cases make one round that has everything', () => {
  assert.deepEqual(planHalving({ trials: 1, cases: 500 }).rounds, [{ cases: 500, carried: 0, fresh: 1, cells: 500 }])
  assert.deepEqual(planHalving({ trials: 9, cases: 8 }).rounds, [{ cases: 8, carried: 0, fresh: 9, cells: 72 }])
  assertRefused(() => planHalving({ trials: 0, cases: 5 }), ['body', 'trials'], /at least 1/)
  assertRefused(() => planHalving({ trials: 5, cases: 5, exploration: 1 }), ['body', 'exploration'], /below 1/)
  assertRefused(() => planHalving({ trials: 5, cases: 5, keep_one_of: 1 }), ['body', 'keep_one_of'], /at least 2/)
})

test('the best of a round go on, of equal ones those that were drawn first', () => {
  const scores = [
    { variant: 'a', score: 0.5 },
    { variant: 'b', score: 0.9 },
    { variant: 'c', score: 0.5 },
    { variant: 'd', score: 0.1 },
  ]
  assert.deepEqual(promoteVariants(scores, 2), ['b', 'a'])
  assert.deepEqual(promoteVariants(scores, 9), ['b', 'a', 'c', 'd'])
  assert.throws(() => promoteVariants([{ variant: 'a', score: Number.NaN }], 1), RangeError)
})
