import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findParetoFront } from '#statistics/pareto.ts'
import { estimateConsistency, estimatePassAllK, estimatePassAtK } from '#statistics/pass-at-k.ts'

const near = (actual: number | null, expected: number) =>
  assert.ok(actual !== null && Math.abs(actual - expected) < 1e-12, `${actual}, expected ${expected}`)

/** Binomial coefficients in whole numbers. */
const choose = (n: bigint, k: bigint): bigint => (k === 0n ? 1n : n < k ? 0n : (choose(n - 1n, k - 1n) * n) / k)

const ratio = (from: number, all: number, k: number) =>
  Number((choose(BigInt(from), BigInt(k)) * 10n ** 18n) / choose(BigInt(all), BigInt(k))) / 1e18

test('pass@k and pass^k are the ratios of binomial coefficients', () => {
  for (const [repeats, passes] of [
    [1, 0],
    [5, 2],
    [5, 5],
    [10, 1],
    [200, 13],
    [200, 199],
  ] as const) {
    for (const k of [1, 2, 5, 10, 100].filter(k => k <= repeats)) {
      near(estimatePassAtK({ repeats, passes }, k), 1 - ratio(repeats - passes, repeats, k))
      near(estimatePassAllK({ repeats, passes }, k), ratio(passes, repeats, k))
    }
  }
})

test('they are without bias: their mean over all samples is the truth', () => {
  // Six repeats of a case that passes with 0.3: the mean over the binomial distribution.
  const [n, p, k] = [6, 0.3, 3]
  let [atK, allK] = [0, 0]
  for (let passes = 0; passes <= n; passes++) {
    const probability = Number(choose(6n, BigInt(passes))) * p ** passes * (1 - p) ** (n - passes)
    atK += probability * estimatePassAtK({ repeats: n, passes }, k)
    allK += probability * estimatePassAllK({ repeats: n, passes }, k)
  }
  near(atK, 1 - (1 - p) ** k)
  near(allK, p ** k)
})

test('consistency is the share of pairs of repeats that agree', () => {
  near(estimateConsistency({ repeats: 4, passes: 4 }), 1)
  near(estimateConsistency({ repeats: 4, passes: 0 }), 1)
  // Of six pairs two agree: pass with pass, fail with fail.
  near(estimateConsistency({ repeats: 4, passes: 2 }), 1 / 3)
  near(estimateConsistency({ repeats: 2, passes: 1 }), 0)
  assert.equal(estimateConsistency({ repeats: 1, passes: 1 }), null)
})

test('more draws than repeats, and passes that cannot be, are refused', () => {
  assert.throws(() => estimatePassAtK({ repeats: 4, passes: 1 }, 5), /at most|to the number of repeats/)
  assert.throws(() => estimatePassAtK({ repeats: 4, passes: 1 }, 0), RangeError)
  assert.throws(() => estimatePassAllK({ repeats: 4, passes: 1 }, 1.5), RangeError)
  assert.throws(() => estimatePassAtK({ repeats: 4, passes: 5 }, 1), RangeError)
  assert.throws(() => estimateConsistency({ repeats: Number.NaN, passes: 0 }), RangeError)
})

test('on the Pareto front is what nothing else beats in everything', () => {
  const point = (quality: number, cost: number | null, latency: number | null = 1) => ({ quality, cost, latency })
  assert.deepEqual(findParetoFront([point(0.9, 5), point(0.8, 1), point(0.7, 2), point(0.9, 5)]), {
    on_front: [true, true, false, true],
    counted: ['quality', 'cost', 'latency'],
  })
  assert.deepEqual(findParetoFront([point(0.9, 5, 3), point(0.9, 5, 2), point(0.1, 5, 1)]).on_front, [
    false,
    true,
    true,
  ])
  assert.deepEqual(findParetoFront([]), { on_front: [], counted: ['quality', 'cost', 'latency'] })
})

test('a dimension that is not known of every variant does not count', () => {
  const variants = [
    { quality: 0.9, cost: 5, latency: null },
    { quality: 0.8, cost: 9, latency: 1 },
  ]
  assert.deepEqual(findParetoFront(variants), { on_front: [true, false], counted: ['quality', 'cost'] })
  assert.throws(() => findParetoFront([{ quality: Number.NaN, cost: 1, latency: 1 }]), RangeError)
})
