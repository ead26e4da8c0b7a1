import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mersenne } from 'pure-rand/generator/mersenne'
import { computeAlpha } from '#statistics/agreement.ts'
import { boundPercentiles, clusterBootstrap, drawKinds } from '#statistics/bootstrap.ts'

const meanOf = (values: readonly number[]) =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length

test('the generator is MT19937 as published', () => {
  // Seed 5489: the first and the 10,000th output of the reference implementation (the latter also in C++11, rand.predef).
  const random = mersenne(5489)
  const outputs = Array.from({ length: 10_000 }, () => random.next() >>> 0)
  assert.deepEqual(outputs.slice(0, 5), [3499211612, 581869302, 3890346734, 3586334585, 545404204])
  assert.equal(outputs.at(-1), 4123659995)
})

test('the interval is that of all possible resamples, listed in full', () => {
  const clusters = [[1, 2], [10], [20, 30, 40], [5]]
  const all: number[] = []
  for (let index = 0; index < 4 ** 4; index++) {
    const drawn = [0, 1, 2, 3].flatMap(place => clusters[Math.floor(index / 4 ** place) % 4] ?? [])
    all.push(meanOf(drawn) ?? Number.NaN)
  }
  all.sort((a, b) => a - b)
  const result = clusterBootstrap({ clusters, statistic: meanOf, seed: 3, resamples: 20_000, level: 0.9 })
  assert.equal(result.estimate, 108 / 7)
  // With 20,000 draws the 5 % point is known to ±0.3 points of probability (two standard errors); 0.8 are allowed.
  assert.ok(
    (result.low ?? 0) >= (all[Math.floor(256 * 0.042)] ?? 0) && (result.low ?? 0) <= (all[Math.ceil(256 * 0.058)] ?? 0),
  )
  assert.ok(
    (result.high ?? 0) >= (all[Math.floor(256 * 0.942)] ?? 0) &&
      (result.high ?? 0) <= (all[Math.ceil(256 * 0.958)] ?? 0),
  )
})

test('members of a cluster go along together, so equal members do not narrow the interval', () => {
  const clusters = [1, 4, 9, 3, 7, 8].map(value => [value])
  const copied = clusters.map(([value = 0]) => Array.from({ length: 25 }, () => value))
  const options = { statistic: meanOf, seed: 11 }
  assert.deepEqual(clusterBootstrap({ clusters: copied, ...options }), clusterBootstrap({ clusters, ...options }))
})

test('the same seed gives the same interval, another seed another one', () => {
  const clusters = [[1], [2], [4], [8], [16], [31]]
  const run = (seed: number) => clusterBootstrap({ clusters, statistic: meanOf, seed, resamples: 200 })
  assert.deepEqual(run(1), run(1))
  assert.notDeepEqual(run(1), run(2))
})

test('resamples without a value are left out and counted', () => {
  // Undefined unless both kinds of cluster were drawn: 2 of the 4 equally likely resamples.
  const clusters = [[1], [2]]
  const statistic = (values: readonly number[]) => (new Set(values).size === 2 ? 7 : null)
  const result = clusterBootstrap({ clusters, statistic, seed: 5, resamples: 2000 })
  assert.ok(Math.abs(result.undefined_resamples - 1000) < 100, `${result.undefined_resamples}`)
  assert.deepEqual([result.estimate, result.low, result.high, result.resamples], [7, 7, 7, 2000])
})

test('a statistic without a value on the data gives no interval', () => {
  const result = clusterBootstrap({ clusters: [], statistic: meanOf, seed: 5, resamples: 100 })
  assert.deepEqual(result, { estimate: null, low: null, high: null, resamples: 100, undefined_resamples: 100 })
})

test('about 95 of 100 intervals over dependent members hold the true mean', () => {
  // 40 clusters of 4 members that share the cluster's value; true mean 49.5. Ignoring the clusters covers about 68 %.
  const random = mersenne(99)
  let hits = 0
  for (let trial = 0; trial < 400; trial++) {
    const clusters = Array.from({ length: 40 }, () => Array(4).fill((random.next() >>> 0) % 100))
    const { low, high } = clusterBootstrap({ clusters, statistic: meanOf, seed: trial, resamples: 300 })
    if ((low ?? Number.NaN) <= 49.5 && 49.5 <= (high ?? Number.NaN)) hits++
  }
  assert.ok(hits > 360 && hits < 395, `${hits} of 400`)
})

test('options outside their range are refused', () => {
  const base = { clusters: [[1]], statistic: meanOf, seed: 1 }
  assert.throws(() => clusterBootstrap({ ...base, resamples: 10 }), RangeError)
  assert.throws(() => clusterBootstrap({ ...base, seed: -1 }), RangeError)
  assert.throws(() => clusterBootstrap({ ...base, seed: 0.5 }), RangeError)
  assert.throws(() => clusterBootstrap({ ...base, level: 0 }), RangeError)
})

test('counting kinds gives the very interval that looking at every member gives', () => {
  const units = [
    ['a', 'a'],
    ['a', 'b'],
    ['b', 'b'],
  ]
  const kinds = [0, 0, 0, 1, 2, 2, 1, 0]
  const clusters = kinds.map(kind => [units[kind] ?? []])
  const whole = clusterBootstrap({ clusters, statistic: members => computeAlpha(members), resamples: 400, seed: 7 })
  const values = [...drawKinds(kinds, 3, { resamples: 400, seed: 7 })].map(counts => computeAlpha(units, counts))
  const defined = values.filter(value => value !== null)
  assert.deepEqual(boundPercentiles(defined), { low: whole.low, high: whole.high })
  assert.equal(whole.estimate, computeAlpha(units, [4, 2, 2]))
})
