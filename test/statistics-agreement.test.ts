import assert from 'node:assert/strict'
import { test } from 'node:test'
import { computeAlpha, computeKappa, computePercentAgreement } from '#statistics/agreement.ts'

/** Rows are raters, columns units; `.` is no value. */
function readUnits(rows: string[]): string[][] {
  const table = rows.map(row => row.split(' '))
  return (table[0] ?? []).map((_, unit) => table.map(row => row[unit] ?? '.').filter(value => value !== '.'))
}

function assertNear(value: number | null, expected: number, digits: number) {
  assert.ok(value !== null && Math.abs(value - expected) < 0.5 * 10 ** -digits, `${value} is not ${expected}`)
}

test("α is what Krippendorff's paper of 2011 gives for its examples", () => {
  const binary = readUnits(['0 1 0 0 0 0 0 0 1 0', '1 1 1 0 0 1 0 0 0 0'])
  assertNear(computeAlpha(binary), 0.095, 3)
  const twoRaters = readUnits(['a a b b d c c c e d d a', 'b a b b b c c c e d d d'])
  assertNear(computeAlpha(twoRaters), 0.692, 3)
  const manyRaters = readUnits([
    '1 2 3 3 2 1 4 1 2 . . .',
    '1 2 3 3 2 2 4 1 2 5 . 3',
    '. 3 3 3 2 3 4 2 2 5 1 .',
    '1 2 3 3 2 4 4 1 2 5 1 .',
  ])
  assertNear(computeAlpha(manyRaters), 0.743, 3)
})

test("κ is what textbooks give: 0.4 for 20, 5, 10 and 15; Cohen's own table of 1960", () => {
  const proposals = [
    ...Array<[string, string]>(20).fill(['yes', 'yes']),
    ...Array<[string, string]>(5).fill(['yes', 'no']),
    ...Array<[string, string]>(10).fill(['no', 'yes']),
    ...Array<[string, string]>(15).fill(['no', 'no']),
  ]
  assertNear(computeKappa(proposals), 0.4, 12)
  const cells = [
    [88, 14, 18],
    [10, 40, 10],
    [2, 6, 12],
  ]
  const cohen = cells.flatMap((row, i) => row.flatMap((n, j) => Array<[string, string]>(n).fill([`${i}`, `${j}`])))
  assertNear(computeKappa(cohen), 0.492, 3)
})

test('agreement in percent is the share of equal pairs', () => {
  assert.equal(computePercentAgreement([['a', 'a'], ['a', 'b'], ['a']]), 50)
  assert.equal(computePercentAgreement([['a', 'a', 'b']]), 100 / 3)
})

test('what is not defined is null, and perfect agreement is exactly 1', () => {
  for (const compute of [computeAlpha, computePercentAgreement]) {
    assert.equal(compute([]), null)
    assert.equal(compute([['a'], []]), null)
  }
  assert.equal(
    computeAlpha([
      ['a', 'a'],
      ['a', 'a'],
    ]),
    null,
  )
  assert.equal(computeKappa([]), null)
  assert.equal(computeKappa([['a', 'a']]), null)
  assert.equal(
    computeAlpha([
      ['a', 'a'],
      ['b', 'b'],
    ]),
    1,
  )
  assert.equal(
    computeKappa([
      ['a', 'a'],
      ['b', 'b'],
    ]),
    1,
  )
})
