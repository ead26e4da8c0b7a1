import assert from 'node:assert/strict'
import { appendFile, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { splitArray } from '#ingest/array-elements.ts'
import { findFiles } from '#ingest/files.ts'
import { getFormat } from '#ingest/formats.ts'
import { openTranscript, type TranscriptItem } from '#ingest/transcript-file.ts'
import type { BlockInput, MessageInput, SessionInput } from '#sessions/input.ts'

const fixtures = join(import.meta.dirname, 'fixtures/transcripts')
const project = join(fixtures, 'claude-projects/-home-ada-shop')
const NEWER = '3d1f6a52-0b5e-4c53-9a1e-6b1f3a9c0001'
const OLDER = '3d1f6a52-0b5e-4c53-9a1e-6b1f3a9c0002'
const seed = Date.now() % 2 ** 31
console.log(`ingest-formats.test.ts: seed ${seed}`)

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whetstone-formats-'))
})
after(() => rm(folder, { recursive: true }))

const readAll = async (path: string, options: { profile?: string } = {}) => {
  const items: TranscriptItem[] = []
  for (const { file, format } of (await findFiles([path])).files) {
    for await (const item of format.read(file, options)) items.push(item)
  }
  return {
    sessions: items.flatMap(item => ('session' in item ? [item.session] : [])),
    rejected: items.flatMap(item => ('rejected' in item ? [item.rejected] : [])),
    lines: items.flatMap(item => ('session' in item ? [item.line] : [])),
  }
}

const getOnly = (sessions: SessionInput[], id: string): SessionInput & { messages: MessageInput[] } => {
  const found = sessions.filter(session => session.session_id === id)
  const messages = found[0]?.messages
  assert.ok(found.length === 1 && messages !== undefined, `${found.length} sessions ${id}`)
  return { ...found[0], messages }
}

const getBlocks = (message: MessageInput | undefined): BlockInput[] =>
  Array.isArray(message?.content) ? message.content : []

const findCall = (messages: MessageInput[], id: string): BlockInput => {
  const call = messages.flatMap(getBlocks).find(block => block.type === 'tool_call' && block.id === id)
  assert.ok(call, `no call ${id}`)
  return call
}

const sayTexts = (messages: MessageInput[] | undefined) =>
  (messages ?? []).map(message =>
    typeof message.content === 'string'
      ? message.content
      : getBlocks(message)
          .map(block => block.text ?? block.type)
          .join('|'),
  )

const readNewer = async () => getOnly((await readAll(join(project, `${NEWER}.jsonl`))).sessions, NEWER)
const readOlder = async () => (await readAll(join(project, `${OLDER}.jsonl`))).sessions

test('a folder gives its transcripts in order with their formats, and says what it passed over and why', async () => {
  const { files, skipped } = await findFiles([fixtures])
  assert.deepEqual(
    files.map(({ file, format }) => [basename(file.path), format.name, file.subagents.map(one => basename(one.path))]),
    [
      [`${NEWER}.jsonl`, 'claude-code', ['agent-a17.jsonl']],
      [`${OLDER}.jsonl`, 'claude-code', ['agent-b7.jsonl']],
      ['foreign-bytes.jsonl', 'openai', []],
      ['openai-chat.jsonl', 'openai', []],
      ['trajectories.json', 'tau-bench', []],
      ['whetstone.ndjson', 'whetstone', []],
    ],
  )
  assert.deepEqual(skipped.map(({ path }) => basename(path)).sort(), [
    'agent-lost.jsonl',
    'notes.md',
    'only-a-summary.jsonl',
  ])
  const reasons = new Map(skipped.map(({ path, reason }) => [basename(path), reason]))
  assert.match(reasons.get('notes.md') ?? '', /Line 1 did not fit: not valid JSON/)
  assert.match(reasons.get('only-a-summary.jsonl') ?? '', /without a conversation/)
  assert.match(reasons.get('agent-lost.jsonl') ?? '', /a subagent of a Claude Code session/)
})

test('a subagent’s file that is named beside its session is no session of its own', async () => {
  const paths = [join(project, 'agent-b7.jsonl'), join(project, `${OLDER}.jsonl`), join(project, `${OLDER}.jsonl`)]
  const { files, skipped } = await findFiles(paths)
  assert.deepEqual(
    files.map(({ file }) => file.path),
    [join(project, `${OLDER}.jsonl`)],
  )
  assert.deepEqual(skipped, [])
})

test('hidden entries and linked folders below a folder are not followed', async () => {
  const home = join(folder, 'links')
  await mkdir(join(home, '.hidden'), { recursive: true })
  await symlink(home, join(home, 'loop'))
  await copyFile(join(fixtures, 'openai-chat.jsonl'), join(home, '.hidden/chat.jsonl'))
  await copyFile(join(fixtures, 'openai-chat.jsonl'), join(home, 'chat.jsonl'))
  assert.deepEqual(
    (await findFiles([home])).files.map(({ file }) => file.path),
    [join(home, 'chat.jsonl')],
  )
})

test('a named file that is none of the formats is an error that names them and the first line that did not fit', async () => {
  const expectRefusal = async (text: string, reason: RegExp) => {
    const path = join(folder, 'foreign.txt')
    await writeFile(path, text)
    await assert.rejects(findFiles([path]), error => {
      assert.ok(error instanceof Error && error.name === 'Invalid')
      for (const name of ['Whetstone NDJSON', 'OpenAI chat JSONL', 'τ-bench', 'Claude Code'])
        assert.ok(error.message.includes(name))
      assert.match(error.message, reason)
      return true
    })
  }
  await expectRefusal(
    '\n{"prompt":"x","text":"y"}\n',
    /Line 2 did not fit: an object with "prompt", "text" \(.*OpenAI chat JSONL: no "messages"/,
  )
  await expectRefusal('hello\n', /Line 1 did not fit: not valid JSON/)
  await expectRefusal('[{"task":1}]', /Line 1 did not fit: an object with "task" \(τ-bench trajectories: no "traj"\)/)
  await expectRefusal('[]', /The array is empty/)
  await assert.rejects(findFiles([join(folder, 'nowhere')]), { name: 'NotFound' })
  assert.throws(() => getFormat('csv'), /whetstone, openai, tau-bench/)
})

test('a bad first line does not hide the format of the others', async () => {
  const path = join(folder, 'bad-first.jsonl')
  await writeFile(path, `{"cut":\n${await readFile(join(fixtures, 'whetstone.ndjson'), 'utf8')}`)
  assert.deepEqual(
    (await findFiles([path])).files.map(({ format }) => format.name),
    ['whetstone'],
  )
})

test('the profile option overrides the profile in every format', async () => {
  const { sessions } = await readAll(fixtures, { profile: 'mine' })
  assert.ok(sessions.length >= 10)
  assert.deepEqual(new Set(sessions.map(session => session.profile_id)), new Set(['mine']))
})

test('Whetstone lines go through as they are, and a line with an unknown field is rejected with its number', async () => {
  const { sessions, rejected, lines } = await readAll(join(fixtures, 'whetstone.ndjson'))
  const source = (await readFile(join(fixtures, 'whetstone.ndjson'), 'utf8')).split('\n')
  assert.deepEqual(
    sessions.map(session => JSON.stringify(session)),
    [source[0], source[1], source[3]],
  )
  assert.deepEqual(lines, [1, 2, 4])
  assert.deepEqual(rejected, [{ line: 3, reason: 'unknown field message' }])
})

test('OpenAI lines of any age become messages of today, and other keys are kept', async () => {
  const { sessions } = await readAll(join(fixtures, 'openai-chat.jsonl'))
  const [first, second, third] = sessions
  assert.equal(first?.session_id, 'support-1')
  assert.deepEqual(first?.raw_lines, [{ line: 1, text: '{"temperature":0.2,"seed":12}' }])
  assert.deepEqual(
    first?.messages?.map(message => message.role),
    ['system', 'user', 'assistant'],
  )
  assert.deepEqual(getBlocks(first?.messages?.[1])[1], {
    type: 'image_url',
    image_url: { url: 'https://example.org/a.png' },
  })
  assert.deepEqual(second?.messages?.[1]?.tool_calls, [
    { id: null, type: 'function', function: { name: 'get_weather', arguments: '{"city": "Graz"}' } },
  ])
  assert.equal(second?.messages?.[1]?.function_call, undefined)
  assert.deepEqual([second?.messages?.[2]?.role, second?.messages?.[2]?.name], ['tool', 'get_weather'])
  assert.equal(third?.created_at, '2026-02-03T04:05:06Z')
})

test('OpenAI lines without an id get one from their content: equal lines are one session, also further down', async () => {
  const { sessions } = await readAll(join(fixtures, 'openai-chat.jsonl'))
  assert.match(sessions[1]?.session_id ?? '', /^openai-chat-[0-9a-f]{16}$/)
  assert.deepEqual(sessions[3], sessions[1])
  assert.notEqual(sessions[2]?.session_id, sessions[1]?.session_id)
})

test('foreign bytes: one bad line rejects only itself, with number and reason', async () => {
  const { sessions, rejected } = await readAll(join(fixtures, 'foreign-bytes.jsonl'))
  assert.deepEqual(
    sessions.map(session => session.session_id),
    ['bom', 'separator', 'surrogate', 'last'],
  )
  assert.deepEqual(sayTexts(sessions[1]?.messages), ['one\u2028two'])
  assert.deepEqual(sayTexts(sessions[2]?.messages), ['\0 \ud800'])
  assert.deepEqual(sessions[2]?.raw_lines, [{ line: 1, text: '{"big":9007199254740993}' }])
  const reasons = new Map(rejected.map(({ line, reason }) => [line, reason]))
  assert.deepEqual([...reasons.keys()], [4, 5, 6, 7, 9])
  assert.match(reasons.get(4) ?? '', /UTF-8 at byte 55/)
  assert.match(reasons.get(5) ?? '', /an array/)
  assert.match(reasons.get(6) ?? '', /stands twice/)
  assert.match(reasons.get(7) ?? '', /^messages\[0\]\.role/)
  assert.match(reasons.get(9) ?? '', /the text ends/)
})

test('τ-bench: the answer key is in the outcome alone, and a repeated trial is a session of its own', async () => {
  const { sessions, rejected, lines } = await readAll(join(fixtures, 'tau-retail/trajectories.json'))
  assert.deepEqual(
    sessions.map(session => session.session_id),
    ['tau-retail-task-7-trial-0', 'tau-retail-task-7-trial-0-2'],
  )
  assert.equal(sessions[0]?.profile_id, 'tau-retail')
  assert.deepEqual(sessions[0]?.outcome, {
    source: 'tau-bench',
    reward: 1,
    task_id: '7',
    details: { task: { instruction: 'The secret instruction' } },
  })
  const { outcome: _outcome, ...shown } = sessions[0] ?? {}
  assert.ok(!JSON.stringify(shown).includes('secret'))
  assert.deepEqual(lines, [2, 42])
  assert.deepEqual(rejected, [{ line: 56, reason: 'not a trajectory: no "traj"' }])
})

test('τ-bench files of different names do not share session ids', async () => {
  const path = join(folder, 'GPT-4o airline.json')
  await copyFile(join(fixtures, 'tau-retail/trajectories.json'), path)
  const { sessions } = await readAll(path)
  assert.equal(sessions[0]?.session_id, 'tau-gpt-4o-airline-task-7-trial-0')
  assert.equal(sessions[0]?.profile_id, 'tau-airline')
})

test('an array that breaks off gives the elements before and the reason', async () => {
  const path = join(folder, 'trajectories.json')
  const whole = await readFile(join(fixtures, 'tau-retail/trajectories.json'), 'utf8')
  await writeFile(path, whole.slice(0, whole.indexOf('"Again"')))
  const { sessions, rejected } = await readAll(path)
  assert.equal(sessions.length, 1)
  assert.deepEqual(rejected, [{ line: 42, reason: 'the file ends inside the array' }])
})

test('the elements of an array are those that JSON.parse finds, wherever chunks are cut', async () => {
  const arrays = fc.array(fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(arrays, fc.integer({ min: 1, max: 40 }), fc.boolean(), async (values, size, spaced) => {
      const bytes = Buffer.from(JSON.stringify(values, null, spaced ? 1 : 0))
      async function* cut() {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
      }
      const found: unknown[] = []
      for await (const element of splitArray(cut())) {
        assert.ok('bytes' in element)
        found.push(JSON.parse(element.bytes.toString()))
      }
      assert.deepEqual(found, JSON.parse(bytes.toString()))
    }),
    { seed, numRuns: 200 },
  )
})

const readArray = async (text: string, maxBytes?: number) => {
  async function* once() {
    yield Buffer.from(text)
  }
  const found: string[] = []
  for await (const element of splitArray(once(), maxBytes))
    found.push('bytes' in element ? element.bytes.toString() : element.reason)
  return found
}

test('what is wrong with an array is said: empty places, text behind it, elements too long, no array', async () => {
  assert.deepEqual(await readArray('[1,,2]'), ['1', '', '2'])
  assert.deepEqual(await readArray('[1] x'), ['1', 'text after the end of the array'])
  assert.deepEqual(await readArray(`["${'a'.repeat(30)}",2]`, 10), ['the element is too long (32 bytes)', '2'])
  assert.deepEqual(await readArray('{"a":1}'), ['not a JSON array'])
  assert.deepEqual(await readArray(' [ ] '), [])
})

test('Claude Code: the lines of one answer are one message, its usage counted once, with parallel calls and all their results', async () => {
  const { messages } = await readNewer()
  const answer = messages.find(message => message.id === 'msg_1')
  assert.deepEqual(
    getBlocks(answer).map(block => block.type),
    ['thinking', 'text', 'tool_call', 'tool_call'],
  )
  assert.equal(getBlocks(answer)[0]?.text, 'Two places come to mind.')
  assert.deepEqual([answer?.model, answer?.usage], ['claude-test-1', { input_tokens: 100, output_tokens: 42 }])
  assert.equal(messages.filter(message => message.id === 'msg_1').length, 1)
  const results = messages.filter(message => message.role === 'tool').flatMap(getBlocks)
  assert.deepEqual(results.slice(0, 2), [
    { type: 'tool_result', call_id: 'toolu_1', content: 'export const total = …' },
    { type: 'tool_result', call_id: 'toolu_2', content: [{ type: 'text', text: '1 test failed' }], is_error: true },
  ])
})

test('Claude Code: an abandoned branch is no conversation; it is kept as raw lines, byte for byte', async () => {
  const { messages, raw_lines: raw = [] } = await readNewer()
  assert.ok(!sayTexts(messages).some(text => text.includes('leave the tests alone')))
  const source = (await readFile(join(project, `${NEWER}.jsonl`), 'utf8')).split('\n')
  const main = raw.filter(({ line }) => line <= source.length)
  assert.deepEqual(
    main.map(({ line }) => line),
    [1, 2, 3, 12, 13, 16, 19],
  )
  for (const { line, text } of main) assert.equal(text, source[line - 1])
  assert.equal(raw.length, main.length + 1, 'and the unknown line of the subagent’s file')
})

test('Claude Code: only what a person typed is a user’s message', async () => {
  const { messages } = await readNewer()
  assert.deepEqual(sayTexts(messages.filter(message => message.role === 'user')), [
    'The basket rounds twice. Find out where.',
    'Let a subagent check the invoice as well.',
    'And how should it look?|image',
    'Try again.',
  ])
  assert.deepEqual(
    messages.filter(message => message.role === 'system').map(message => message.notice),
    ['meta', 'compact_summary', 'error', 'interruption', 'command', 'command_output'],
  )
  const image = messages.flatMap(getBlocks).find(block => block.type === 'image')
  assert.deepEqual(image, { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } })
})

test('Claude Code: the name is the summary of this conversation, not of another', async () => {
  assert.equal((await readNewer()).name, 'Rounding of the basket total')
  assert.ok((await readOlder()).every(session => session.name === undefined))
})

test('Claude Code: a subagent nests under the call whose result names it', async () => {
  const { messages } = await readNewer()
  const call = findCall(messages, 'toolu_3')
  assert.deepEqual(sayTexts(call.messages), [
    'Check the rounding in invoice.ts, nothing else',
    'tool_call',
    'tool_result',
    'The invoice rounds once.',
  ])
  assert.equal(call.linked_by, undefined)
})

test('Claude Code: sidechains in the same file nest by their task, a file beside it by time, which the block says', async () => {
  const { messages } = getOnly(await readOlder(), OLDER)
  assert.deepEqual(sayTexts(findCall(messages, 'toolu_o1').messages), ['Describe parser A', 'A is a table.'])
  assert.deepEqual(sayTexts(findCall(messages, 'toolu_o2').messages), ['Describe parser B', 'B is recursive.'])
  const byTime = findCall(messages, 'toolu_o3')
  assert.deepEqual(sayTexts(byTime.messages), ['Time both parsers and say which one is faster.', 'B'])
  assert.equal(byTime.linked_by, 'time')
  assert.equal(findCall(messages, 'toolu_o1').linked_by, undefined)
})

test('Claude Code: /clear begins another session with an id of its own', async () => {
  const sessions = await readOlder()
  assert.deepEqual(
    sessions.map(session => session.session_id),
    [OLDER, `${OLDER}-2`],
  )
  assert.deepEqual(sayTexts(sessions[1]?.messages?.slice(1)), ['Now write the changelog.', 'Written.'])
})

test('Claude Code: a subagent without any call is kept as raw lines', async () => {
  const home = join(folder, 'orphan')
  await mkdir(home)
  const line = (uuid: string, sidechain: boolean, text: string) =>
    JSON.stringify({
      uuid,
      parentUuid: null,
      isSidechain: sidechain,
      sessionId: 's1',
      type: 'user',
      message: { content: text },
    })
  await writeFile(join(home, 's1.jsonl'), `${line('a', false, 'Hello')}\n${line('b', true, 'Warm up')}\n`)
  const { sessions } = await readAll(home)
  assert.deepEqual(sayTexts(sessions[0]?.messages), ['Hello'])
  assert.deepEqual(sessions[0]?.raw_lines, [{ line: 2, text: line('b', true, 'Warm up') }])
})

test('Claude Code: a line that is still being written is left for the next import, a broken one inside is rejected', async () => {
  const home = join(folder, 'writing')
  await mkdir(home)
  const path = join(home, 's2.jsonl')
  const line = (uuid: string, parent: string | null, text: string) =>
    JSON.stringify({ uuid, parentUuid: parent, sessionId: 's2', type: 'user', message: { content: text } })
  const third = line('c', 'b', 'three')
  await writeFile(path, `${line('a', null, 'one')}\n${line('b', 'a', 'two').slice(0, 20)}\n${third.slice(0, 30)}`)
  const early = await readAll(path)
  assert.deepEqual(sayTexts(early.sessions[0]?.messages), ['one'])
  assert.deepEqual(
    early.rejected.map(({ line: number }) => number),
    [2],
  )
  await appendFile(path, `${third.slice(30)}\n`)
  // The parent of the third line could not be read; the conversation goes on at the line before.
  assert.deepEqual(sayTexts((await readAll(path)).sessions[0]?.messages), ['one', 'three'])
})

test('Claude Code: after the first request was edited, the newer root is the conversation', async () => {
  const path = join(folder, 's3.jsonl')
  const line = (uuid: string, parent: string | null, text: string) =>
    JSON.stringify({ uuid, parentUuid: parent, sessionId: 's3', type: 'user', message: { content: text } })
  await writeFile(path, [line('a', null, 'old'), line('b', 'a', 'old too'), line('c', null, 'new'), ''].join('\n'))
  const { sessions } = await readAll(path)
  assert.deepEqual(sayTexts(sessions[0]?.messages), ['new'])
  assert.deepEqual(
    sessions[0]?.raw_lines?.map(raw => raw.line),
    [1, 2],
  )
})

test('Claude Code: a command without a parent does not cut off what was said before', async () => {
  const path = join(folder, 's5.jsonl')
  const line = (uuid: string, parent: string | null, text: string) =>
    JSON.stringify({ uuid, parentUuid: parent, sessionId: 's5', type: 'user', message: { content: text } })
  const command = line('b', null, '<command-name>/cost</command-name>')
  await writeFile(path, [line('a', null, 'one'), command, line('c', 'b', 'two'), ''].join('\n'))
  const { sessions } = await readAll(path)
  assert.deepEqual(
    sessions[0]?.messages?.map(message => message.role),
    ['user', 'system', 'user'],
  )
})

test('Claude Code: a conversation goes on before a compaction at the line that it names', async () => {
  const path = join(folder, 's4.jsonl')
  const line = (uuid: string, parent: string | null, text: string, more: object = {}) =>
    JSON.stringify({ uuid, parentUuid: parent, sessionId: 's4', type: 'user', message: { content: text }, ...more })
  const boundary = { uuid: 'd', parentUuid: null, logicalParentUuid: 'b', type: 'system', subtype: 'compact_boundary' }
  const summary = line('e', 'd', 'what was', { isCompactSummary: true })
  const before = [line('a', null, 'one'), line('b', 'a', 'two'), line('c', 'a', 'left behind')]
  await writeFile(path, [...before, JSON.stringify(boundary), summary, line('f', 'e', 'three'), ''].join('\n'))
  const { sessions } = await readAll(path)
  assert.deepEqual(sayTexts(sessions[0]?.messages), ['one', 'two', 'what was', 'three'])
})

test('reading twice gives the same sessions', async () => {
  assert.deepEqual(await readAll(fixtures), await readAll(fixtures))
})

test('the 120 real τ-bench sessions are read whole, with their rewards', async t => {
  const path = join(import.meta.dirname, '../../shared/data/tau-airline/trajectories.json')
  const text = await readFile(path, 'utf8').catch(() => null)
  if (text === null) {
    t.skip(`${path} is not there`)
    return
  }
  const source: { reward: number; traj: unknown[] }[] = JSON.parse(text)
  const { sessions, rejected } = await readAll(path)
  assert.deepEqual(rejected, [])
  assert.equal(new Set(sessions.map(session => session.session_id)).size, 120)
  assert.deepEqual(
    sessions.map(session => session.outcome?.reward),
    source.map(one => one.reward),
  )
  assert.deepEqual(
    sessions.map(session => session.messages),
    source.map(one => one.traj),
  )
  assert.deepEqual(new Set(sessions.map(session => session.profile_id)), new Set(['tau-airline']))
  const chunks = openTranscript(path).open()
  let count = 0
  for await (const element of splitArray(chunks)) count += 'bytes' in element ? 1 : 0
  assert.equal(count, 120)
})
