import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failGrades, weighGrades } from '#experiments/weights.ts'

const scorers = (...weights: (number | null)[]) => weights.map((weight, index) => ({ scorer_no: index + 1, weight }))

test('the weighted score is the weighted mean over the scorers that have a weight; the plain mean is over all', () => {
  assert.deepEqual(weighGrades([1, 0.5, 0], scorers(3, 1, null)), { score_mean: 0.5, weighted: 0.875 })
  assert.deepEqual(weighGrades([0.9, 0.6], scorers(2, 1)), { score_mean: 0.75, weighted: 0.8 })
})

test('a scorer without a grade on a run does not count there', () => {
  assert.deepEqual(weighGrades([1, null, 0.2], scorers(1, 5, 1)), { score_mean: 0.6, weighted: 0.6 })
  assert.deepEqual(weighGrades([null, 0.4], scorers(7, 1)), { score_mean: 0.4, weighted: 0.4 })
  assert.deepEqual(weighGrades([0.4], scorers(1, 7)), { score_mean: 0.4, weighted: 0.4 })
})

test('without weights, with none that match and with zeros alone, all scorers weigh the same', () => {
  const even = { score_mean: 0.4, weighted: 0.4 }
  assert.deepEqual(weighGrades([0.1, 0.7], scorers(null, null)), even)
  assert.deepEqual(weighGrades([0.1, 0.7], []), even)
  assert.deepEqual(weighGrades([0.1, 0.7, null], scorers(null, null, 3)), even)
  assert.deepEqual(weighGrades([0.1, 0.7], scorers(0, null)), even)
  assert.deepEqual(weighGrades([0.1, 0.7], scorers(0, 0)), even)
})

test('a weight of 0 takes a scorer out as long as another one counts', () => {
  assert.deepEqual(weighGrades([0, 1], scorers(0, 2)), { score_mean: 0.5, weighted: 1 })
})

test('a run without grades has no score', () => {
  assert.deepEqual(weighGrades([], scorers(1)), { score_mean: null, weighted: null })
  assert.deepEqual(weighGrades([null, null], scorers(1, 1)), { score_mean: null, weighted: null })
})

test('means are the nearest doubles of the decimal means, so that equal scores are tied', () => {
  const plain = (...grades: number[]) => weighGrades(grades, []).weighted
  assert.equal(plain(0.1, 0.2), 0.15)
  assert.equal(plain(0.1, 0.1, 0.1), 0.1)
  assert.equal(plain(1, 1, 0), 2 / 3)
  assert.equal(plain(0.7, 0.1, 0.1), 0.3)
  assert.equal(plain(1e-7, 0), 5e-8)
  assert.equal(weighGrades([0.1, 0.2, 0.3], scorers(0.1, 0.1, 0.1)).weighted, 0.2)
  assert.equal(weighGrades([1, 0.3], scorers(1e9, 1e-9)).weighted, 1)
  assert.equal(weighGrades([1, 0], scorers(5e-324, 5e-324)).weighted, 0.5)
  assert.equal(weighGrades([1, 0], scorers(1e-300, 1)).weighted, 0)
})

test('a failed cell has zeros for the scorers that are declared or have a weight', () => {
  assert.deepEqual(
    failGrades([
      { scorer_no: 1, weight: null, declared: true },
      { scorer_no: 2, weight: null, declared: false },
      { scorer_no: 3, weight: 0.5, declared: false },
      { scorer_no: 4, weight: null, declared: false },
    ]),
    [0, null, 0],
  )
  assert.deepEqual(failGrades([]), [])
})
