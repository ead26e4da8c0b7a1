import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { mersenne } from 'pure-rand/generator/mersenne'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'
import { betaQuantile } from '#statistics/beta-quantile.ts'
import { clusteredMeanInterval, estimateClusteredMean } from '#statistics/clustered-mean.ts'
import { boundUnseen, type ClusterSum } from '#statistics/clusters.ts'
import { meanInterval } from '#statistics/mean-interval.ts'
import { drawBeta } from './draws.ts'

const near = (actual: number | null | undefined, expected: number, tolerance = 1e-10) =>
  assert.ok(typeof actual === 'number' && Math.abs(actual - expected) <= tolerance, `${actual}, expected ${expected}`)

const estimate = (sums: ClusterSum[]) => {
  const mean = estimateClusteredMean(sums)
  assert.ok(mean !== null)
  return mean
}

/** A share as if it had been observed in independent draws. */
const shareOf = (successes: number, draws: number) => {
  const share = successes / draws
  const standard_error = Math.sqrt((share * (1 - share)) / draws)
  return { estimate: share, standard_error, degrees_of_freedom: 1e6, clusters: draws }
}

test('standard error and degrees of freedom are those of CR2 in full matrices', () => {
  // numpy 2.4.6: Bell & McCaffrey's adjustment with (I − H_gg)^(−1/2) per cluster, the trace formula for the degrees.
  const sums = [2.5, 0.2, 4.1, 2, 3.3, 0.7].map((sum, index) => ({ weight: [3, 1, 5, 2, 8, 1][index] ?? 0, sum }))
  const mean = estimate(sums)
  near(mean.estimate, 0.64)
  near(mean.standard_error, 0.1394633493065243)
  near(mean.degrees_of_freedom, 2.98121660279592)
})

test('clusters of one value each give the plain standard error with n − 1 degrees of freedom', () => {
  const values = [12, 24, 13, 13, 0, 10, 18, 8, 46, 14]
  const mean = estimate(values.map(value => ({ weight: 1, sum: value / 100 })))
  const plain = meanInterval(
    10,
    158,
    values.reduce((sum, value) => sum + value * value, 0),
    { scale: 100 },
  )
  near(mean.degrees_of_freedom, 9)
  near(mean.standard_error * 2.262157162740992, (plain?.high ?? 0) - mean.estimate)
})

test('weights count by their proportions, and clusters without weight do not count', () => {
  const sums = [0.2, 0.9, 0.5, 0.7].map((score, index) => ({ weight: index + 1, sum: score * (index + 1) }))
  const other = sums.map(({ weight, sum }) => ({ weight: weight * 7, sum: sum * 7 }))
  const [one, scaled] = [estimate(sums), estimate([...other, { weight: 0, sum: 0 }])]
  near(scaled.standard_error, one.standard_error)
  near(scaled.degrees_of_freedom, one.degrees_of_freedom)
  assert.equal(scaled.clusters, 4)
})

test("the beta distribution's quantiles are those of scipy", () => {
  // scipy 1.17.1 stats.beta.ppf
  near(betaQuantile(0.025, 15, 134), 0.05784401008344857, 1e-14)
  near(betaQuantile(0.3, 0.5, 0.5), 0.2061073738537634, 1e-14)
  near(betaQuantile(0.025, 97.3, 3.7), 0.9191737951135204, 1e-14)
  near(betaQuantile(0.999, 1, 1e4), 0.0006905369974100782, 1e-16)
  near(betaQuantile(1e-6, 2, 3), 0.0004083594602042573, 1e-16)
})

test("the interval of a share is Wilson's in the middle and Clopper and Pearson's near the edge", () => {
  // 81 of 263 and 15 of 148 (Newcombe, Statistics in Medicine 17, 1998, table I); digits from scipy 1.17.1 binomtest.
  const middle = clusteredMeanInterval(shareOf(81, 263))
  near(middle.low, 0.2552885198782742, 1e-6)
  near(middle.high, 0.36620957698280004, 1e-6)
  const edge = clusteredMeanInterval(shareOf(15, 148))
  near(edge.low, 0.05784401008344801, 1e-6)
  near(edge.high, 0.16165049034947895, 1e-6)
  const mirrored = clusteredMeanInterval(shareOf(133, 148))
  near(mirrored.low, 1 - edge.high, 1e-12)
})

test('an interval always has a width, holds its mean and stays between 0 and 1', t => {
  const perfect = clusteredMeanInterval(estimate(Array(20).fill({ weight: 3, sum: 3 })))
  // Clopper and Pearson for 20 of 20.
  near(perfect.low, 0.025 ** (1 / 20))
  assert.equal(perfect.high, 1)
  assert.deepEqual(clusteredMeanInterval(estimate([{ weight: 50, sum: 30 }])), { low: 0, high: 1 })
  const seed = Date.now() >>> 0
  t.diagnostic(`seed ${seed}`)
  const random = mersenne(seed)
  for (let trial = 0; trial < 500; trial++) {
    const clusters = 1 + ((random.next() >>> 0) % 6)
    const round = trial % 2 === 0 ? Math.round : (value: number) => value
    const sums = Array.from({ length: clusters }, () => {
      const weight = 1 + ((random.next() >>> 0) % 5)
      return { weight, sum: weight * round(uniformFloat64(random)) }
    })
    const mean = estimate(sums)
    const { low, high } = clusteredMeanInterval(mean)
    const holds = 0 <= low && low < high && high <= 1 && low <= mean.estimate && mean.estimate <= high
    assert.ok(holds, `seed ${seed}: ${low} ${mean.estimate} ${high} of ${JSON.stringify(sums)}`)
  }
})

test('what is not seen in G clusters is bounded by the rule of three', () => {
  near(boundUnseen(100, 0.05), 0.0295, 1e-4)
  near((1 - boundUnseen(7, 0.05)) ** 7, 0.05)
})

test('no score has no mean; scores outside 0 to 1 and weights that are none are refused', () => {
  assert.equal(estimateClusteredMean([]), null)
  assert.equal(estimateClusteredMean([{ weight: 0, sum: 0 }]), null)
  assert.throws(() => estimateClusteredMean([{ weight: 1, sum: 1.1 }]), RangeError)
  assert.throws(() => estimateClusteredMean([{ weight: 1, sum: -0.1 }]), RangeError)
  assert.throws(() => estimateClusteredMean([{ weight: -1, sum: 0 }]), RangeError)
  assert.throws(() => estimateClusteredMean([{ weight: 1, sum: Number.NaN }]), RangeError)
  assert.throws(() => clusteredMeanInterval(shareOf(1, 2), 1), RangeError)
})

/** Sums of clusters whose own means vary (intra-cluster correlation 0.1) around the true one. */
function drawClusters(random: RandomGenerator, kind: 'graded' | 'passing', sizes: number[], truth: number) {
  return sizes.map(weight => {
    const own = drawBeta(random, truth, 9)
    let sum = 0
    for (let index = 0; index < weight; index++) {
      sum += kind === 'passing' ? Number(uniformFloat64(random) < own) : drawBeta(random, own, 3)
    }
    return { weight, sum }
  })
}

/** Of 100 intervals, how many hold the true mean. */
function simulateCoverage(random: RandomGenerator, kind: 'graded' | 'passing', sizes: number[], truth: number) {
  const trials = 2000
  let hits = 0
  for (let trial = 0; trial < trials; trial++) {
    const { low, high } = clusteredMeanInterval(estimate(drawClusters(random, kind, sizes, truth)))
    if (low <= truth && truth <= high) hits++
  }
  return (100 * hits) / trials
}

// Three standard errors of 2000 trials are 1.5 points.
const COVERAGE = [
  { clusters: 20, kind: 'graded', middle: [94, 96], edge: [93.5, 96] },
  { clusters: 20, kind: 'passing', middle: [94, 96], edge: [94, 99.5] },
  { clusters: 50, kind: 'graded', middle: [94, 96], edge: [94, 96] },
  { clusters: 50, kind: 'passing', middle: [94, 96], edge: [94, 96.5] },
  { clusters: 10, kind: 'graded', middle: [93, 96], edge: [91, 95] },
  { clusters: 10, kind: 'passing', middle: [94, 98.5], edge: [95, 99] },
] as const

for (const { clusters, kind, middle, edge } of COVERAGE) {
  test(`95 % intervals over ${clusters} clusters of ${kind} scores hold the true mean as often as is said`, () => {
    const seed = 20_26
    const random = mersenne(seed)
    const sizes = Array.from({ length: clusters }, (_, index) => 1 + ((index * 7) % 10))
    for (const truth of [0.5, 0.6, 0.7, 0.8, 0.9, 0.95]) {
      const coverage = simulateCoverage(random, kind, sizes, truth)
      const [low, high] = truth > 0.9 ? edge : middle
      const said = `${low} to ${high}`
      assert.ok(coverage >= low - 1.5 && coverage <= high + 1.5, `seed ${seed}: ${coverage} % at ${truth}, not ${said}`)
    }
  })
}
