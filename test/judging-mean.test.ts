import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Scores } from '#judging/axes.ts'
import { averageScores, MEAN_SCALE, roundHalfEven, scaledMeans } from '#judging/mean.ts'

const score = (all: number, orchestration: number | null = null): Scores => ({
  task_complexity: all,
  goal_completion: all,
  tool_usage_quality: all,
  efficiency: all,
  communication: all,
  subagent_orchestration: orchestration,
  self_extension: null,
})

test('a mean of up to ten experts is exact at the scale', () => {
  const property = fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 10 }), values => {
    const [mean] = scaledMeans(values.map(value => score(value)))
    const sum = values.reduce((total, value) => total + value, 0)
    assert.ok(Number.isSafeInteger(mean))
    assert.equal(Number(mean) * values.length, sum * MEAN_SCALE)
  })
  fc.assert(property, { verbose: 1 })
})

test('nulls are left out of the mean, and an axis that is null for every expert is null', () => {
  const means = scaledMeans([score(10, null), score(20, 40), score(60, 50)])
  assert.deepEqual(means, [...[30, 30, 30, 30, 30, 45].map(mean => mean * MEAN_SCALE), null])
  assert.deepEqual(scaledMeans([]), [null, null, null, null, null, null, null])
})

test('more than ten experts are refused, since their mean would not be exact', () => {
  assert.throws(() => scaledMeans(Array.from({ length: 11 }, () => score(1))), RangeError)
})

test('rounding takes a tie to the even neighbour, also below zero', () => {
  const cases: [bigint, bigint, number][] = [
    [1n, 2n, 0],
    [3n, 2n, 2],
    [5n, 2n, 2],
    [-1n, 2n, 0],
    [-3n, 2n, -2],
    [-5n, 2n, -2],
    [7n, 3n, 2],
    [8n, 3n, 3],
    [-7n, 3n, -2],
    [-8n, 3n, -3],
    [0n, 7n, 0],
    [100n, 1n, 100],
  ]
  for (const [numerator, denominator, expected] of cases) {
    assert.equal(roundHalfEven(numerator, denominator), expected, `${numerator}/${denominator}`)
  }
  assert.throws(() => roundHalfEven(1n, 0n), RangeError)
})

test('the average of a pass rounds half to even, not away from zero', () => {
  assert.equal(averageScores([score(50), score(51)]).goal_completion, 50)
  assert.equal(averageScores([score(51), score(52)]).goal_completion, 52)
  assert.equal(averageScores([score(50), score(50), score(51)]).goal_completion, 50)
  assert.equal(averageScores([score(1), score(2)]).self_extension, null)
})
