import assert from 'node:assert/strict'
import { test } from 'node:test'
import { meanDifference } from '#statistics/mean-difference.ts'

function sumUp(values: number[]) {
  return {
    n: values.length,
    sum: BigInt(values.reduce((total, value) => total + value, 0)),
    squares: BigInt(values.reduce((total, value) => total + value * value, 0)),
  }
}

test('the difference of two means and its interval are those of Welch', () => {
  // By hand: means 30 and 20, squared errors 62.5 / 5 and (50 / 3) / 4.
  const one = sumUp([20, 25, 30, 35, 40])
  const other = sumUp([15, 20, 20, 25])
  const found = meanDifference(one, other)
  const [a, b] = [62.5 / 5, 50 / 3 / 4]
  const df = (a + b) ** 2 / (a ** 2 / 4 + b ** 2 / 3)
  assert.ok(Math.abs(df - 6.1935) < 0.001, `${df}`)
  assert.ok(found !== null)
  assert.equal(found.estimate, 10)
  // t(0.975; 6.1935) lies between t(0.975; 7) = 2.3646 and t(0.975; 6) = 2.4469.
  const t = (found.high - 10) / Math.sqrt(a + b)
  assert.ok(t > 2.3646 && t < 2.4469, `${t}`)
  assert.ok(Math.abs(found.high + found.low - 20) < 1e-12)
})

test('scaled sums give the same, a single value nothing, and impossible sums are refused', () => {
  const plain = meanDifference(sumUp([1, 2, 4]), sumUp([5, 6]))
  const scaled = meanDifference(sumUp([10, 20, 40]), sumUp([50, 60]), { scale: 10 })
  assert.ok(plain !== null && scaled !== null)
  assert.ok(Math.abs(plain.low - scaled.low) < 1e-9 && Math.abs(plain.high - scaled.high) < 1e-9)
  assert.equal(meanDifference(sumUp([1]), sumUp([5, 6])), null)
  assert.throws(() => meanDifference({ n: 2, sum: 10n, squares: 1n }, sumUp([5, 6])), RangeError)
})

test('under the hypothesis of no difference a 95 % interval misses 0 in about 5 % of 4,000 draws', () => {
  let state = 4_711
  const draw = () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
  const sample = (n: number, spread: number) =>
    sumUp(
      Array.from({ length: n }, () =>
        Math.round(1e4 * spread * Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(6.283185307 * draw())),
      ),
    )
  let missed = 0
  for (let trial = 0; trial < 4_000; trial++) {
    const found = meanDifference(sample(8, 3), sample(20, 1))
    if (found !== null && (found.low > 0 || found.high < 0)) missed++
  }
  console.log(`seed 4711: ${missed} of 4,000 missed`)
  // 5 % of 4,000 is 200 with a standard deviation of 14.
  assert.ok(missed > 150 && missed < 255, `${missed}`)
})
