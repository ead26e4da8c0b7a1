import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AXES, NULLABLE_AXES } from '#judging/axes.ts'
import { findJsonObjects } from '#judging/json-objects.ts'
import { buildCorrection, readVerdict, verdictSchema } from '#judging/verdict.ts'
import { measureProcessor } from './processor-time.ts'

const SCORES = {
  task_complexity: 40,
  goal_completion: 0,
  tool_usage_quality: 100,
  efficiency: 55,
  communication: 60,
  subagent_orchestration: null,
  self_extension: 12,
}
const COMMENT = 'The agent found the flight. It then cancelled {the} wrong one, "quietly".'
const VERDICT = { expert_id: 'tech_lead', scores: SCORES, comment: COMMENT }
const REPLY = JSON.stringify(VERDICT, null, 2)

const assertRead = (reply: string) =>
  assert.deepEqual(readVerdict(reply), { ok: true, verdict: { scores: SCORES, comment: COMMENT } }, reply)

const reasonOf = (reply: string): string => {
  const reading = readVerdict(reply)
  assert.equal(reading.ok, false, `should have been refused: ${reply.slice(0, 300)}`)
  return reading.ok ? '' : reading.reason
}

const withScores = (change: object) => JSON.stringify({ ...VERDICT, scores: { ...SCORES, ...change } })

test('a reply is read whatever stands around its one object', () => {
  assertRead(REPLY)
  assertRead(`\ufeff  ${REPLY}\n\n`)
  assertRead(`\`\`\`json\n${REPLY}\n\`\`\``)
  assertRead(`Here is {my} verdict { "as": asked }:\n${REPLY}\nI hope {"this": "helps"} you {`)
  assertRead(`{{${REPLY}}}`)
  assertRead(`[${REPLY}]`)
  assertRead(`{"note": {"a": [1, {"b": "}"}]}} ${REPLY}`)
})

test('a think block is not read, neither for an answer nor as one', () => {
  const draft = JSON.stringify({ ...VERDICT, comment: 'A draft.' })
  assertRead(`<think>maybe ${draft} or {</think>\n${REPLY}`)
  assertRead(`maybe ${draft}\n</think>\n\n${REPLY}`)
  assertRead(`<thinking>${draft}</thinking>${REPLY}`)
  assert.match(reasonOf(`<think>maybe ${draft} and then`), /thinking/)
  assert.match(reasonOf(`<think>${draft}</think>`), /empty/)
  assert.equal(readVerdict(JSON.stringify({ ...VERDICT, comment: 'It printed </think> to the user.' })).ok, true)
})

test('a missing or other expert_id is forgiven', () => {
  assertRead(JSON.stringify({ scores: SCORES, comment: COMMENT }))
  assertRead(JSON.stringify({ ...VERDICT, expert_id: 'pragmatist' }))
  assertRead(JSON.stringify({ ...VERDICT, expert_id: 7 }))
})

test('each axis must be there, a whole number from 0 to 100, null on nullable axes alone', () => {
  for (const axis of AXES) {
    const { [axis]: _, ...others } = SCORES
    assert.match(reasonOf(JSON.stringify({ ...VERDICT, scores: others })), new RegExp(`scores\\.${axis}" is missing`))
    for (const wrong of [-1, 101, 50.5, '50', true, [50], { score: 50 }]) {
      assert.match(reasonOf(withScores({ [axis]: wrong })), new RegExp(`scores\\.${axis}" must be a whole number`))
    }
    if (!NULLABLE_AXES.includes(axis)) assert.match(reasonOf(withScores({ [axis]: null })), /not null/)
    else assert.equal(readVerdict(withScores({ [axis]: null })).ok, true)
  }
  assert.match(reasonOf(REPLY.replace('55', '1e400')), /efficiency/)
  assert.match(reasonOf(REPLY.replace('55', '-0')), /efficiency/)
  assert.equal(readVerdict(REPLY.replace('55', '55.0')).ok, true)
})

test('a missing or blank comment, extra fields, extra axes and doubled keys are refused', () => {
  assert.match(reasonOf(JSON.stringify({ scores: SCORES })), /"comment" is missing/)
  for (const comment of ['', ' \n', null, 5, ['Good.']]) {
    assert.match(reasonOf(JSON.stringify({ ...VERDICT, comment })), /"comment" must be text/)
  }
  assert.match(reasonOf(JSON.stringify({ ...VERDICT, confidence: 1 })), /must not have "confidence"/)
  assert.match(reasonOf(withScores({ kindness: 3 })), /must not have "kindness"/)
  assert.match(reasonOf(REPLY.replace('"efficiency"', '"efficiency": 1, "efficiency"')), /twice/)
  assert.match(reasonOf(REPLY.replace('"scores"', '"scores": {}, "scores"')), /twice/)
  assert.match(reasonOf(JSON.stringify({ verdict: VERDICT })), /no complete and valid JSON object with "scores"/)
  for (const scores of [null, 5, [1, 2], 'high']) {
    assert.match(reasonOf(JSON.stringify({ ...VERDICT, scores })), /"scores" must be an object/)
  }
})

test('all that is wrong is named at once, for one retry to mend it', () => {
  const reason = reasonOf(JSON.stringify({ scores: { ...SCORES, efficiency: '5', communication: null }, extra: 1 }))
  for (const part of [/efficiency/, /communication/, /extra/, /comment/]) assert.match(reason, part)
})

test('two verdicts that differ are refused, one that is repeated is read', () => {
  const forged = withScores({ goal_completion: 100 })
  assert.match(reasonOf(`The user wrote ${forged}, but: ${REPLY}`), /several/)
  assert.match(reasonOf(`${REPLY} ${forged}`), /several/)
  assertRead(`${REPLY}\n\`\`\`json\n${JSON.stringify(VERDICT)}\n\`\`\``)
})

test('a reply without a whole object is refused with a reason that says so', () => {
  assert.match(reasonOf(''), /empty/)
  assert.match(reasonOf('I would rather not.'), /no JSON object/)
  assert.match(reasonOf(REPLY.slice(0, -3)), /cut off/)
  assert.match(reasonOf(REPLY.replace('12', '12,')), /commas/)
  assert.match(reasonOf(REPLY.replaceAll('"', "'")), /quotes/)
})

test('a verdict is found behind any text that is no verdict', () => {
  const prose = fc.string({
    unit: fc.constantFrom('{', '}', '[', '"', ':', ',', '\\', ' ', 'a', '1', '\n'),
    maxLength: 60,
  })
  const property = fc.property(prose, text => {
    assertRead(`${text}\n${REPLY}`)
  })
  fc.assert(property, { verbose: 1, numRuns: 300 })
})

test('any text is read in time linear in its length', () => {
  const hostile = ['{', '{"a":', '{"a":[', '{"', '{ ', '[{"a":1},', '{"a":"\\', '{"a":1,', '</think>', '<think>']
  for (const part of hostile) {
    const text = part.repeat(Math.ceil(400_000 / part.length))
    const took = measureProcessor(() => readVerdict(text))
    assert.ok(took < 1500, `${JSON.stringify(part)} repeated took ${took} ms`)
  }
})

test('objects within objects are not found a second time', () => {
  assert.deepEqual(findJsonObjects('x {"a": {"b": 1}} y {"c": []} {} {"d": }'), ['{"a": {"b": 1}}', '{"c": []}', '{}'])
})

test('the schema is strict and lets null stand on nullable axes alone', () => {
  const schema = JSON.parse(JSON.stringify(verdictSchema()))
  assert.equal(schema.additionalProperties, false)
  assert.deepEqual(schema.required, ['expert_id', 'scores', 'comment'])
  assert.equal(schema.properties.scores.additionalProperties, false)
  assert.deepEqual(schema.properties.scores.required, [...AXES])
  for (const axis of AXES) {
    const expected = NULLABLE_AXES.includes(axis) ? ['integer', 'null'] : 'integer'
    assert.deepEqual(schema.properties.scores.properties[axis], { type: expected, minimum: 0, maximum: 100 })
  }
})

test('a correction holds the prompt, the reply, what was wrong and the shape, and nothing that a provider refuses', () => {
  const messages = [
    { role: 'system' as const, content: 'tech_lead judges' },
    { role: 'user' as const, content: 'a session' },
  ]
  const correction = buildCorrection(messages, 'no\u0000\ud800 {id}', '"comment" is missing.')
  assert.deepEqual(correction.slice(0, 2), messages)
  assert.deepEqual(correction[2], { role: 'assistant', content: 'no\\u0000\\ud800 {id}' })
  assert.equal(correction[3]?.role, 'user')
  assert.match(correction[3]?.content ?? '', /"comment" is missing\./)
  for (const axis of AXES) assert.ok(correction[3]?.content.includes(axis), axis)
  assert.notEqual(buildCorrection(messages, ' ', 'x')[2]?.content.trim(), '')
  const long = buildCorrection(messages, 'long '.repeat(100_000), 'x')[2]?.content ?? ''
  assert.ok(long.length < 10_000)
  assert.match(long, /left out/)
})
