import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameWholeCandidate } from '../web/corrections/candidate-name.ts'
import { readCorrectionsSearch, toNarrowing, toQueueQuery } from '../web/corrections/corrections-search.ts'
import { explainNoInterval, sumReviewers } from '../web/corrections/reviewer-sums.ts'
import { readSessionSearch } from '../web/sessions/list-search.ts'

test('an address is read leniently, and a missing name is told from any name', () => {
  const read = readCorrectionsSearch({
    tab: 'nowhere',
    source: '(none)',
    failure_category: 'wrong_answer',
    min_quality: '0.25',
    max_quality: '7',
    min_age_days: 7,
    at: '2026-3-1',
    format: 'dpo',
    unknown: 'x',
  })
  const filter = { source: '(none)', failure_category: 'wrong_answer', min_quality: '0.25', min_age_days: '7' } as const
  assert.deepEqual(read, { ...filter, format: 'dpo' })
  assert.deepEqual(toQueueQuery(filter), { ...filter, source: '' })
  assert.deepEqual(toNarrowing(filter), { ...filter, source: '', min_quality: 0.25, min_age_days: 7 })
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

test("a reviewer's decisions are counted over the days that the server names, and comments are no decisions", () => {
  const time = { reviewer: 'ada', n: 4, days: 2, mean_ms: 7_000, low_ms: null, high_ms: null }
  const row = { reviewer: 'ada', day: '2026-03-10', action: 'correct', n: 3, timed: 1, mean_duration_ms: 4_000 }
  const sums = sumReviewers({
    days: { today: '2026-03-12', week_since: '2026-03-10', since: '2025-12-12' },
    times: [time],
    categories: [],
    waiting: { total: 0, oldest_day: null, median_age_days: null, by_age: [] },
    reviewers: [
      row,
      { ...row, action: 'discard', n: 3, timed: 3, mean_duration_ms: 8_000, day: '2026-02-01' },
      { ...row, action: 'comment', n: 50, timed: 0, mean_duration_ms: null },
      { ...row, reviewer: 'bob', n: 9, timed: 0, mean_duration_ms: null },
    ],
  })
  assert.deepEqual(
    sums.map(one => [one.reviewer, one.lately, one.all, one.correct, one.discard, one.time?.mean_ms ?? null]),
    [
      ['bob', 9, 9, 9, 0, null],
      ['ada', 3, 6, 3, 3, 7_000],
    ],
  )
  assert.equal(explainNoInterval(time), 'too few for an interval')
  assert.equal(explainNoInterval({ ...time, n: 5, days: 1 }), 'all on one day, no interval')
  assert.equal(explainNoInterval({ ...time, n: 5, low_ms: 1, high_ms: 9 }), '')
})

test('a candidate is called by its task, else by what was asked last, else by its answer, and by its id last', () => {
  const review = {
    ...{ content_hash: '', origin: 'session' as const, session_id: null, message_index: null, assigned_to: null },
    ...{ created_at: '', decided_at: null },
  }
  const candidate = {
    ...{ id: '0198-uuid', status: 'needs_review' as const, corrected_response: null, review },
    task_name: null as string | null,
    prompt_messages: [] as { role: string; content: unknown }[],
    model_response: ' ',
  }
  const ask = (content: unknown) => ({ role: 'user', content })
  assert.equal(nameWholeCandidate(candidate), '0198-uuid')
  assert.equal(nameWholeCandidate({ ...candidate, model_response: 'It is\n 4.' }), 'It is 4.')
  const asked = { ...candidate, prompt_messages: [ask('first'), ask([{ text: 'Where  is' }, { text: 'it?' }, 7])] }
  assert.equal(nameWholeCandidate(asked), 'Where is it?')
  assert.equal(nameWholeCandidate({ ...asked, task_name: 'A task' }), 'A task')
  assert.equal(nameWholeCandidate({ ...candidate, prompt_messages: [ask('y'.repeat(500))] }).length, 160)
})
