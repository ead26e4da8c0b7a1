import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import sql, { type Sql } from 'sql-template-tag'
import { query } from '#db/connect.ts'
import type { Finding } from '#sessions/find-text.ts'
import { hasOnlyResults, isUserTurn, MESSAGE_FLAGS } from '#sessions/message-flags.ts'
import type { MessageWindow } from '#sessions/message-window.ts'
import type { Outline } from '#sessions/outline.ts'
import { openTestApp, type TestApp } from './app.ts'
import { makeLongSession } from './long-session.ts'

let app: TestApp
before(async () => {
  app = await openTestApp()
})
after(() => app.close())

async function save(session_id: string, messages: unknown[]): Promise<void> {
  const { status, body } = await app.send('POST', '/api/sessions', { session_id, profile_id: 'coder', messages })
  assert.equal(status, 201, JSON.stringify(body))
}

async function get<Body>(path: string): Promise<Body> {
  const { status, body } = await app.send<Body>('GET', `/api/sessions/${path}`)
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

const call = (id: string | null, name: string, args: unknown, messages?: unknown[]) => ({
  role: 'assistant',
  content: [{ type: 'tool_call', id, name, arguments: args, ...(messages ? { messages } : {}) }],
})
const result = (id: string | null, content: string, is_error?: boolean) => ({
  role: 'tool',
  content: [{ type: 'tool_result', call_id: id, content, is_error }],
})

function blockOf(window: MessageWindow, index: number, block = 0) {
  const found = window.messages.find(message => message.message_index === index)?.blocks[block]
  assert.ok(found !== undefined, `message ${index} has a block ${block}`)
  return found
}

function callOf(window: MessageWindow, index: number, block = 0) {
  const found = blockOf(window, index, block)
  assert.ok(found.type === 'tool_call')
  return found
}

test('an outline says of each message who speaks, what is in it, whether a tool failed, and its first line', async () => {
  await save('outline', [
    { role: 'system', content: 'Be kind.' },
    { role: 'user', content: '\n  Where is\u001b[31m it?\nNow.' },
    call('a', 'bash', { command: 'ls -la\nrm x' }),
    result('a', 'Exit code 1\nno such file'),
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'x', content: 'fine', is_error: false }] },
    call('b', 'Task', { prompt: 'look' }, [{ role: 'user', content: 'look' }]),
    { role: 'assistant', content: null },
  ])
  const { flags, characters, lines } = await get<Outline>('outline/outline')
  assert.deepEqual(lines.split('\n'), ['Be kind.', 'Where is it?', 'bash ls -la', 'Exit code 1', '', 'Task look', ''])
  assert.deepEqual(flags.map(isUserTurn), [false, true, false, false, false, false, false])
  assert.deepEqual(flags.map(hasOnlyResults), [false, false, false, true, true, false, false])
  assert.deepEqual(
    flags.map(bits => (bits & MESSAGE_FLAGS.failed) !== 0),
    [false, false, false, true, false, false, false],
  )
  assert.ok(((flags[5] ?? 0) & MESSAGE_FLAGS.subagent) !== 0)
  assert.equal(characters[0], 8)
})

test('messages that are appended, or replaced, are in the outline', async () => {
  await save('grown', [{ role: 'user', content: 'one' }])
  await app.send('POST', '/api/sessions?append=true', {
    session_id: 'grown',
    messages: [{ role: 'assistant', content: 'two' }],
  })
  assert.equal((await get<Outline>('grown/outline')).lines, 'one\ntwo')
  await app.send('POST', '/api/sessions', { session_id: 'grown', messages: [{ role: 'user', content: 'three' }] })
  assert.equal((await get<Outline>('grown/outline')).lines, 'three')
})

test('a call has the result that answers it: by id, by order without ids, the nearer one when ids come again, from afar', async () => {
  const filler = Array.from({ length: 300 }, (_, n) => ({ role: 'user', content: `filler ${n}` }))
  await save('pairs', [
    call('call_0', 'first', {}),
    result('call_0', 'one'),
    call('call_0', 'second', {}),
    result('call_0', 'two'),
    call(null, 'third', {}),
    result(null, 'three'),
    call('never', 'fourth', {}),
    result('nobody', 'five'),
    call('far', 'sixth', {}),
    ...filler,
    result('far', 'late'),
  ])
  const window = await get<MessageWindow>('pairs/messages?limit=20')
  assert.equal(window.messages.length, 20)
  assert.deepEqual(
    [0, 2, 4, 6, 8].map(index => callOf(window, index).result?.text ?? null),
    ['one', 'two', 'three', null, 'late'],
  )
  const orphan = blockOf(window, 7)
  assert.ok(orphan.type === 'tool_result' && orphan.call === null)
  const end = await get<MessageWindow>('pairs/messages?from=300')
  const late = blockOf(end, 309)
  assert.ok(late.type === 'tool_result')
  assert.equal(late.call, 8)
})

test('a block comes with 4 kB, the end of a long failure, its length and lines; the rest comes in slices', async () => {
  const long = Array.from({ length: 5_000 }, (_, n) => `line ${n}`).join('\n')
  await save('caps', [
    { role: 'user', content: long },
    call('a', 'bash', { command: 'x'.repeat(10_000), big: 1 }),
    result('a', `\u001b[1m${long}`, true),
  ])
  const window = await get<MessageWindow>('caps/messages')
  const text = blockOf(window, 0)
  assert.ok(text.type === 'text')
  assert.deepEqual([text.text, text.length], [long.slice(0, 4_096), long.length])
  const { result: failure, ...made } = callOf(window, 1)
  assert.deepEqual([made.text.length, made.parses], [4_096, true])
  assert.deepEqual([failure?.lines, failure?.outcome, failure?.length], [5_000, 'failed', long.length])
  assert.equal(failure?.tail, long.slice(-2_048))
  const slice = await get<{ text: string; length: number }>('caps/messages/2/text?block=0&from=10000&limit=50')
  assert.deepEqual(slice, { text: long.slice(10_000, 10_050), from: 10_000, length: long.length })
  const raw = await get<{ text: string }>('caps/messages/2/text')
  assert.match(raw.text, /\\u001b\[1mline 0/)
})

test('numbers that JavaScript cannot hold stand in the arguments as the source wrote them', async () => {
  const body = `{"session_id":"exact","profile_id":"coder","messages":[{"role":"assistant","content":[
    {"type":"tool_call","id":"a","name":"pay","arguments":{"amount":12345678901234567890,"rate":1e400}}]}]}`
  const response = await app.fetch('/api/sessions', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  })
  assert.equal(response.status, 201)
  const shown = callOf(await get<MessageWindow>('exact/messages'), 0)
  assert.equal(shown.text, '{"amount":12345678901234567890,"rate":1e400}')
  assert.equal(shown.summary, '2 fields')
})

test('find knows every place, in folded parts, arguments, escapes and subagents too, capitals or not', async () => {
  await save('find', [
    { role: 'user', content: 'Straße needle NEEDLE 100% sure_ly' },
    { role: 'assistant', content: [{ type: 'thinking', text: 'a "needle"\n\tin C:\\temp' }] },
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        {
          id: 'a',
          type: 'function',
          function: { name: 'Task', arguments: '{"p":"needle"}' },
          messages: [{ role: 'user', content: 'inner needle' }],
        },
      ],
    },
  ])
  const find = async (text: string) => (await get<Finding>(`find/find?text=${encodeURIComponent(text)}`)).hits
  assert.deepEqual(await find('Needle'), [
    [0, 0, 0, 7],
    [0, 0, 0, 14],
    [0, 1, 0, 3],
    [0, 2, 0, 6],
    [1, 0, 0, 6],
  ])
  assert.deepEqual(await find('"needle"'), [
    [0, 1, 0, 2],
    [0, 2, 0, 5],
  ])
  assert.deepEqual(await find('STRASSE'), [])
  assert.deepEqual(await find('STRAßE'), [[0, 0, 0, 0]])
  assert.deepEqual(await find('C:\\temp'), [[0, 1, 0, 15]])
  assert.deepEqual(await find('100% sure_'), [[0, 0, 0, 21]])
  assert.deepEqual(await find('100x sure'), [])
})

test('a subagent has an outline, windows and a path of its own; a window of a session brings only the subagents in it', async () => {
  const inner = [{ role: 'user', content: 'go' }, call('b', 'Task', {}, [{ role: 'user', content: 'deepest' }])]
  await save('nested', [
    { role: 'user', content: 'hi' },
    call('a', 'Agent', {}, inner),
    { role: 'user', content: 'bye' },
  ])
  assert.deepEqual(callOf(await get<MessageWindow>('nested/messages'), 1).subagent, { thread: 1, messages: 2 })
  const deepest = await get<Outline>('nested/outline?thread=2')
  assert.equal(deepest.lines, 'deepest')
  assert.deepEqual(deepest.path, [
    { thread: 0, message_index: 1, name: 'Agent' },
    { thread: 1, message_index: 1, name: 'Task' },
  ])
  assert.equal((await get<MessageWindow>('nested/messages?thread=1')).messages.length, 2)
  const whole = await get<{ messages: object[] }>('nested')
  assert.deepEqual(
    Reflect.get(whole.messages[1] ?? {}, 'content')[0].messages[1].content[0].messages[0].content,
    'deepest',
  )
  const tail = await app.fetch('/api/sessions/nested?from=2')
  assert.doesNotMatch(await tail.text(), /deepest/)
})

test('ratings say which are the own ones', async () => {
  await save('rated', [{ role: 'user', content: 'hi' }])
  await app.send('POST', '/api/eval/feedback', { session_id: 'rated', message_index: 0, rating: -1, comment: 'no' })
  const [rating] = await get<{ own: boolean; rating: number; comment: string }[]>('rated/ratings')
  assert.deepEqual([rating?.own, rating?.rating, rating?.comment], [true, -1, 'no'])
})

test('of 30,000 messages an outline, a window and a find come quickly, by the primary key', async () => {
  await save('long', makeLongSession(30_000))
  const { session_no } = (
    await query<{ session_no: number }>(app.db, sql`select session_no from sessions where session_id = 'long'`)
  )[0] ?? { session_no: 0 }
  await query(app.db, sql`analyze messages`)
  const time = async (path: string) => {
    const started = performance.now()
    const text = await (await app.fetch(`/api/sessions/long/${path}`)).text()
    return { ms: Math.round(performance.now() - started), kb: Math.round(text.length / 1_000) }
  }
  const times = {
    outline: await time('outline'),
    window: await time('messages?from=29800'),
    find: await time('find?text=part-29981'),
    findMany: await time('find?text=parcel'),
    head: await time('?limit=0'),
  }
  console.log(JSON.stringify(times))
  assert.ok(times.outline.ms < 1_000 && times.window.ms < 500 && times.find.ms < 5_000, JSON.stringify(times))
  const explain = (statement: Sql) => query<{ 'QUERY PLAN': string }>(app.db, sql`explain ${statement}`)
  const plan = await explain(sql`
    select message_index, body from messages
    where project_id = 1 and session_no = ${session_no} and thread = 0 and message_index between 29760 and 30039 order by message_index`)
  assert.match(plan.map(row => row['QUERY PLAN']).join('\n'), /^Index Scan using messages_pkey/)
})
