import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { areaUnderCurve, type LabelledScore } from '#statistics/auc.ts'

const cases = (positives: number[], negatives: number[]): LabelledScore[] => [
  ...positives.map(score => ({ score, positive: true })),
  ...negatives.map(score => ({ score, positive: false })),
]

test('the published rating data of Hanley and McNeil give the published area', () => {
  // Radiology 143 (1982), table I: ratings 1–5 of 58 normal and 51 abnormal images; trapezoid area 0.893.
  const repeat = (counts: number[]) => counts.flatMap((count, index) => Array.from({ length: count }, () => index + 1))
  const area = areaUnderCurve(cases(repeat([3, 2, 2, 11, 33]), repeat([33, 6, 6, 11, 2])))
  assert.equal(area?.toFixed(3), '0.893')
})

test('perfect orders give 1 and 0, all ties give one half', () => {
  assert.equal(areaUnderCurve(cases([3, 4], [1, 2])), 1)
  assert.equal(areaUnderCurve(cases([1, 2], [3, 4])), 0)
  assert.equal(areaUnderCurve(cases([5, 5, 5], [5, 5])), 0.5)
  assert.equal(areaUnderCurve(cases([Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY])), 1)
})

test('a missing class has no area and a NaN is refused', () => {
  assert.equal(areaUnderCurve([]), null)
  assert.equal(areaUnderCurve(cases([1], [])), null)
  assert.equal(areaUnderCurve(cases([], [1])), null)
  assert.throws(() => areaUnderCurve(cases([Number.NaN], [1])), RangeError)
})

test('it counts the same as comparing every pair', t => {
  const seed = Date.now() % 2 ** 31
  t.diagnostic(`seed ${seed}`)
  const scores = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(scores, scores, (positives, negatives) => {
      const wins = positives.flatMap(p => negatives.map(n => (p > n ? 1 : p === n ? 0.5 : 0)))
      const expected = wins.reduce<number>((sum, win) => sum + win, 0) / wins.length
      assert.equal(areaUnderCurve(cases(positives, negatives)), expected)
    }),
    { seed },
  )
})
