import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCorrectionsSearch, toNarrowing, toQueueQuery } from '../web/corrections/corrections-search.ts'
import { sumReviewers } from '../web/corrections/reviewer-sums.ts'
import { readSessionSearch } from '../web/sessions/list-search.ts'

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

test('a day of an address is one of the calendar, or it is left out', () => {
  const read = (at: string) => readCorrectionsSearch({ at, from: at, to: at })
  const day = '2028-02-29'
  assert.deepEqual(read(day), { at: day, from: day, to: day })
  for (const none of [
    '2026-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-01-00',
    '0000-01-01',
    '2026-1-1',
    '+12026-01-01',
    '',
  ])
    assert.deepEqual(read(none), {}, none)
  assert.deepEqual(readSessionSearch({ at: '2026-02-30' }), {})
  assert.deepEqual(readSessionSearch({ at: day }), { at: day })
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
