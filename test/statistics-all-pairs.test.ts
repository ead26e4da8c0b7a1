import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { mersenne } from 'pure-rand/generator/mersenne'
import {
  comparePairs,
  countBetters,
  createPairTable,
  findHolmBound,
  frameClusters,
  frameVariant,
  isPairDecided,
  placePair,
} from '#statistics/all-pairs.ts'
import { estimateAmountMean } from '#statistics/amount-mean.ts'
import { estimateClusteredMedian } from '#statistics/clustered-median.ts'
import { estimateFromSums } from '#statistics/clusters.ts'
import { adjustHolm } from '#statistics/multiple-comparisons.ts'
import { findDifferencePValue } from '#statistics/paired-difference.ts'
import { drawNormal } from './draws.ts'

test("all pairs are decided as by Holm's adjusted p-values, also after many small changes", t => {
  const seed = Date.now() >>> 0
  t.diagnostic(`seed ${seed}`)
  const random = mersenne(seed)
  let decided = 0
  for (let trial = 0; trial < 20; trial++) {
    const size = 2 + uniformInt(random, 0, 12)
    // Two frames, so that pairs across them are asked of the estimator; the first is what they share.
    const clusters = 8 + uniformInt(random, 0, 20)
    const weights = Float64Array.from({ length: clusters }, () => 1 + uniformInt(random, 0, 4))
    const frames = [frameClusters(weights), frameClusters(weights.map(weight => weight + 1))]
    const numbers = Int32Array.from({ length: size }, () => (uniformInt(random, 0, 3) === 0 ? 1 : 0))
    const frameOf = (one: number) => frames[numbers[one] ?? 0] ?? frameClusters(weights)
    const draw = (one: number) =>
      frameOf(one).weights.map(weight => weight * Math.min(1, Math.max(0, 0.3 + 0.05 * one + 0.1 * drawNormal(random))))
    const variants = Array.from({ length: size }, (_, one) => frameVariant(frameOf(one), draw(one)))
    // Two that are the same have no spread between them.
    const [first] = variants
    if (first !== undefined && numbers[0] === numbers[1]) variants[1] = frameVariant(first.frame, first.sums.slice())
    const estimate = (one: number, other: number) => {
      const [a, b] = [variants[one], variants[other]]
      if (a === undefined || b === undefined) return null
      return estimateFromSums(
        weights,
        a.sums.map((sum, at) => shared(one, sum, at) - shared(other, b.sums[at] ?? 0, at)),
      )
    }
    const shared = (one: number, sum: number, at: number) =>
      (sum / (frameOf(one).weights[at] ?? 1)) * (weights[at] ?? 0)
    const exact = (one: number, other: number) => {
      if (numbers[one] !== numbers[other]) return estimate(one, other)
      const [a, b] = [variants[one], variants[other]]
      return a && b
        ? estimateFromSums(
            a.frame.weights,
            a.sums.map((sum, at) => sum - (b.sums[at] ?? 0)),
          )
        : null
    }
    const table = createPairTable(
      numbers,
      frames.map(frame => frame.degrees_of_freedom),
    )
    for (let one = 0; one < size; one++) comparePairs(table, variants, one, exact, { from: one + 1 })
    for (let change = 0; change < 300; change++) {
      const one = uniformInt(random, 0, size - 1)
      const before = variants[one]
      if (before === undefined) continue
      const sums = before.sums.slice()
      const at = uniformInt(random, 0, clusters - 1)
      sums[at] = draw(one)[at] ?? 0
      variants[one] = frameVariant(before.frame, sums)
      comparePairs(table, variants, one, exact, { before })
    }
    decided += checkDecisions(`seed ${seed}, trial ${trial}`, size, table, exact)
  }
  assert.ok(decided > 20, `only ${decided} pairs were decided`)
})

test('a difference so clear that its p-value is too small for a double is decided like any other', () => {
  const clusters = 1100
  const frame = frameClusters(new Float64Array(clusters).fill(1))
  const variants = [1, 0, 0.5].map(score => frameVariant(frame, new Float64Array(clusters).fill(score)))
  const estimate = (one: number, other: number) => {
    const [a, b] = [variants[one], variants[other]]
    if (a === undefined || b === undefined) return null
    return estimateFromSums(
      frame.weights,
      a.sums.map((sum, at) => sum - (b.sums[at] ?? 0)),
    )
  }
  const clearest = estimate(0, 1)
  assert.ok(clearest !== null && findDifferencePValue(clearest) === 0)
  const table = createPairTable(new Int32Array(3), [frame.degrees_of_freedom])
  for (const one of [0, 1, 2]) comparePairs(table, variants, one, estimate, { from: one + 1 })
  const bound = findHolmBound(table)
  assert.deepEqual(
    [isPairDecided(table, bound, 0, 1), isPairDecided(table, bound, 2, 1), isPairDecided(table, bound, 1, 0)],
    [1, 1, -1],
  )
  assert.deepEqual(countBetters(table, bound), { better: Int32Array.of(0, 2, 1), worse: Int32Array.of(2, 0, 1) })
})

function checkDecisions(
  where: string,
  size: number,
  table: ReturnType<typeof createPairTable>,
  exact: (one: number, other: number) => ReturnType<typeof estimateFromSums>,
) {
  const pairs: { one: number; other: number; p: number; sign: number }[] = []
  for (let one = 0; one < size; one++) {
    for (let other = one + 1; other < size; other++) {
      const found = exact(one, other)
      assert.ok(found !== null)
      pairs.push({ one, other, p: findDifferencePValue(found), sign: Math.sign(found.estimate) })
      assert.equal(placePair(size, one, other), pairs.length - 1)
    }
  }
  const adjusted = adjustHolm(pairs.map(({ p }) => p))
  const bound = findHolmBound(table)
  const worse = new Int32Array(size)
  for (const [index, { one, other, sign }] of pairs.entries()) {
    const decided = (adjusted[index] ?? 1) <= 0.05 ? sign : 0
    assert.equal(isPairDecided(table, bound, one, other), decided, `${where}: ${one} and ${other}`)
    assert.equal(isPairDecided(table, bound, other, one), decided === 0 ? 0 : -decided)
    if (decided !== 0) worse[decided > 0 ? one : other] = (worse[decided > 0 ? one : other] ?? 0) + 1
  }
  assert.deepEqual(countBetters(table, bound).worse, worse)
  return adjusted.filter(p => p <= 0.05).length
}

test('a mean of amounts has the t interval of its clusters, whatever their size', () => {
  // Student's sleep data in dollars: R's t.test gives 0.7001142 to 2.4598858 for the mean 1.58.
  const sleep = [1.2, 2.4, 1.3, 1.3, 0, 1, 1.8, 0.8, 4.6, 1.4]
  for (const unit of [1e-6, 1, 1e6]) {
    const mean = estimateAmountMean(
      new Float64Array(10).fill(1),
      Float64Array.from(sleep, value => value * unit),
    )
    assert.ok(mean !== null && mean.low !== null && mean.high !== null)
    assert.ok(Math.abs(mean.estimate / unit - 1.58) < 1e-9)
    assert.ok(Math.abs(mean.low / unit - 0.7001142367) < 1e-7)
    assert.ok(Math.abs(mean.high / unit - 2.4598857633) < 1e-7)
  }
  const one = Float64Array.of(1)
  assert.deepEqual(estimateAmountMean(one, one), { estimate: 1, low: null, high: null, clusters: 1 })
  assert.deepEqual(estimateAmountMean(new Float64Array(3).fill(1), new Float64Array(3)), {
    estimate: 0,
    low: 0,
    high: 0,
    clusters: 3,
  })
  assert.equal(estimateAmountMean(new Float64Array(), new Float64Array()), null)
})

test('the interval of a median holds the true one in 95 of 100 samples, also of clusters', () => {
  const random = mersenne(4)
  const trials = 1000
  for (const size of [1, 4]) {
    let held = 0
    for (let trial = 0; trial < trials; trial++) {
      const clusters = Int32Array.from({ length: 60 }, (_, index) => Math.floor(index / size))
      const own = Array.from({ length: 60 }, () => 0.5 * drawNormal(random))
      // Log-normal, with a part that a cluster shares; the true median is 1.
      const values = Float64Array.from(clusters, cluster =>
        Math.exp(drawNormal(random) + (size === 1 ? 0 : (own[cluster] ?? 0))),
      )
      const median = estimateClusteredMedian(values, clusters)
      assert.ok(median !== null)
      if (median.low <= 1 && 1 <= median.high) held++
    }
    // Three standard errors are 2 points; with 15 clusters it is somewhat wide.
    assert.ok(held / trials > 0.925 && held / trials < 0.985, `${held} of ${trials}`)
  }
  assert.equal(estimateClusteredMedian(new Float64Array(), new Int32Array()), null)
  const same = estimateClusteredMedian(
    new Float64Array(9).fill(7),
    Int32Array.from({ length: 9 }, (_, index) => index),
  )
  assert.deepEqual(same, { estimate: 7, low: 7, high: 7, clusters: 9 })
})
