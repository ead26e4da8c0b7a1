import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mersenne } from 'pure-rand/generator/mersenne'
import { meanInterval } from '#statistics/mean-interval.ts'

const sumsOf = (values: number[]) =>
  [values.length, values.reduce((sum, k) => sum + k, 0), values.reduce((sum, k) => sum + k * k, 0)] as const

const near = (actual: number | null | undefined, expected: number) =>
  assert.ok(typeof actual === 'number' && Math.abs(actual - expected) < 1e-10, `${actual}, expected ${expected}`)

test("Student's own data give the interval that scipy gives", () => {
  // Additional hours of sleep, in tenths (Student 1908, illustration I); scipy 1.17.1 stats.t.interval.
  const interval = meanInterval(...sumsOf([12, 24, 13, 13, 0, 10, 18, 8, 46, 14]), { scale: 10 })
  near(interval?.mean, 1.58)
  near(interval?.low, 0.7001142367230175)
  near(interval?.high, 2.459885763276982)
})

test('an interval is cut at the bounds only when they are given', () => {
  const sums = sumsOf([100, 0, 50, 77, 99, 3])
  near(meanInterval(...sums)?.high, 102.22980954751279)
  assert.equal(meanInterval(...sums, { bounds: { low: 0, high: 100 } })?.high, 100)
  near(meanInterval(...sums, { bounds: { low: 0, high: 100 } })?.low, 7.436857119153892)
})

test('a small spread far from zero keeps its digits', () => {
  // 1e15, 1e15 + 1, 1e15 + 2: s = 1, so the half width is t(0.975; 2) / √3, 4.302652729911275 / √3.
  const values = [0n, 1n, 2n].map(k => 10n ** 15n + k)
  const sum = values.reduce((total, k) => total + k, 0n)
  const squares = values.reduce((total, k) => total + k * k, 0n)
  const interval = meanInterval(3, sum, squares, { scale: 10n ** 13n })
  assert.ok(interval?.low != null && interval.high != null)
  // Relative to the mean of 100 the width is 5e-13: what a double resolves there is 1.4e-14.
  assert.ok(Math.abs((interval.high - interval.low) / 2 - 2.4841e-13) < 2e-14, `${interval.high - interval.low}`)
})

test('the same values in another scale give the same interval', () => {
  const values = [3, 50, 77, 80]
  const [n, sum, squares] = sumsOf(values)
  const scaled = meanInterval(n, BigInt(sum) * 2520n, BigInt(squares) * 2520n ** 2n, { scale: 2520 })
  const plain = meanInterval(n, sum, squares)
  near(scaled?.low, plain?.low ?? Number.NaN)
  near(scaled?.high, plain?.high ?? Number.NaN)
})

test('no values have no mean, one value has no interval, equal values have one without width', () => {
  assert.equal(meanInterval(0, 0, 0), null)
  assert.deepEqual(meanInterval(1, 42, 42 * 42), { n: 1, mean: 42, low: null, high: null })
  assert.deepEqual(meanInterval(5, 500, 50_000), { n: 5, mean: 100, low: 100, high: 100 })
})

test('sums that no values have, and sums that are not whole, are refused', () => {
  assert.throws(() => meanInterval(2, 10, 49), RangeError)
  assert.throws(() => meanInterval(0, 0, 1), RangeError)
  assert.throws(() => meanInterval(0, 1, 0), RangeError)
  assert.throws(() => meanInterval(2, 0.5, 1), /must be whole/)
  assert.throws(() => meanInterval(2, 2 ** 53, 1), /must be whole/)
  assert.throws(() => meanInterval(2, 1, 1, { scale: 0 }), RangeError)
  assert.throws(() => meanInterval(2, 1, 1, { level: 1 }), RangeError)
})

test('about 95 of 100 intervals hold the true mean', () => {
  // Sums of twelve uniform digits 0–99 are close to normal; their mean is 594. Fixed seed; ±4 standard errors allowed.
  const random = mersenne(7)
  const draw = () => Array.from({ length: 12 }, () => (random.next() >>> 0) % 100).reduce((sum, k) => sum + k, 0)
  let hits = 0
  for (let trial = 0; trial < 2000; trial++) {
    const interval = meanInterval(...sumsOf(Array.from({ length: 6 }, draw)))
    if ((interval?.low ?? Number.NaN) <= 594 && 594 <= (interval?.high ?? Number.NaN)) hits++
  }
  assert.ok(Math.abs(hits - 1900) < 40, `${hits} of 2000`)
})
