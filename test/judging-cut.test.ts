import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cut } from '#judging/cut.ts'
import { buildPrompt } from '#judging/prompt.ts'
import { estimateTokens } from '#models/tokens.ts'
import type { Block, Transcript, TranscriptMessage } from '#sessions/transcript.ts'
import { measureProcessor } from './processor-time.ts'
import { describeMessage, describeTranscript, PANEL, RUBRIC } from './transcripts.ts'

const FRAME = 2200

const ask = (transcript: Transcript, budgetTokens: number) => {
  const [expert] = PANEL.experts
  assert.ok(expert)
  const prompt = buildPrompt({ transcript, rubric: RUBRIC, panel: PANEL, expert, nonceKey: 'k', budgetTokens })
  const user = prompt.messages[1]?.content ?? ''
  const tokens = prompt.messages.reduce((sum, message) => sum + estimateTokens(message.content), 0)
  assert.equal(prompt.estimated_tokens, tokens)
  assert.ok(tokens <= budgetTokens, `${tokens} of ${budgetTokens} tokens`)
  if (prompt.cut === null) assert.doesNotMatch(user, /left out …\]|was cut/)
  else checkMarks(user, prompt.cut)
  return { cut: prompt.cut, user }
}

/** Every cut is marked where it was made, and named above and below the transcript. */
const checkMarks = (user: string, cut: Cut) => {
  assert.equal(user.match(/^ *\[… [\d,]+ characters of .* left out …\]$/gm)?.length ?? 0, cut.shortened_blocks)
  for (const [from, to] of cut.left_out)
    assert.match(user, new RegExp(`^\\[… messages? ${from}(–${to})? left out …\\]$`, 'm'))
  assert.match(user, /^\[cut\] The transcript was too long/m)
  assert.match(user.slice(user.lastIndexOf(' ends ===')), /The transcript was too long/)
}

const call = (id: string, name = 'bash', text = '{}'): Block => ({
  type: 'tool_call',
  id,
  name,
  arguments: text,
  messages: null,
})
const result = (id: string, text: string): Block => ({ type: 'tool_result', call_id: id, text, is_error: false })
const words = (count: number) => 'word '.repeat(count)

test('a session that fits is not cut', () => {
  assert.equal(ask(describeTranscript([describeMessage(0, 'user', words(200))]), 100_000).cut, null)
})

test('long tool results are shortened first, head and tail are kept, nothing else is touched', () => {
  const messages = [
    describeMessage(0, 'user', `REQUEST ${words(300)}`),
    describeMessage(1, 'assistant', [{ type: 'thinking', text: words(300) }, call('a', 'bash', words(300))]),
    describeMessage(2, 'tool', [result('a', `HEAD ${words(20_000)} TAIL`)]),
    describeMessage(3, 'assistant', words(300)),
  ]
  const { cut, user } = ask(describeTranscript(messages), FRAME + 9000)
  assert.deepEqual(cut?.left_out, [])
  assert.equal(cut?.shortened_blocks, 1)
  assert.equal(cut?.messages_shown, 4)
  assert.match(user, /^\| HEAD word/m)
  assert.match(user, /word {2}TAIL$/m)
  const total = messages
    .flatMap(message => message.blocks)
    .reduce((sum, block) => {
      if (block.type === 'tool_call') return sum + String(block.arguments).length
      return block.type === 'attachment' ? sum : sum + block.text.length
    }, 0)
  assert.equal(cut?.characters_total, total)
  const missing = Number(/\[… ([\d,]+) characters of this tool result/.exec(user)?.[1]?.replaceAll(',', ''))
  assert.equal(cut?.characters_shown, total - missing)
})

test('thinking and arguments are shortened next, while what was said stays whole', () => {
  const messages = [
    describeMessage(0, 'user', words(400)),
    describeMessage(1, 'assistant', [{ type: 'thinking', text: words(8000) }, call('a', 'bash', words(8000))]),
    describeMessage(2, 'tool', [result('a', words(8000))]),
    describeMessage(3, 'assistant', words(400)),
  ]
  const { cut, user } = ask(describeTranscript(messages), FRAME + 4000)
  assert.equal(cut?.shortened_blocks, 3)
  assert.deepEqual(cut?.left_out, [])
  assert.match(user, /characters of this thinking left out/)
  assert.match(user, /characters of these arguments left out/)
  assert.doesNotMatch(user, /characters of this text left out/)
})

test('then the middle is left out: the request and the end stay, messages in between go whole', () => {
  const messages = Array.from({ length: 500 }, (_, i) =>
    describeMessage(i, i % 2 ? 'assistant' : 'user', `number ${i}. ${words(60)}`),
  )
  const { cut, user } = ask(describeTranscript(messages), FRAME + 3000)
  assert.equal(cut?.left_out.length, 1)
  const [from, to] = cut?.left_out[0] ?? [0, 0]
  assert.ok(from >= 2 && to <= 496 && to - from > 300, `${from}–${to}`)
  assert.equal(cut?.messages_shown, 500 - (to - from + 1))
  const shown = [...user.matchAll(/^\[message (\d+)\]/gm)].map(match => Number(match[1]))
  assert.deepEqual(
    shown,
    [...messages.keys()].filter(index => index < from || index > to),
  )
  assert.equal(cut?.shortened_blocks, 0)
  assert.ok(from > (500 - 1 - to) / 3, 'the beginning gets its share')
})

test('one long paste is shortened instead of costing the conversation around it', () => {
  const messages = Array.from({ length: 20 }, (_, i) => describeMessage(i, i % 2 ? 'assistant' : 'user', `number ${i}`))
  messages[0] = describeMessage(0, 'user', `REQUEST ${words(50_000)}`)
  const { cut, user } = ask(describeTranscript(messages), FRAME + 3000)
  assert.deepEqual(cut?.left_out, [])
  assert.equal(cut?.shortened_blocks, 1)
  assert.match(user, /^\| REQUEST/m)
})

test('a long system prompt before the request does not push the request out', () => {
  const messages = [
    ...Array.from({ length: 8 }, (_, i) => describeMessage(i, 'system', words(40_000))),
    describeMessage(8, 'user', 'REQUEST'),
    ...Array.from({ length: 293 }, (_, i) => describeMessage(i + 9, i % 2 ? 'user' : 'assistant', words(100))),
  ]
  const { user, cut } = ask(describeTranscript(messages), FRAME + 1500)
  assert.match(user, /^\| REQUEST$/m)
  assert.match(user, /^\[message 301\] assistant$/m)
  assert.equal(cut?.left_out.length, 1)
})

test("a subagent's long conversation loses its middle before the session does", () => {
  const inner = Array.from({ length: 1000 }, (_, i) => describeMessage(i, 'assistant', `step ${i}. ${words(20)}`))
  const messages = [
    describeMessage(0, 'user', 'REQUEST'),
    describeMessage(1, 'assistant', [{ type: 'tool_call', id: 't', name: 'Task', arguments: {}, messages: inner }]),
    describeMessage(2, 'tool', [result('t', 'done')]),
    describeMessage(3, 'assistant', 'Finished.'),
  ]
  const { cut, user } = ask(describeTranscript(messages), FRAME + 3000)
  assert.deepEqual(cut?.left_out, [])
  assert.equal(cut?.messages_total, 4)
  assert.equal(cut?.messages_shown, 4)
  assert.ok((cut?.subagent_messages_left_out ?? 0) >= 900)
  assert.match(user, /^ {2}\[… messages \d+–\d+ left out …\]$/m)
  assert.match(user, /^ {2}\| step 999\./m)
})

test('a result whose call was left out says so', () => {
  const messages: TranscriptMessage[] = [describeMessage(0, 'user', 'REQUEST')]
  for (let i = 1; i < 400; i += 1) messages.push(describeMessage(i, 'assistant', words(50)))
  messages[10] = describeMessage(10, 'assistant', [call('early'), { type: 'text', text: words(3000) }])
  messages.push(describeMessage(400, 'tool', [result('early', 'late answer')]))
  const { user, cut } = ask(describeTranscript(messages), FRAME + 1000)
  assert.ok((cut?.left_out[0]?.[0] ?? 99) <= 10)
  assert.match(user, /^\[tool result, left out with its call in message 10\]$/m)
})

test('even a single message with thousands of calls is made to fit', () => {
  const blocks = Array.from({ length: 5000 }, (_, i) => call(`c${i}`))
  const { cut, user } = ask(describeTranscript([describeMessage(0, 'assistant', blocks)]), FRAME + 1000)
  assert.ok((cut?.blocks_left_out ?? 0) > 4000)
  assert.match(user, /^\[… [\d,]+ blocks of this message left out …\]$/m)
})

test('cutting never splits a character in two', () => {
  for (let shift = 0; shift < 4; shift += 1) {
    const messages = [describeMessage(0, 'user', 'x'.repeat(shift) + '😀'.repeat(20_000))]
    const { user, cut } = ask(describeTranscript(messages), FRAME + 2000)
    assert.equal(cut?.shortened_blocks, 1)
    assert.doesNotMatch(user, /\\ud83d|\\ude00/)
  }
})

test('any budget above the least is kept to, by any mixture of messages', () => {
  // A linear congruential generator with a fixed seed: the same sessions every time.
  let seed = 20_250_301
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((seed / 2_147_483_648) * below)
  }
  for (let round = 0; round < 60; round += 1) {
    const messages = Array.from({ length: 1 + random(120) }, (_, i) => {
      const size = random(4) === 0 ? 3000 : 40
      const text = (random(5) === 0 ? '漢字 ' : 'a1 word ').repeat(random(size))
      if (random(3) === 0) return describeMessage(i, 'assistant', [call(`c${i}`, 'x', text), result(`c${i}`, text)])
      return describeMessage(i, random(2) === 0 ? 'user' : 'assistant', text)
    })
    ask(describeTranscript(messages), FRAME + 400 + random(8000))
  }
})

test('a session of 30,000 messages is cut within 300 ms', () => {
  const messages = Array.from({ length: 30_000 }, (_, i) => {
    if (i % 3 === 0) return describeMessage(i, 'user', `please do ${i}`)
    if (i % 3 === 1) return describeMessage(i, 'assistant', [{ type: 'thinking', text: words(100) }, call(`c${i}`)])
    return describeMessage(i, 'tool', [result(`c${i - 1}`, words(400))])
  })
  const transcript = describeTranscript(messages)
  // The first goes into compiling.
  const times = [1, 2, 3].map(() => measureProcessor(() => ask(transcript, 30_000)))
  assert.ok(Math.min(...times) < 300, `${times.map(Math.round)} ms`)
})
