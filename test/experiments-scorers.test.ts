import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mersenne } from 'pure-rand/generator/mersenne'
import { Invalid } from '#errors.ts'
import { prepareDeclaredScorers } from '#experiments/declared-scorers.ts'
import { PURE_SCORERS, prepareScorer } from '#experiments/scorers/registry.ts'
import type { OutputToolCall, ScoredOutput } from '#experiments/scorers/scorer.ts'

const outputOf = (text: string, more: Partial<ScoredOutput> = {}): ScoredOutput => ({
  ...{ text, tool_calls: [], duration_ms: null, cost_usd: null },
  ...more,
})

const prepare = (settings: object) => prepareScorer(settings, ['body', 'scorers', 0])

/** The value of an output; `expected` is the case's. */
const value = (settings: object, text: string, expected?: unknown) =>
  prepare(settings).grade({ input: {}, ...(expected === undefined ? {} : { expected }) }, outputOf(text)).value

const explain = (settings: object, text: string, expected?: unknown) =>
  prepare(settings).grade({ input: {}, expected }, outputOf(text)).explanation

const assertRefused = (work: () => unknown, path: (string | number)[], message: RegExp) =>
  assert.throws(work, error => {
    assert.ok(error instanceof Invalid, String(error))
    assert.deepEqual(error.loc, path)
    assert.match(error.message, message)
    return true
  })

const near = (actual: number | null, expected: number) =>
  assert.ok(actual !== null && Math.abs(actual - expected) < 1e-12, `${actual}, expected ${expected}`)

test('exact: text is compared without white space around it, other values as JSON', () => {
  const exact = { kind: 'exact' }
  assert.equal(value(exact, ' Paris\n', 'Paris'), 1)
  assert.equal(value(exact, 'paris', 'Paris'), 0)
  assert.equal(value({ ...exact, case_sensitive: false }, 'paris', 'Paris'), 1)
  assert.equal(value({ ...exact, trim: false }, 'Paris ', 'Paris'), 0)
  assert.equal(value(exact, 'Caf\u0065\u0301', 'Caf\u00e9'), 1)
  assert.equal(value(exact, '```json\n{"b": 1, "a": [2.0]}\n```', { a: [2], b: 1 }), 1)
  assert.equal(value(exact, '{"a": 1}', { a: 2 }), 0)
  assert.equal(value(exact, 'no JSON', { a: 2 }), 0)
  assert.equal(value(exact, 'null', null), 1)
})

test('a field of the output, a fixed answer, a part of the expected and one of several answers can be named', () => {
  const exact = { kind: 'exact' }
  assert.equal(value({ ...exact, field: 'a.0.city' }, '{"a": [{"city": "Rome"}]}', 'Rome'), 1)
  assert.equal(value({ ...exact, field: 'a.1' }, '{"a": []}', 'Rome'), 0)
  assert.equal(value({ ...exact, field: 'a' }, 'Rome', 'Rome'), 0)
  assert.equal(value({ ...exact, field: 'toString' }, '{}', 'Rome'), 0)
  assert.equal(value({ ...exact, expected: 'yes' }, 'yes', 'no'), 1)
  assert.equal(value({ ...exact, expected_field: 'city' }, 'Rome', { city: 'Rome' }), 1)
  assert.equal(value({ ...exact, any_of: true }, 'b', ['a', 'b']), 1)
  assert.equal(value({ ...exact, any_of: true }, 'c', ['a', 'b']), 0)
})

test('a case that expects nothing gets no value, and scorers say beforehand that they need it', () => {
  for (const kind of ['exact', 'contains', 'numeric', 'edit_similarity', 'token_f1', 'keyword', 'tool_calls']) {
    assert.equal(value({ kind }, 'x'), null, kind)
    assert.equal(prepare({ kind }).needs_expected, true, kind)
  }
  assert.equal(prepare({ kind: 'exact', expected: 'x' }).needs_expected, false)
  assert.equal(prepare({ kind: 'keyword', keywords: ['x'] }).needs_expected, false)
  assert.equal(prepare({ kind: 'json_valid' }).needs_expected, false)
})

test('explanations count as people do: one word, two words', () => {
  const length = { kind: 'length', unit: 'words', max: 1 }
  assert.equal(explain(length, 'one'), '1 word, wanted 1 at most.')
  assert.equal(explain(length, 'one two'), '2 words, wanted 1 at most.')
  assert.equal(explain({ kind: 'length', unit: 'lines', min: 1 }, ''), '0 lines, wanted 1 at least.')
  assert.equal(
    explain({ kind: 'token_f1' }, 'one', 'one two'),
    '1 word in common; the output has 1, the expected answer 2.',
  )
  assert.equal(explain({ kind: 'edit_similarity' }, 'a', 'b'), '1 edit in 1 character.')
  assert.equal(explain({ kind: 'edit_similarity' }, 'ab', 'cd'), '2 edits in 2 characters.')
  assert.equal(explain({ kind: 'tool_calls' }, '', [{ name: 'look' }]), '0 of 1 expected call; 0 were made.')
  assert.equal(
    explain({ kind: 'markdown', min_headings: 1, max_list_items: 2, min_tables: 1 }, '# One'),
    '2 of 3 hold: 1 heading; 0 list items; 0 tables, not 1',
  )
  const cost = prepare({ kind: 'cost', limit_usd: 2 })
  const { explanation } = cost.grade({ input: {} }, outputOf('', { cost_usd: 1 }))
  assert.equal(explanation, '1 dollar; 0 is full marks, 2 none.')
})

test('keyword: the share that is satisfied, as a substring in any case unless it is said otherwise', () => {
  const keyword = { kind: 'keyword', keywords: ['Refund', 'ticket', 'sorry'] }
  near(value(keyword, 'REFUNDED your tickets'), 2 / 3)
  near(value({ ...keyword, case_sensitive: true }, 'Refund ticket SORRY'), 2 / 3)
  near(value({ ...keyword, match: 'word' }, 'refund tickets; sorry!'), 2 / 3)
  near(value({ ...keyword, forbidden: ['password'] }, 'refund ticket sorry password'), 3 / 4)
  near(value({ kind: 'keyword', forbidden: ['x'] }, 'y'), 1)
  near(value({ kind: 'keyword' }, 'über alles', ['ÜBER', 'nichts']), 1 / 2)
  near(value({ kind: 'keyword', expected_field: 'words' }, 'a b', { words: ['a', 'b'] }), 1)
  near(value({ kind: 'keyword', keywords: ['ß', '日本'], match: 'word' }, 'Straße 日本語'), 0)
  assert.match(explain(keyword, 'refund'), /1 of 3 holds; missing: "ticket", "sorry"/)
})

test('contains: the expected text is in the output', () => {
  assert.equal(value({ kind: 'contains' }, 'It is 42.', 42), 1)
  assert.equal(value({ kind: 'contains', match: 'word' }, 'It is 420.', '42'), 0)
  assert.equal(value({ kind: 'contains', match: 'word' }, 'It is 420, or 42.', '42'), 1)
  assert.equal(value({ kind: 'contains', case_sensitive: true }, 'YES', 'yes'), 0)
})

test('regex: found, full, absent, with flags', () => {
  assert.equal(value({ kind: 'regex', pattern: '\\d{3}-\\d{4}' }, 'call 555-1234 now'), 1)
  assert.equal(value({ kind: 'regex', pattern: '\\d+', full: true }, '12a'), 0)
  assert.equal(value({ kind: 'regex', pattern: 'a|b', full: true }, 'b'), 1)
  assert.equal(value({ kind: 'regex', pattern: '^end$', flags: 'im' }, 'the\nEND\nx'), 1)
  assert.equal(value({ kind: 'regex', pattern: 'secret', absent: true }, 'nothing'), 1)
  assert.equal(value({ kind: 'regex', pattern: '(?<year>\\d{4})' }, 'in 1999'), 1)
})

test('regex: a pattern that backtracks without end elsewhere takes no time, and what RE2 lacks is refused', () => {
  const started = performance.now()
  assert.equal(value({ kind: 'regex', pattern: '(a+)+$' }, `${'a'.repeat(50_000)}!`), 0)
  assert.equal(value({ kind: 'regex', pattern: '(.*)*(.*)*x' }, 'a'.repeat(50_000)), 0)
  assert.ok(performance.now() - started < 5000)
  assertRefused(() => prepare({ kind: 'regex', pattern: '(a' }), ['body', 'scorers', 0, 'pattern'], /missing closing/)
  assertRefused(() => prepare({ kind: 'regex', pattern: '(a)\\1' }), ['body', 'scorers', 0, 'pattern'], /escape/)
  assertRefused(() => prepare({ kind: 'regex', pattern: 'a(?=b)' }), ['body', 'scorers', 0, 'pattern'], /pattern: /)
})

test('numeric: the last number of the text, within the tolerance, bounds included', () => {
  const numeric = { kind: 'numeric' }
  assert.equal(value(numeric, 'First 3, then **$1,234.50**.', 1234.5), 1)
  assert.equal(value({ ...numeric, pick: 'first' }, 'First 3, then 4', 3), 1)
  assert.equal(value(numeric, '0.30000000000000004', 0.3), 1)
  assert.equal(value(numeric, '12%', '12'), 1)
  assert.equal(value(numeric, 'minus: \u22123e-2', -0.03), 1)
  assert.equal(value(numeric, 'pages 3-4', 4), 1)
  assert.equal(value(numeric, '(1,5)', 5), 1)
  assert.equal(value(numeric, 'only gpt4 v2 e5', 4), 0)
  assert.equal(value(numeric, '.5', 0.5), 1)
  assert.equal(value({ ...numeric, tolerance: 0.1 }, '10.1', 10), 1)
  assert.equal(value({ ...numeric, tolerance: 0.1 }, '10.11', 10), 0)
  assert.equal(value({ ...numeric, relative_tolerance: 0.01 }, '-202', -200), 1)
  assert.equal(value({ ...numeric, relative_tolerance: 0.01 }, '-203', -200), 0)
  assert.equal(value({ ...numeric, field: 'n' }, '{"n": 7}', 7), 1)
  assert.equal(value(numeric, 'no number', 7), 0)
  assert.equal(value(numeric, '7', 'seven'), null)
})

test('JSON validity: one value and nothing around it; a fence when it is allowed', () => {
  assert.equal(value({ kind: 'json_valid' }, ' {"a": [1, null]} '), 1)
  assert.equal(value({ kind: 'json_valid' }, '"text"'), 1)
  for (const text of [
    '',
    '{"a": 1,}',
    "{'a': 1}",
    '{"a": 1} and more',
    'NaN',
    '{"a": 1, "a": 2}',
    '['.repeat(100_000),
  ]) {
    assert.equal(value({ kind: 'json_valid' }, text), 0, text.slice(0, 20))
  }
  assert.equal(value({ kind: 'json_valid' }, '```json\n{}\n```'), 0)
  assert.equal(value({ kind: 'json_valid', fenced: true }, '```json\n{}\n```'), 1)
  assert.equal(value({ kind: 'json_valid', fenced: true }, 'Here: ```json\n{}\n```'), 0)
})

test('JSON schema: what does not fit is named, and a schema that is none is refused', () => {
  const schema = {
    type: 'object',
    required: ['city', 'day'],
    properties: { city: { type: 'string', pattern: '^[A-Z]' }, day: { format: 'date' }, 'x-note': { 'x-hint': 'y' } },
    additionalProperties: false,
  }
  const scorer = { kind: 'json_schema', schema }
  assert.equal(value(scorer, '{"city": "Rome", "day": "2024-02-29"}'), 1)
  assert.equal(value(scorer, '{"city": "Rome", "day": "2023-02-29"}'), 0)
  assert.match(
    explain(scorer, '{"city": "rome", "dya": 1}'),
    /required property 'day'.*\(dya\).*\/city must match pattern/,
  )
  assert.match(explain(scorer, 'Rome'), /no JSON/)
  assert.equal(value({ ...scorer, schema: { type: 'number' }, field: 'n' }, '{"n": 1}'), 1)
  assert.equal(value({ ...scorer, schema: { type: 'number' } }, '1e400'), 0)
  const tuple = { $schema: 'http://json-schema.org/draft-07/schema#', items: [{ type: 'number' }] }
  assert.equal(value({ kind: 'json_schema', schema: tuple }, '["a"]'), 0)
  const prefixed = { prefixItems: [{ type: 'number' }] }
  assert.equal(value({ kind: 'json_schema', schema: prefixed }, '["a"]'), 0)
  const refuse = (broken: object, message: RegExp) =>
    assertRefused(() => prepare({ kind: 'json_schema', schema: broken }), ['body', 'scorers', 0, 'schema'], message)
  refuse({ type: 'strnig' }, /type/)
  refuse({ requierd: ['a'] }, /unknown keyword/)
  refuse({ $ref: '#/nowhere' }, /resolve/)
  refuse({ pattern: '(a' }, /missing closing/)
})

test("JSON schema: a schema's pattern cannot hold up the process, and two schemas of one $id do not meet", () => {
  const started = performance.now()
  const scorer = { kind: 'json_schema', schema: { type: 'string', pattern: '^(a+)+$' } }
  assert.equal(value(scorer, JSON.stringify(`${'a'.repeat(50_000)}!`)), 0)
  assert.ok(performance.now() - started < 5000)
  const identified = (type: string) => ({ kind: 'json_schema', schema: { $id: 'https://example.org/one', type } })
  assert.equal(value(identified('string'), '"a"'), 1)
  assert.equal(value(identified('number'), '"a"'), 0)
})

test('Markdown: headings, lists, code and tables, not those inside code', () => {
  const text = [
    ...['# Plan', '', 'Intro', '', '## First *step* ##', '', '- one', '- two', '  1. nested', ''],
    ...['```', '# no heading', '- no item', '```', '', '| a | b |', '|---|---|', '| 1 | 2 |', '', 'Setext', '---'],
  ].join('\n')
  const markdown = { kind: 'markdown' }
  assert.equal(value({ ...markdown, min_headings: 3, max_headings: 3 }, text), 1)
  assert.equal(value({ ...markdown, min_headings: 4 }, text), 0)
  assert.equal(value({ ...markdown, headings: ['plan', 'setext'] }, text), 1)
  assert.equal(value({ ...markdown, headings: ['no heading'] }, text), 0)
  assert.equal(value({ ...markdown, levels: [1, 2] }, text), 1)
  assert.equal(value({ ...markdown, levels: [2] }, text), 0)
  assert.equal(value({ ...markdown, min_list_items: 3, max_list_items: 3 }, text), 1)
  assert.equal(value({ ...markdown, list: 'bullet' }, text), 0)
  assert.equal(value({ ...markdown, list: 'bullet' }, '- a\n- b'), 1)
  assert.equal(value({ ...markdown, min_code_blocks: 1, min_tables: 1 }, text), 1)
  near(value({ ...markdown, min_headings: 1, min_list_items: 9, min_tables: 9, min_code_blocks: 1 }, text), 0.5)
  assert.equal(value({ ...markdown, min_headings: 1 }, '#no heading'), 0)
  assert.equal(value({ ...markdown, min_headings: 1 }, '> # quoted'), 1)
})

test('Markdown: text made to be slow is read in time', () => {
  const started = performance.now()
  for (const part of ['[', '*', '`', '> ', '- ', '#', '<a ', '|', '\\', '1. ', '\n\t', '[a]: <']) {
    value({ kind: 'markdown', min_headings: 1 }, part.repeat(5000))
  }
  assert.ok(performance.now() - started < 10_000, `${performance.now() - started} ms`)
})

test('length: in characters, words and lines, bounds included', () => {
  assert.equal(value({ kind: 'length', max: 3 }, 'a😀é'), 1)
  assert.equal(value({ kind: 'length', max: 3 }, 'a😀éb'), 0)
  assert.equal(value({ kind: 'length', min: 5, max: 5, unit: 'words' }, "Don't stop - it is 7."), 1)
  assert.equal(value({ kind: 'length', min: 2, unit: 'lines', max: 2 }, 'a\nb\n'), 1)
  assert.equal(value({ kind: 'length', max: 0, unit: 'lines' }, ''), 1)
  near(value({ kind: 'length', max: 4, graded: true }, 'a'.repeat(16)), 0.25)
  near(value({ kind: 'length', min: 4, graded: true }, 'a'), 0.25)
  assert.equal(value({ kind: 'length', min: 1, graded: true }, ''), 0)
  assertRefused(() => prepare({ kind: 'length' }), ['body', 'scorers', 0, 'min'], /expected min, max or both/)
  assertRefused(() => prepare({ kind: 'length', min: 3, max: 2 }), ['body', 'scorers', 0, 'max'], /at least min/)
})

/** Wagner & Fischer's table, in full. */
const countEdits = (one: string, other: string): number => {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [y, unit] of [...one].entries()) {
    const next = [y + 1]
    for (let x = 0; x < other.length; x++) {
      const swap = (row[x] ?? 0) + Number(unit !== other[x])
      next.push(Math.min(swap, (row[x + 1] ?? 0) + 1, (next[x] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}

test("edit similarity: Levenshtein's distance over the longer length", t => {
  const scorer = { kind: 'edit_similarity' }
  near(value(scorer, 'kitten', 'sitting'), 1 - 3 / 7)
  near(value(scorer, 'Saturday', 'Sunday'), 1 - 3 / 8)
  near(value(scorer, '', 'abc'), 0)
  near(value(scorer, '', ''), 1)
  near(value({ ...scorer, case_sensitive: false }, 'ABC ', 'abc'), 1)
  const seed = Date.now() >>> 0
  t.diagnostic(`seed ${seed}`)
  const random = mersenne(seed)
  const draw = () => Array.from({ length: (random.next() >>> 0) % 60 }, () => 'abcd'[random.next() & 3]).join('')
  for (let trial = 0; trial < 200; trial++) {
    const [one, other] = [draw(), draw()]
    const longer = Math.max(one.length, other.length)
    near(value(scorer, one, other), longer === 0 ? 1 : 1 - countEdits(one, other) / longer)
  }
  const started = performance.now()
  assert.match(explain(scorer, 'ab'.repeat(500_000), 'ba'.repeat(500_000)), /of the first 20000/)
  assert.ok(performance.now() - started < 5000)
})

test("token F1: the values of SQuAD's evaluation script", () => {
  // f1 of the published script, run with Python 3.11.
  const scorer = { kind: 'token_f1' }
  near(value(scorer, 'in the 10th century, Normans in France', 'The Norman dukes of Normandy, in France.'), 1 / 3)
  near(value(scorer, 'the Denver Broncos!', 'Denver Broncos'), 1)
  near(value(scorer, 'the', 'an apple'), 0)
  near(value(scorer, 'b b b', 'a b b c'), 2 / 3)
  near(value(scorer, 'The!', ''), 1)
  near(value({ ...scorer, drop_articles: false }, 'the cat', 'a cat'), 0.5)
  near(value({ ...scorer, any_of: true }, 'Rome', ['Paris in France', 'Rome, Italy']), 2 / 3)
})

test('tool calls: names and arguments, in any order or the same one', () => {
  const call = (name: string, args: unknown): OutputToolCall => ({ name, arguments: args })
  const made = [call('find', '{"from": "FRA", "to": "JFK"}'), call('book', { id: 7 }), call('find', { from: 'JFK' })]
  const grade = (settings: object, expected: unknown, calls = made) =>
    prepare({ kind: 'tool_calls', ...settings }).grade({ input: {}, expected }, outputOf('', { tool_calls: calls }))
      .value
  const wanted = [
    { name: 'book', arguments: { id: 7 } },
    { name: 'find', arguments: { to: 'JFK', from: 'FRA' } },
  ]
  assert.equal(grade({}, wanted), 1)
  assert.equal(grade({ order: 'same' }, wanted), 0.5)
  assert.equal(grade({ order: 'same' }, wanted.toReversed()), 1)
  near(grade({ extra: 'counted' }, wanted), 4 / 5)
  assert.equal(grade({}, [{ name: 'find', arguments: { from: 'FRA' } }]), 0)
  assert.equal(grade({ arguments: 'subset' }, [{ name: 'find', arguments: { from: 'FRA' } }]), 1)
  assert.equal(grade({ arguments: 'ignored' }, [{ name: 'find', arguments: 1 }]), 1)
  assert.equal(grade({}, [{ name: 'find' }, { name: 'find' }, { name: 'find' }]), 2 / 3)
  assert.equal(grade({ expected_field: 'calls' }, { calls: wanted }), 1)
  assert.equal(grade({ expected: [] }, wanted), 1)
  assert.equal(grade({ expected: [], extra: 'counted' }, wanted), 0)
  assert.equal(grade({ expected: [], extra: 'counted' }, wanted, []), 1)
  assert.equal(grade({}, 'no list'), null)
})

test('tool calls: a loose expectation does not take the call that a strict one needs', () => {
  const calls = [
    { name: 'f', arguments: { a: 1 } },
    { name: 'f', arguments: { a: 2 } },
  ]
  const expected = [{ name: 'f' }, { name: 'f', arguments: { a: 1 } }]
  for (const wanted of [expected, expected.toReversed()]) {
    const scorer = prepare({ kind: 'tool_calls', expected: wanted })
    assert.equal(scorer.grade({ input: {} }, outputOf('', { tool_calls: calls })).value, 1)
  }
})

test('latency and cost: full up to the target, nothing from the limit on, unknown without a measurement', () => {
  const grade = (settings: object, more: Partial<ScoredOutput>) =>
    prepare(settings).grade({ input: {} }, outputOf('', more)).value
  const latency = { kind: 'latency', target_ms: 1000, limit_ms: 3000 }
  assert.deepEqual(
    [0, 1000, 1500, 3000, 9000].map(duration_ms => grade(latency, { duration_ms })),
    [1, 1, 0.75, 0, 0],
  )
  assert.equal(grade(latency, {}), null)
  assert.equal(grade({ kind: 'cost', limit_usd: 0.02 }, { cost_usd: 0.005 }), 0.75)
  assert.equal(grade({ kind: 'cost', limit_usd: 0.02 }, {}), null)
  const broken = { kind: 'latency', target_ms: 5, limit_ms: 5 }
  assertRefused(() => prepare(broken), ['body', 'scorers', 0, 'limit_ms'], /more than the target/)
})

test('every grade lies between 0 and 1 and is explained, whatever the output', () => {
  const settings: { [kind: string]: object } = {
    keyword: { keywords: ['a'] },
    regex: { pattern: 'a' },
    json_schema: { schema: { type: 'object' } },
    markdown: { min_headings: 1 },
    length: { max: 5, graded: true },
    latency: { limit_ms: 5 },
    cost: { limit_usd: 5 },
  }
  const scorers = PURE_SCORERS.map(({ kind }) => prepare({ kind, ...settings[kind] }))
  const hostile = ['', '\0\ud800', '{"a":1e999}', '[]', '__proto__', '-', '∞', '```\n```', '\u2028', '9'.repeat(400)]
  for (const text of hostile) {
    for (const expected of [undefined, null, '', 0, [], {}, { a: [] }, true, [null]]) {
      const scored = { input: null, ...(expected === undefined ? {} : { expected }) }
      const output = outputOf(text, { duration_ms: 1e300, cost_usd: 0, tool_calls: [{ name: '', arguments: text }] })
      for (const { name, grade } of scorers) {
        const { value, explanation } = grade(scored, output)
        const isGrade = value === null || (value >= 0 && value <= 1)
        assert.ok(isGrade && explanation !== '', `${name}: ${JSON.stringify({ text, expected, value, explanation })}`)
      }
    }
  }
})

test("a scorer's version is its content: name, kind and settings, defaults included", () => {
  const version = (settings: object) => prepare(settings).version
  assert.match(version({ kind: 'exact' }), /^exact@[0-9a-f]{8}$/)
  assert.equal(version({ kind: 'exact' }), version({ kind: 'exact', name: 'exact', trim: true, any_of: false }))
  assert.notEqual(version({ kind: 'exact' }), version({ kind: 'exact', trim: false }))
  assert.notEqual(version({ kind: 'exact' }).slice(-8), version({ kind: 'contains' }).slice(-8))
  assert.equal(version({ kind: 'exact', name: 'city' }), `city@${version({ kind: 'exact' }).slice(-8)}`)
})

test('unknown kinds, settings that do not fit and equal names are refused with their place', () => {
  const declare = (list: Parameters<typeof prepareDeclaredScorers>[0]) =>
    prepareDeclaredScorers(list, ['body', 'scorers'])
  const refuse = (list: Parameters<typeof declare>[0], path: (string | number)[], message: RegExp) =>
    assertRefused(() => declare(list), ['body', 'scorers', ...path], message)
  refuse([{ kind: 'exact' }, { kind: 'telepathy' }], [1, 'kind'], /there are exact, contains/)
  refuse(['telepathy'], [0], /no scorer/)
  refuse([{ kind: 'exact', casesensitive: true }], [0, 'casesensitive'], /no such field/)
  refuse([{ kind: 'exact', trim: 'yes' }], [0, 'trim'], /Expected/)
  refuse([{ kind: 'exact', name: '' }], [0, 'name'], /name/)
  refuse([{ kind: 'exact', field: 'a..b' }], [0, 'field'], /dots/)
  refuse([{ kind: 'numeric', tolerance: -1 }], [0, 'tolerance'], /tolerance/)
  refuse([{ kind: 'keyword', keywords: [] }], [0, 'keywords'], /at least one/)
  refuse([{ kind: 'markdown' }], [0, 'min_headings'], /at least one/)
  refuse([{ kind: 'exact' }, { kind: 'exact' }], [1, 'name'], /another name/)
  assert.equal(declare(['exact', { kind: 'exact', name: 'b' }]).length, 2)
})
