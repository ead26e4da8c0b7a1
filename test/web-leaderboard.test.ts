import assert from 'node:assert/strict'
import { test } from 'node:test'
import { letterOf } from '#experiments/variant-letter.ts'
import { explainLeading, findLeading, nameLabelling } from '../web/experiments/leading.ts'
import { readBoardSearch, readCompareSearch, readMatrixSearch } from '../web/leaderboard/board-search.ts'
import {
  describeMean,
  formatChance,
  formatDifference,
  formatInterval,
  formatRank,
  sharesRankApart,
} from '../web/leaderboard/score-numbers.ts'

test('a score never stands without its interval and n, and says so where there are too few cases', () => {
  const mean = { estimate: 0.8214, low: 0.79, high: 0.8449, cases: 1200 }
  assert.equal(describeMean(mean), '0.82 [0.79, 0.84] n=1,200')
  assert.equal(
    describeMean({ ...mean, low: 0.8125, high: 0.8301 }),
    '0.821 [0.813, 0.830] n=1,200',
    'narrow: three decimals',
  )
  assert.equal(describeMean({ ...mean, cases: 3 }), '0.82, n=3, too few for an interval')
  assert.equal(describeMean({ ...mean, low: null, high: null }), '0.82 no interval n=1,200')
  assert.equal(formatInterval({ ...mean, cases: 4 }), 'n=4')
  assert.equal(describeMean(null), 'no score')
})

test('it is noticed where a difference to the baseline is shown and the ranks do not tell the two apart', () => {
  const base = { variant_no: 1, rank: { best: 1, worst: 3 }, difference: null }
  const entries = (rank: { best: number; worst: number } | null, verdict: string | null) => ({
    baseline: { variant_no: 1 },
    entries: [base, { variant_no: 2, rank, difference: { verdict } }],
  })
  assert.equal(sharesRankApart(entries({ best: 1, worst: 3 }, 'worse')), true)
  assert.equal(sharesRankApart(entries({ best: 3, worst: 5 }, 'worse')), true)
  assert.equal(sharesRankApart(entries({ best: 4, worst: 5 }, 'worse')), false)
  assert.equal(sharesRankApart(entries({ best: 1, worst: 3 }, 'undecided')), false)
  assert.equal(sharesRankApart(entries(null, 'worse')), false)
  assert.equal(sharesRankApart({ ...entries({ best: 1, worst: 3 }, 'worse'), baseline: null }), false)
})

test('differences are signed, and what rounds to nothing has no sign', () => {
  assert.deepEqual(
    [0.04, -0.14, -0.001, 0].map(value => formatDifference(value)),
    ['+0.04', '−0.14', '0.00', '0.00'],
  )
  assert.equal(formatDifference(-0.0042, 3), '−0.004')
  assert.deepEqual([0.0004, 0.0123, 0.34].map(formatChance), ['<0.001', '0.012', '0.34'])
  assert.deepEqual(
    [formatRank({ best: 2, worst: 4 }), formatRank({ best: 3, worst: 3 }), formatRank(null)],
    ['2–4', '3', '–'],
  )
})

test('a variant keeps its letter: A to Z, then AA', () => {
  assert.deepEqual([1, 26, 27, 52, 53, 703].map(letterOf), ['A', 'Z', 'AA', 'AZ', 'BA', 'AAA'])
})

test('an address that means nothing is read as far as it means something', () => {
  assert.deepEqual(
    readBoardSearch({ baseline: '3', split: 'dev', k: '1', shown: '50', peek: '-1', pick: '2,2,x,7,8,9,10' }),
    {
      baseline: 3,
      pick: '2,7,8,9',
    },
  )
  assert.deepEqual(readMatrixSearch({ v: '', split: 'test', show: 'differ' }), { split: 'test', show: 'differ' })
  assert.deepEqual(readCompareSearch({ a: '1', b: 'two', show: 'all' }), { a: 1 })
})

test('only a variant that is better than each other one is called the winner', () => {
  const board = (worst: number, ranked = 3) => ({
    ranked,
    winner: { variant_no: 2 },
    entries: [
      { variant_no: 1, rank: { worst: 3 } },
      { variant_no: 2, rank: { worst } },
    ],
  })
  const describe = (given: Parameters<typeof findLeading>[0]) => {
    const leading = findLeading(given)
    return leading && [nameLabelling(leading), explainLeading(leading)]
  }
  assert.deepEqual(describe(board(1)), ['Label winner', ''])
  assert.equal(describe(board(2))?.[0], 'Label variant B')
  assert.match(describe(board(2))?.[1] ?? '', /^B has the highest mean, but can't be separated from every other/)
  assert.equal(describe({ ...board(1), entries: [{ variant_no: 2, rank: null }] })?.[0], 'Label variant B')
  assert.match(describe(board(1, 1))?.[1] ?? '', /^Nothing else is ranked/)
  assert.equal(describe({ ...board(1), winner: null }), null)
})
