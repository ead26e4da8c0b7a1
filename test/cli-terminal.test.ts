import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDollars, formatSeconds } from '#cli/amounts.ts'
import { formatTable } from '#cli/table.ts'
import { clipText, formatJson, showText, wrapText } from '#cli/terminal-text.ts'

test('what a terminal would obey is spelled out, all other text is shown as it is', () => {
  assert.equal(showText('a\u001b[2Jb\u0007\u009b1m'), 'a\\x1b[2Jb\\x07\\x9b1m')
  assert.equal(showText('x\u202egpj.exe\u2069'), 'x\\u{202e}gpj.exe\\u{2069}')
  assert.equal(showText('one\r\ntwo\tthree'), 'one two three')
  assert.equal(showText('half \ud800 and \u{e0041}'), 'half \\u{d800} and \\u{e0041}')
  assert.equal(showText('Grüße, 世界 👩‍👩‍👧 \\x1b'), 'Grüße, 世界 👩‍👩‍👧 \\x1b')
})

test('JSON for a terminal is the same JSON', () => {
  const value = { text: 'a\u001b\u007f\u009b\u202e\u{e0041} 世界 👩‍👩‍👧 \ud800' }
  const text = formatJson(value)
  assert.deepEqual(JSON.parse(text), value)
  assert.ok(!/[\u007f-\u009f\u202e\u{e0041}]/u.test(text))
  assert.ok(text.includes('世界 👩‍👩‍👧'))
})

test('a table is aligned by the width that its text has on a terminal', () => {
  const rows = [
    { name: '世界', n: 5 },
    { name: 'a long name that is cut', n: null },
    { name: 'x\ny', n: 100 },
  ]
  const lines = formatTable<(typeof rows)[number]>(
    [
      { title: 'name', value: row => row.name, most: 10 },
      { title: 'n', value: row => row.n },
      { title: 'end', value: row => row.name, most: 2 },
    ],
    rows,
  )
  assert.deepEqual(lines, ['name          n  end', '世界          5  …', 'a long na…    –  a…', 'x y         100  x…'])
})

test('text is cut between characters and wrapped between words', () => {
  assert.equal(clipText('👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 5), '👩‍👩‍👧👩‍👩‍👧…')
  assert.equal(clipText('12345', 5), '12345')
  assert.deepEqual(wrapText('one two three\nfour', 8), ['one two', 'three', 'four'])
  assert.deepEqual(wrapText('incomprehensible words', 8), ['incomprehensible', 'words'])
})

test('durations and dollars are said as people say them', () => {
  assert.deepEqual([0.2, 59.5, 200, 7500].map(formatSeconds), ['1 s', '1 min 0 s', '3 min 20 s', '2 h 5 min'])
  assert.deepEqual([0, 0.00123, 0.5, 12.345].map(formatDollars), ['$0', '$0.0012', '$0.50', '$12.35'])
})
