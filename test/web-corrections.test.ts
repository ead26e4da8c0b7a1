import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCorrectionsSearch, toNarrowing, toQueueQuery } from '../web/corrections/corrections-search.ts'
import { sumReviewers } from '../web/corrections/reviewer-sums.ts'

test('an address is read leniently, and a missing name is told from any name', () => {
  const read = readCorrectionsSearch({
    tab: 'nowhere',
    source: '(none)',
    failure_category: 'wrong_answer',
    min_quality: '0.25',
    max_quality: '7',
    at: '2026-3-1',
    format: 'dpo',
    unknown: 'x',
  })
  const filter = { source: '(none)', failure_category: 'wrong_answer', min_quality: '0.25' } as const
  assert.deepEqual(read, { ...filter, format: 'dpo' })
  assert.deepEqual(toQueueQuery(filter), { source: '', failure_category: 'wrong_answer', min_quality: '0.25' })
  assert.deepEqual(toNarrowing(filter), { source: '', failure_category: 'wrong_answer', min_quality: 0.25 })
})

test("a reviewer's time per decision is over decisions that were timed, and comments are no decisions", () => {
  const row = { reviewer: 'ada', day: '2026-03-10', action: 'correct', n: 3, timed: 1, mean_duration_ms: 4_000 }
  const sums = sumReviewers(
    [
      row,
      { ...row, action: 'discard', n: 3, timed: 3, mean_duration_ms: 8_000, day: '2026-02-01' },
      { ...row, action: 'comment', n: 50, timed: 0, mean_duration_ms: null },
      { ...row, reviewer: 'bob', n: 9, timed: 0, mean_duration_ms: null },
    ],
    Date.parse('2026-03-12T12:00:00Z'),
  )
  assert.deepEqual(
    sums.map(one => [one.reviewer, one.lately, one.all, one.correct, one.discard, one.mean_ms]),
    [
      ['bob', 9, 9, 9, 0, null],
      ['ada', 3, 6, 3, 3, 7_000],
    ],
  )
})
