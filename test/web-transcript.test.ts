import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { mersenne } from 'pure-rand/generator/mersenne'
import { readCode } from '../web/sessions/code-tokens.ts'
import { indentJson, layOutJson } from '../web/sessions/json-lines.ts'
import { diffLines } from '../web/sessions/line-diff.ts'
import { groupPasses } from '../web/sessions/pass-groups.ts'
import { createHeights } from '../web/sessions/row-heights.ts'
import { readSessionPlace } from '../web/sessions/session-search.ts'

/** Whole numbers between two, both included; the seed is printed. */
function drawIntegers(tell: (text: string) => void): (from: number, to: number) => number {
  const seed = Date.now() % 2 ** 31
  tell(`seed ${seed}`)
  const random = mersenne(seed)
  return (from, to) => uniformInt(random, from, to)
}

const write = (text: string) =>
  layOutJson(text).map(line => '  '.repeat(line.depth) + line.tokens.map(token => token.text).join(''))

test('JSON is indented from its tokens: a number of any length and an escape stay as they were written', () => {
  assert.deepEqual(write('{"a":12345678901234567890,"b":[1.0,-2e400,{"c\\u0041":"x\\ny"}],"d":{},"e":[ ],"f":null}'), [
    '{',
    '  "a": 12345678901234567890,',
    '  "b": [',
    '    1.0,',
    '    -2e400,',
    '    {',
    '      "c\\u0041": "x\\ny"',
    '    }',
    '  ],',
    '  "d": {},',
    '  "e": [],',
    '  "f": null',
    '}',
  ])
})

test('JSON is indented as JSON.stringify does it', () => {
  const values = [{}, [], 'x', 1.5, null, { a: [], b: {}, c: [{ d: [1, [2, { e: 'f"g' }]] }, []], ä: '😀\n' }, [[[]]]]
  for (const value of values) assert.equal(indentJson(JSON.stringify(value)), JSON.stringify(value, null, 2))
  assert.equal(indentJson(' {"a" : 1e400} '), '{\n  "a": 1e400\n}')
  assert.equal(indentJson(JSON.stringify(Array.from({ length: 30_000 }, () => 1))).split('\n').length, 30_002)
  assert.equal(indentJson(''), '')
})

test('a folded list knows where it ends and how much is in it; JSON that was cut off goes as far as it goes', () => {
  const lines = layOutJson('[1,[2,3,4],5]')
  assert.deepEqual(lines[0]?.closes, { line: 8, entries: 3 })
  assert.deepEqual(lines[2]?.closes, { line: 6, entries: 3 })
  assert.deepEqual(write('{"a":[1,"half of a te'), ['{', '  "a": [', '    1,', '    "half of a te'])
  assert.equal(layOutJson('['.repeat(50_000)).length, 20_000)
})

test('an edit is shown by the lines it changes, with three lines around, whatever comes before and after', () => {
  const before = Array.from({ length: 20 }, (_, n) => `line ${n}`)
  const after = before.with(10, 'new').toSpliced(15, 0, 'more')
  const diff = diffLines(before.join('\n'), after.join('\n'))
  assert.deepEqual(
    diff.map(line => (line === null ? '…' : line.sign + line.text)),
    ['…', ' line 7', ' line 8', ' line 9', '-line 10', '+new', ' line 11', ' line 12', ' line 13', ' line 14'].concat([
      '+more',
      ' line 15',
      ' line 16',
      ' line 17',
      '…',
    ]),
  )
  assert.deepEqual(diffLines('', 'a'), [{ sign: '+', text: 'a' }])
  assert.deepEqual(diffLines('a', ''), [{ sign: '-', text: 'a' }])
})

test('a diff gives back both texts, for random ones', t => {
  const draw = drawIntegers(text => t.diagnostic(text))
  for (let turn = 0; turn < 200; turn++) {
    const text = () => Array.from({ length: draw(0, 4) }, () => 'abc'[draw(0, 2)]).join('\n')
    const [before, after] = [text(), text()]
    const lines = diffLines(before, after).filter(line => line !== null)
    if (lines.length === 0) {
      assert.equal(before, after)
      continue
    }
    assert.equal(lines.flatMap(line => (line.sign === '+' ? [] : line.text)).join('\n'), before)
    assert.equal(lines.flatMap(line => (line.sign === '-' ? [] : line.text)).join('\n'), after)
  }
})

test('the sums of heights are those of plain addition, for random rows and changes', t => {
  const draw = drawIntegers(text => t.diagnostic(text))
  const plain = Array.from({ length: 137 }, () => draw(0, 300))
  const heights = createHeights(plain)
  for (let turn = 0; turn < 500; turn++) {
    const row = draw(0, plain.length - 1)
    const height = draw(0, 300)
    assert.equal(heights.set(row, height), height - (plain[row] ?? 0))
    plain[row] = height
    const at = draw(0, plain.length)
    const sum = plain.slice(0, at).reduce((total, one) => total + one, 0)
    assert.equal(heights.offsetOf(at), sum)
    const offset = draw(0, heights.total())
    const found = heights.rowAt(offset)
    assert.ok(heights.offsetOf(found) <= offset)
    if (offset < heights.total()) assert.ok(heights.offsetOf(found + 1) > offset)
  }
})

test('passes are compared with the one before, say what was cut and what came since, and know no half of a cost', () => {
  const scores = { task_complexity: 40, goal_completion: 70, tool_usage_quality: 50, efficiency: 50, communication: 50 }
  const evaluation = (pass: string, goal: number, cost: number | null, more: object = {}) => ({
    id: '',
    session_id: 's',
    eval_run_id: pass,
    eval_date: '2026-01-01T00:00:00.000Z',
    judge_model: 'm',
    judge_version: 'j',
    rubric_version: 'r',
    expert_id: 'strict_critic',
    scores: { ...scores, subagent_orchestration: null, self_extension: null },
    comment: '',
    run_id: null,
    cut: null,
    msg_count: 10,
    pass_avg: { ...scores, goal_completion: goal, subagent_orchestration: null, self_extension: null },
    tokens_in: 1,
    tokens_out: 2,
    cost_usd: cost,
    calls: [{ question: 'q', repeat: 0 }],
    ...more,
  })
  const cut = { messages_total: 1_020, messages_shown: 608, subagent_messages_left_out: 0, shortened_blocks: 2 }
  const session = {
    session_id: 's',
    profile_id: 'p',
    name: null,
    first_request: null,
    created_at: '',
    last_active: '',
    msg_count: 24,
    feedback: [],
    evaluations: [
      evaluation('new', 72, 0.01, { cut }),
      evaluation('new', 72, null, { expert_id: 'tech_lead' }),
      evaluation('old', 66, 0.5, { judge_version: 'other', calls: [] }),
    ],
  }
  const [newest, oldest] = groupPasses(session)
  assert.ok(newest !== undefined && oldest !== undefined)
  assert.deepEqual([newest.experts.length, newest.change.goal_completion, newest.change.self_extension], [2, 6, null])
  assert.deepEqual([newest.comparable, newest.since, newest.cost, newest.tokens], [false, 14, null, 6])
  assert.equal(newest.cut, '412 of 1,020 messages, the middle of 2 long passages')
  assert.deepEqual([oldest.comparable, oldest.baseline, oldest.cut, oldest.cost], [null, true, null, 0.5])
})

test('an address that cannot be meant is read as far as it can', () => {
  assert.deepEqual(readSessionPlace({ m: '12', pass: 'x', thread: '3', tab: 'judgement' }), {
    m: 12,
    pass: 'x',
    thread: 3,
    tab: 'judgement',
  })
  assert.deepEqual(readSessionPlace({ m: '-1', pass: '', thread: '0', tab: 'other' }), {})
})

test('code is coloured by its comments, strings, numbers and words, letter for letter, in linear time', () => {
  const code = 'for x in range(3):  # "not" a string\n    print("a # b", 0x1F)\n'
  const tokens = readCode(code, 'python') ?? []
  assert.equal(tokens.map(token => token.text).join(''), code)
  assert.deepEqual(
    tokens.filter(token => token.kind !== 'plain').map(token => `${token.kind}: ${token.text}`),
    ['keyword: for', 'keyword: in', 'number: 3', 'comment: # "not" a string', 'string: "a # b"', 'number: 0x1F'],
  )
  assert.equal(readCode('a', 'klingon'), null)
  assert.equal(readCode('\n'.repeat(500), 'ts'), null)
  for (const hostile of ['/*', '`', '"\\', "'"]) {
    const long = hostile.repeat(30_000)
    const started = performance.now()
    assert.equal(
      readCode(long, 'ts')
        ?.map(token => token.text)
        .join(''),
      long,
    )
    assert.ok(performance.now() - started < 500, hostile)
  }
})
