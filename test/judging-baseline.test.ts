import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { AXES, type Axis, NULLABLE_AXES, type Scores } from '#judging/axes.ts'
import { judgeByBaseline } from '#judging/baseline.ts'
import { failedResult } from '#judging/baseline-calls.ts'
import { BASELINE_VERSION } from '#judging/baseline-weights.ts'
import type { Block, Role, Transcript, TranscriptMessage } from '#sessions/transcript.ts'
import { measureProcessor } from './processor-time.ts'

type Line = Omit<TranscriptMessage, 'message_index'>

const line = (role: Role, ...blocks: Block[]): Line => ({
  ...{ role, blocks, created_at: null, model: null, reactions: [] },
})
const text = (words: string): Block => ({ type: 'text', text: words })
const user = (words: string) => line('user', text(words))
const agent = (words: string) => line('assistant', text(words))
const rated = (words: string, rating: 1 | -1): Line => ({
  ...agent(words),
  reactions: [{ rating, comment: null, author: null }],
})

let calls = 0
/** A call and its result, as two messages. */
function work(name: string, input: unknown, result: string, isError: boolean | null = null): Line[] {
  const id = `call-${++calls}`
  return [
    line('assistant', { type: 'tool_call', id, name, arguments: input, messages: null }),
    line('tool', { type: 'tool_result', call_id: id, text: result, is_error: isError }),
  ]
}

function delegate(prompt: string, result: string, messages: Line[] | null, isError: boolean | null = null): Line[] {
  const [started, ended] = work('Task', { prompt }, result, isError)
  const call = started?.blocks[0]
  if (call?.type === 'tool_call' && messages) call.messages = numbered(messages)
  return [started, ended].filter(message => message !== undefined)
}

const numbered = (lines: Line[]): TranscriptMessage[] =>
  lines.map((entry, index) => ({ message_index: index, ...entry }))

function session(...lines: (Line | Line[])[]): Transcript {
  const times = { created_at: '2025-01-01T00:00:00.000Z', last_active: '2025-01-01T00:10:00.000Z' }
  return { session_id: 's', name: null, profile_id: 'p', profile: null, ...times, messages: numbered(lines.flat()) }
}

const judge = (...lines: (Line | Line[])[]): Scores => judgeByBaseline(session(...lines)).scores

/** The first session must have less on the axis than the second. */
function assertLower(axis: Axis, lower: (Line | Line[])[], higher: (Line | Line[])[]): void {
  const [low, high] = [judge(...lower)[axis], judge(...higher)[axis]]
  assert.ok(low !== null && high !== null && low < high, `${axis}: ${low} is not below ${high}`)
}

const ask = user('Please move my flight to Friday and keep the seat.')
const look = work('find_flight', { day: 'friday' }, 'HAT100, 12 seats')
const done = agent('The flight is moved to Friday, seat 4A.')
const good = [ask, look, done]

test('failing calls lower tool_usage_quality and efficiency', () => {
  const bad = [ask, work('find_flight', { day: 'friday' }, 'Error: no such day'), look, done]
  assertLower('tool_usage_quality', bad, good)
  assertLower('efficiency', bad, good)
})

test('a tool that fails to the end lowers goal_completion, one that recovers does not', () => {
  const failure = work('find_flight', { day: 'fri' }, 'Error: no such day')
  assertLower('goal_completion', [ask, failure, done], [ask, failure, look, done])
  assert.equal(judge(ask, failure, look, done).goal_completion, judge(...good).goal_completion)
})

test('identical calls with an identical result lower tool use and efficiency; with a new result they do not', () => {
  assertLower('tool_usage_quality', [ask, look, look, done], good)
  assertLower('efficiency', [ask, look, look, look, done], good)
  const polled = [...work('status', {}, 'pending'), ...work('status', '{}', 'done')]
  assert.equal(judge(ask, polled, done).tool_usage_quality, judge(...good).tool_usage_quality)
})

test('the order of keys and the form of the arguments do not hide a repetition', () => {
  const twice = [...work('f', { a: 1, b: [2] }, 'x'), ...work('f', '{"b":[2],"a":1}', 'x')]
  const different = [...work('f', { a: 1, b: [2] }, 'x'), ...work('f', '{"b":[2],"a":2}', 'x')]
  assertLower('tool_usage_quality', [ask, twice, done], [ask, different, done])
})

test('arguments that are no JSON lower tool_usage_quality', () => {
  assertLower(
    'tool_usage_quality',
    [ask, work('f', '{"day": fri', 'ok'), done],
    [ask, work('f', '{"day": "fri"}', 'ok'), done],
  )
})

test('failing again and again in a row weighs more than the same failures apart', () => {
  const fail = (n: number) => work('f', { n }, 'Error: no')
  const fine = (n: number) => work('f', { n }, `row ${n}`)
  const apart = [fail(1), fine(2), fail(3), fine(4), fail(5), fine(6), fail(7), fine(8)]
  const together = [fail(1), fail(3), fail(5), fail(7), fine(2), fine(4), fine(6), fine(8)]
  assertLower('tool_usage_quality', [ask, ...together, done], [ask, ...apart, done])
})

test('corrections and complaints by the user lower goal_completion and communication', () => {
  const neutral = [ask, done, user('And the seat is by the window.'), done]
  for (const words of [
    "That's wrong, I said Friday.",
    'You forgot the seat.',
    'Das stimmt nicht.',
    'This is unacceptable.',
    'Das ist ärgerlich.',
  ]) {
    assertLower('goal_completion', [ask, done, user(words), done], neutral)
    assertLower('communication', [ask, done, user(words), done], neutral)
  }
})

test('a complaint in the first request is the task and not a verdict on the agent', () => {
  const [first, other] = ["My app doesn't work, that's wrong.", 'My app starts up, that is right.'].map(user)
  assert.ok(first && other)
  assert.equal(judge(first, done).communication, judge(other, done).communication)
})

test('dislikes lower and likes raise goal_completion and communication', () => {
  for (const axis of ['goal_completion', 'communication'] as const) {
    assertLower(axis, [ask, look, rated('Done.', -1)], [ask, look, agent('Done.')])
    assertLower(axis, [ask, look, agent('Done.')], [ask, look, rated('Done.', 1)])
  }
})

test('thanks at the end raise goal_completion and communication, thanks with a correction do not', () => {
  const plain = [...good, user('Okay, noted.')]
  for (const axis of ['goal_completion', 'communication'] as const) {
    assertLower(axis, plain, [...good, user('Thank you, that is all!')])
    assertLower(axis, [...good, user("Thanks, but that's not what I asked.")], plain)
  }
})

test('an unanswered request lowers goal_completion and communication; a goodbye is no request', () => {
  for (const axis of ['goal_completion', 'communication'] as const) {
    assertLower(
      axis,
      [...good, user('Can you also add a bag?')],
      [...good, user('Can you also add a bag?'), agent('Added.')],
    )
    assert.equal(judge(...good, user('Goodbye. ###STOP###'))[axis], judge(...good)[axis])
  }
})

test('a request that nobody answers completes nothing', () => {
  assert.equal(judge(ask).goal_completion, 5)
  assert.equal(judge(ask).communication, 5)
})

test('saying the same again counts as a repeated request', () => {
  assertLower(
    'communication',
    [ask, done, user('The seat is by the window.'), done, user('the seat is by the window'), done],
    [ask, done, user('The seat is by the window.'), done, user('the seat is near the window'), done],
  )
})

test('ending midway, ending unable and handing over to a person lower goal_completion', () => {
  assertLower('goal_completion', [ask, look], good)
  assertLower('goal_completion', [ask, look, agent('I am unable to move this flight.')], good)
  assertLower('goal_completion', [ask, look, work('transfer_to_human_agents', {}, 'ok'), done], good)
})

test('apologies beyond the first lower communication', () => {
  const sorry = agent("I'm sorry, my mistake.")
  const more = user('The seat is by the window.')
  assertLower('communication', [ask, sorry, more, sorry, more, sorry], [ask, sorry, more, done, more, done])
  const sympathy = agent("I'm sorry to hear that.")
  assert.equal(judge(ask, sympathy, more, sympathy).communication, judge(ask, done, more, done).communication)
})

test('many steps for a small request lower efficiency', () => {
  const steps = Array.from({ length: 40 }, (_, n) => work('read', { n }, `page ${n}`))
  assertLower('efficiency', [ask, ...steps, done], good)
})

test('task_complexity grows with length, demands, conditions and material, and ignores what the agent did', () => {
  const short = [user('Rename the file.'), done]
  assertLower('task_complexity', short, [
    user('Rename the file that holds the old settings of the second customer.'),
    done,
  ])
  assertLower('task_complexity', short, [user('Rename the file.\nAdd a test.\nUpdate the page.'), done])
  assertLower('task_complexity', short, [user('Rename the file, but only if free.'), done])
  assertLower('task_complexity', short, [user('Rename src/old/name.ts.'), done])
  const failures = [1, 2, 3].map(n => work('f', { n }, 'Error: no'))
  assert.equal(
    judge(...short).task_complexity,
    judge(user('Rename the file.'), ...failures, agent('A very long story. '.repeat(99))).task_complexity,
  )
})

test('a follow-up completes a short request; thanks, corrections and complaints do not', () => {
  const opening = [user('Rename the file.'), agent('To what?')]
  assertLower('task_complexity', opening, [...opening, user('To the name of the second customer, please.')])
  for (const reply of [
    "That's wrong, you broke the second link.",
    'Thanks a lot for the help!',
    'This is useless to me.',
  ]) {
    assert.equal(judge(...opening, user(reply)).task_complexity, judge(...opening).task_complexity)
  }
})

test('unused axes are null, used ones are not', () => {
  assert.deepEqual([judge(...good).subagent_orchestration, judge(...good).self_extension], [null, null])
  assert.notEqual(judge(ask, delegate('Find it', 'Found', null), done).subagent_orchestration, null)
  assert.notEqual(
    judge(ask, work('Write', { file_path: '/home/x/.claude/skills/a/SKILL.md' }, 'ok'), done).self_extension,
    null,
  )
  assert.notEqual(judge(ask, work('Skill', { skill: 'a' }, 'ok'), done).self_extension, null)
  assert.equal(
    judge(ask, work('Read', { file_path: '/home/x/.claude/settings.json' }, 'ok'), done).self_extension,
    null,
  )
})

test('subagents that fail, fall silent or do the same twice lower subagent_orchestration', () => {
  const fine = [
    delegate('Find it', 'Found in a.ts', [user('Find it'), agent('Found in a.ts')]),
    delegate('Fix it', 'Fixed', null),
  ]
  const first = fine[0] ?? []
  assertLower(
    'subagent_orchestration',
    [ask, first, delegate('Fix it', 'gone', null, true), done],
    [ask, ...fine, done],
  )
  assertLower(
    'subagent_orchestration',
    [ask, first, delegate('Fix it', '', [user('Fix it')]), done],
    [ask, ...fine, done],
  )
  assertLower('subagent_orchestration', [ask, first, delegate('Find it', 'Again', null), done], [ask, ...fine, done])
})

test("a subagent's failing calls count as tool use, its prompt is not the user", () => {
  const inner = (result: string) =>
    delegate('Find it', 'Found', [user("That's wrong, you forgot it."), ...work('grep', {}, result), agent('Found')])
  assertLower('tool_usage_quality', [ask, inner('Error: no'), done], [ask, inner('a.ts'), done])
  assert.equal(
    judge(ask, inner('a.ts'), done).communication,
    judge(ask, delegate('Find it', 'Found', null), done).communication,
  )
})

test('failing self-extension lowers its axis, succeeding raises it', () => {
  const write = (error: boolean | null) => work('Edit', { file_path: 'CLAUDE.md' }, 'text', error)
  assertLower('self_extension', [ask, write(null), write(true), done], [ask, write(null), done])
  assertLower('self_extension', [ask, write(null), done], [ask, write(null), write(null), done])
})

test("the source's word on a failure counts, and without it the text decides", () => {
  const result = (words: string, isError: boolean | null = null) =>
    failedResult({ type: 'tool_result', call_id: null, text: words, is_error: isError })
  for (const words of [
    'Error: payment method not found',
    '{"error": "not found"}',
    '{"success": false}',
    '{"status": 404}',
    'Traceback (most recent call last):\n  File "a.py"',
    'npm test\nexited with code 1',
    'bash: foo: command not found',
    'ls: no such file or directory',
    'Fehler: unbekannt',
    'TypeError: x is not a function',
  ]) {
    assert.equal(result(words), true, words)
    assert.equal(result(words, false), false, words)
  }
  for (const words of [
    '',
    '[]',
    '{"errors": []}',
    '{"error": null, "rows": 3}',
    'exit code 0',
    'There were 0 errors.',
    '{"status": 200}',
    'Errors are described below.',
  ]) {
    assert.equal(result(words), false, words)
    assert.equal(result(words, true), true, words)
  }
})

test('results without ids follow their calls by order', () => {
  const call = (n: number) =>
    line('assistant', { type: 'tool_call', id: null, name: 'f', arguments: { n }, messages: null })
  const result = (words: string) => line('tool', { type: 'tool_result', call_id: null, text: words, is_error: null })
  assertLower(
    'tool_usage_quality',
    [ask, call(1), result('Error: a'), call(2), result('b'), done],
    [ask, call(1), result('a'), call(2), result('b'), done],
  )
})

test('the comment has two to five sentences, names counts and says that no model was involved', () => {
  const verdict = judgeByBaseline(
    session(ask, work('find', {}, 'Error: a. B. C.'), done, user("That's wrong."), done, delegate('x', 'y', null)),
  )
  for (const comment of [verdict.comment, judgeByBaseline(session()).comment]) {
    const sentences = comment.split(/(?<=\.) /)
    assert.ok(sentences.length >= 2 && sentences.length <= 5, comment)
    assert.match(comment, /without a model/)
  }
  assert.match(verdict.comment, /1 failed \(find 1\)/)
  assert.match(verdict.comment, /1 correction by the user/)
})

test('sessions without a word, or with system messages alone, get neutral scores', () => {
  const neutral = { task_complexity: 0, goal_completion: 50, tool_usage_quality: 50, efficiency: 50, communication: 50 }
  const expected = { ...neutral, subagent_orchestration: null, self_extension: null }
  assert.deepEqual(judge(), expected)
  assert.deepEqual(judge(line('system', text('Be kind. Please answer.'))), expected)
  assert.deepEqual(judge(line('user'), line('assistant')), expected)
})

test('ten thousand messages are judged within a second, deep nesting and pasted walls of text included', () => {
  const many = Array.from({ length: 2500 }, (_, n) => [
    user(`Please change item ${n}. That's wrong.`),
    ...work('f', { n }, 'ok'),
    agent('Done.'),
  ])
  let nested: Line[] = [agent('bottom')]
  for (let depth = 0; depth < 2000; depth++) nested = delegate(`level ${depth}`, 'ok', nested)
  let deep: unknown = 1
  for (let depth = 0; depth < 5000; depth++) deep = [deep]
  const walls = ['a'.repeat(1e6), 'a-'.repeat(5e5), '\n'.repeat(1e6), '```'.repeat(3e5), '{'.repeat(1e6)]
  const pasted = walls.flatMap(wall => [user(`x ${wall} x`), ...work('f', wall, wall), agent(`x ${wall} x`)])
  const took = measureProcessor(() => judge(...many.flat(), ...nested, work('f', deep, 'ok'), ...pasted))
  assert.ok(took < 1000, `${took} ms`)
})

const words = fc.constantFrom(
  'Please fix it',
  "That's wrong",
  'Thanks',
  'I am sorry',
  'I cannot do it',
  'exit code 1',
  'Error: no',
  '',
  'ok',
)
const anyLine: fc.Arbitrary<Line[]> = fc.oneof(
  words.map(value => [user(value)]),
  fc
    .tuple(words, fc.constantFrom(1, -1, 0))
    .map(([value, rating]) => [rating === 0 ? agent(value) : rated(value, rating)]),
  fc
    .tuple(
      fc.constantFrom('f', 'g', 'Skill', 'transfer_to_human'),
      fc.integer({ min: 0, max: 2 }),
      words,
      fc.constantFrom(true, false, null),
    )
    .map(([name, n, result, isError]) => work(name, { n }, result, isError)),
  fc
    .tuple(words, words)
    .map(([prompt, result]) => delegate(prompt, result, [user(prompt), ...work('f', {}, result), agent(result)])),
  words.map(value => [
    line('system', text(value)),
    line('tool', { type: 'tool_result', call_id: 'nobody', text: value, is_error: null }),
  ]),
)
const anySession = fc.array(anyLine, { maxLength: 25 })

test('one more failing call never raises tool_usage_quality, wherever it stands', t => {
  const seed = Date.now() % 2 ** 31
  t.diagnostic(`seed ${seed}`)
  fc.assert(
    fc.property(anySession, fc.nat(25), fc.constantFrom('f', 'g', 'h'), fc.boolean(), (lines, at, name, said) => {
      const failing = said ? work(name, { n: 1 }, 'no', true) : work(name, { n: 1 }, 'Error: no')
      const before = judge(...lines).tool_usage_quality ?? 0
      const after = judge(...lines.slice(0, at), failing, ...lines.slice(at)).tool_usage_quality ?? 0
      assert.ok(after <= before, `${before} became ${after}`)
    }),
    { seed, numRuns: 500 },
  )
})

test('scores are whole numbers from 0 to 100, null only where that is allowed, and the same each time', t => {
  const seed = Date.now() % 2 ** 31
  t.diagnostic(`seed ${seed}`)
  fc.assert(
    fc.property(anySession, lines => {
      const transcript = session(...lines)
      const verdict = judgeByBaseline(transcript)
      for (const axis of AXES) {
        const score = verdict.scores[axis]
        if (score === null) assert.ok(NULLABLE_AXES.includes(axis), axis)
        else
          assert.ok(Number.isInteger(score) && !Object.is(score, -0) && score >= 0 && score <= 100, `${axis} ${score}`)
      }
      assert.deepEqual(judgeByBaseline(structuredClone(transcript)), verdict)
    }),
    { seed, numRuns: 300 },
  )
})

interface Golden {
  version: string
  sessions: { transcript: Transcript; scores: Scores }[]
}

test('the scores of stored sessions change only with BASELINE_VERSION', () => {
  const path = new URL('./fixtures/baseline-golden.json', import.meta.url)
  const golden: Golden = JSON.parse(readFileSync(path, 'utf8'))
  const scored = golden.sessions.map(({ transcript }) => ({ transcript, scores: judgeByBaseline(transcript).scores }))
  if (golden.version !== BASELINE_VERSION && process.env.UPDATE_GOLDEN === '1') {
    writeFileSync(path, `${JSON.stringify({ version: BASELINE_VERSION, sessions: scored }, null, 2)}\n`)
    return
  }
  const advice = 'raise BASELINE_VERSION in src/judging/baseline-weights.ts, then run this test with UPDATE_GOLDEN=1'
  for (const [index, { scores }] of scored.entries()) {
    assert.deepEqual(scores, golden.sessions[index]?.scores, `session ${index} gets other scores: ${advice}`)
  }
  assert.equal(golden.version, BASELINE_VERSION, 'the stored scores are of another version: run with UPDATE_GOLDEN=1')
})
