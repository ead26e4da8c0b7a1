import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { incompleteBeta, studentTCdf, studentTQuantile } from '#statistics/student-t.ts'

/** Upper tail p, then t per degrees of freedom 1, 2, 5, 30, 119, 1000, 1e6; computed with mpmath 1.3.0 at 50 digits. */
const DEGREES = [1, 2, 5, 30, 119, 1000, 1_000_000]
// biome-ignore format: a table
const UPPER_TAILS: [number, number[]][] = [
  [0.4, [0.32491969623290623, 0.2886751345948128, 0.26718086570414507, 0.2556053649519127, 0.2539142556296955, 0.2534145158394987, 0.2533471705378416]],
  [0.25, [1, 0.816496580927726, 0.7266868438004227, 0.6827556933212926, 0.6765569983143938, 0.6747351646070094, 0.6744899955310873]],
  [0.025, [12.706204736174705, 4.302652729749464, 2.5705818356363155, 2.042272456301238, 1.98009987645694, 1.9623390808264085, 1.959966356814107]],
  [0.0005, [636.6192487687196, 31.59905457644362, 6.86882662588111, 3.645958635042022, 3.3741665465294783, 3.300282648423913, 3.290536461248691]],
  [1e-12, [318309886183.79065, 707106.7811854868, 393.95695957760375, 11.397217523311411, 7.852709759197045, 7.1242289253144095, 7.034572608411256]],
  [1e-100, [3.1830988618379064e99, 7.071067811865475e49, 1.5683925590993378e20, 10810.645001143976, 72.64835075838056, 23.930617087826445, 21.27586598549062]],
]

const closeTo = (actual: number, expected: number, relative: number, what: string) =>
  assert.ok(Math.abs(actual - expected) <= relative * Math.abs(expected), `${what}: ${actual}, expected ${expected}`)

test('quantiles and tails agree with values computed at 50 digits', () => {
  for (const [tail, row] of UPPER_TAILS) {
    for (const [index, df] of DEGREES.entries()) {
      const t = row[index] ?? Number.NaN
      closeTo(studentTQuantile(tail, df), -t, 1e-11, `quantile of ${tail}, df ${df}`)
      closeTo(studentTCdf(-t, df), tail, 1e-10, `cdf at ${-t}, df ${df}`)
    }
  }
})

test('the printed table of 95 % two-sided values is met to its last digit', () => {
  // NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.2, column 0.975.
  const printed: [number, string][] = [
    [1, '12.706'],
    [4, '2.776'],
    [9, '2.262'],
    [20, '2.086'],
    [60, '2.000'],
    [100, '1.984'],
  ]
  for (const [df, value] of printed) assert.equal(studentTQuantile(0.975, df).toFixed(3), value)
})

test('one and two degrees of freedom agree with their closed forms also next to one half', () => {
  for (const distance of [1e-12, 1e-6, 0.01, 0.3, 0.49999]) {
    const p = 0.5 + distance
    const exact = p - 0.5
    closeTo(studentTQuantile(p, 1), Math.tan(Math.PI * exact), 1e-10, `df 1, p ${p}`)
    closeTo(studentTQuantile(p, 2), (2 * exact) / Math.sqrt(2 * p * (1 - p)), 1e-12, `df 2, p ${p}`)
  }
  assert.equal(studentTQuantile(0.5, 7), 0)
  assert.equal(studentTQuantile(1e-300, 0.5), Number.NEGATIVE_INFINITY)
})

test('quantile and distribution function undo each other, and mirror around zero', t => {
  const seed = Date.now() % 2 ** 31
  t.diagnostic(`seed ${seed}`)
  fc.assert(
    fc.property(fc.double({ min: 1e-9, max: 0.5, noNaN: true }), fc.integer({ min: 1, max: 5000 }), (p, df) => {
      const value = studentTQuantile(p, df)
      closeTo(studentTCdf(value, df), p, 1e-10, `p ${p}, df ${df}`)
      if (p > 0.01) closeTo(1 - studentTCdf(-value, df), p, 1e-10, `upper p ${p}, df ${df}`)
    }),
    { seed, numRuns: 500 },
  )
})

test('the incomplete beta function agrees with scipy 1.17.1 and with its symmetry', () => {
  // biome-ignore format: a table
  const known: [number, number, number, number][] = [
    [2, 3, 0.4, 0.5248], [0.5, 0.5, 0.3, 0.36901011956554536], [200, 300, 0.41, 0.677628164772179],
    [100000, 200000, 0.3335, 0.5769368018947587], [0.1, 30, 0.001, 0.7371893001109396], [50, 0.5, 0.999, 0.7523690199653768],
  ]
  for (const [a, b, x, value] of known) {
    closeTo(incompleteBeta(a, b, x), value, a > 1000 ? 1e-9 : 1e-12, `I_${x}(${a}, ${b})`)
    closeTo(1 - incompleteBeta(b, a, 1 - x), value, 1e-9, `1 - I_${1 - x}(${b}, ${a})`)
  }
  assert.deepEqual([incompleteBeta(2, 3, 0), incompleteBeta(2, 3, 1)], [0, 1])
})

test('arguments outside the definition are refused', () => {
  for (const p of [0, 1, -0.1, Number.NaN]) assert.throws(() => studentTQuantile(p, 3), RangeError)
  for (const df of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => studentTQuantile(0.9, df), RangeError)
    assert.throws(() => studentTCdf(1, df), RangeError)
  }
  assert.throws(() => studentTCdf(Number.NaN, 3), RangeError)
  assert.throws(() => incompleteBeta(0, 1, 0.5), RangeError)
  assert.throws(() => incompleteBeta(1, 1, 1.5), RangeError)
})
