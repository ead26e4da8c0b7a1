import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import sql from 'sql-template-tag'
import { query } from '#db/connect.ts'
import type { OverviewRow } from '#judging/overview.ts'
import type { Feedback } from '#sessions/feedback.ts'
import { openTestApp, type TestApp } from './app.ts'
import { assertDetail, assertFields, assertRefused } from './contract.ts'

let app: TestApp
before(async () => {
  app = await openTestApp()
})
after(() => app.close())

async function save(session_id: string, count: number): Promise<void> {
  const messages = Array.from({ length: count }, (_, index) => ({ role: 'user', content: `turn ${index}` }))
  const { status } = await app.send('POST', '/api/sessions', { session_id, profile_id: 'support', messages })
  assert.ok(status === 200 || status === 201)
}

test('a rating is kept with author and time, a new one takes its place, 0 takes it away', async () => {
  await save('rated', 4)
  const rate = async (message_index: number, rating: number, comment?: string | null) => {
    const answer = await app.send('POST', '/api/eval/feedback', { session_id: 'rated', message_index, rating, comment })
    assert.deepEqual([answer.status, answer.body], [200, { ok: true }])
  }
  const list = async () => (await app.send<{ feedback: Feedback[] }>('GET', '/api/eval/feedback/rated')).body.feedback
  const counts = async () => {
    const { body } = await app.send<OverviewRow[]>('GET', '/api/eval/sessions?profile=support&limit=500')
    const row = body.find(one => one.session_id === 'rated')
    return [row?.likes, row?.dislikes]
  }
  await rate(3, -1, 'too slow')
  await rate(1, 1)
  const both = await list()
  assert.deepEqual(
    both.map(one => [one.message_index, one.rating, one.comment]),
    [
      [1, 1, null],
      [3, -1, 'too slow'],
    ],
  )
  for (const one of both)
    assertFields(one, { message_index: 'count', comment: 'text?', author: 'text?', created_at: 'time' })
  assert.deepEqual(await counts(), [1, 1])
  await rate(3, 1, null)
  assert.deepEqual(
    (await list()).map(one => [one.message_index, one.rating, one.comment]),
    [
      [1, 1, null],
      [3, 1, null],
    ],
  )
  assert.deepEqual(await counts(), [2, 0])
  await rate(3, 0)
  await rate(0, 0)
  assert.deepEqual(
    (await list()).map(one => one.message_index),
    [1],
  )
  assert.deepEqual(await counts(), [1, 0])
  const detail = await app.send<{ feedback: Feedback[] }>('GET', '/api/eval/sessions/rated')
  assert.deepEqual(detail.body.feedback, await list())
  assert.deepEqual((await app.send('GET', '/api/eval/feedback/nobody')).body, { feedback: [] })
})

test('no rating is ever overwritten: the newest counts, the history stays', async () => {
  await save('history', 1)
  for (const rating of [1, -1, 0, 1]) {
    await app.send('POST', '/api/eval/feedback', { session_id: 'history', message_index: 0, rating })
  }
  const rows = await query<{ rating: number; newest: boolean }>(
    app.app.db,
    sql`
      select rating, newest from feedback join sessions using (project_id, session_no)
      where session_id = 'history' order by feedback_no`,
  )
  assert.deepEqual(
    rows.map(row => row.rating),
    [1, -1, 0, 1],
  )
  assert.deepEqual(
    rows.map(row => row.newest),
    [false, false, false, true],
  )
})

test('feedback on what is not there, or of another shape, is refused', async () => {
  await save('short', 2)
  const good = { session_id: 'short', message_index: 0, rating: 1 }
  assertDetail(
    await app.send('POST', '/api/eval/feedback', { ...good, session_id: 'nobody' }),
    404,
    /no session "nobody"/,
  )
  assertDetail(
    await app.send('POST', '/api/eval/feedback', { ...good, session_id: 'nobody', message_index: 99 }),
    404,
    /no session/,
  )
  const wrong: [object, string][] = [
    [{ message_index: 2 }, 'message_index'],
    [{ message_index: -1 }, 'message_index'],
    [{ message_index: 0.5 }, 'message_index'],
    [{ message_index: 1e10 }, 'message_index'],
    [{ message_index: '0' }, 'message_index'],
    [{ message_index: undefined }, 'message_index'],
    [{ rating: 2 }, 'rating'],
    [{ rating: true }, 'rating'],
    [{ rating: null }, 'rating'],
    [{ rating: undefined }, 'rating'],
    [{ comment: 5 }, 'comment'],
    [{ session_id: 5 }, 'session_id'],
  ]
  for (const [change, field] of wrong)
    assertRefused(await app.send('POST', '/api/eval/feedback', { ...good, ...change }), ['body', field])
  assert.deepEqual((await app.send('GET', '/api/eval/feedback/short')).body, { feedback: [] })
})

test('comments of any characters come back as they were', async () => {
  await save('characters', 1)
  const comment = 'a\0b \ud800 \u2028 \ufdd0 🙂 "'
  await app.send('POST', '/api/eval/feedback', { session_id: 'characters', message_index: 0, rating: 1, comment })
  const { body } = await app.send<{ feedback: Feedback[] }>('GET', '/api/eval/feedback/characters')
  assert.equal(body.feedback[0]?.comment, comment)
})

test('a rating of a message that is gone is kept and not counted, and counts again when the message is there again', async () => {
  await save('shrinks', 3)
  const rate = (message_index: number) =>
    app.send('POST', '/api/eval/feedback', { session_id: 'shrinks', message_index, rating: 1 })
  const likes = async () => {
    const { body } = await app.send<OverviewRow[]>('GET', '/api/eval/sessions?limit=500')
    return body.find(row => row.session_id === 'shrinks')?.likes
  }
  await rate(0)
  await rate(2)
  assert.equal(await likes(), 2)
  await save('shrinks', 1)
  assert.equal(await likes(), 1)
  const { body } = await app.send<{ feedback: Feedback[] }>('GET', '/api/eval/feedback/shrinks')
  assert.deepEqual(
    body.feedback.map(one => one.message_index),
    [0, 2],
  )
  assertRefused(await rate(2), ['body', 'message_index'])
  const addition = {
    session_id: 'shrinks',
    append: true,
    messages: [
      { role: 'user', content: 'a' },
      { role: 'user', content: 'b' },
    ],
  }
  assert.deepEqual((await app.send('POST', '/api/sessions', addition)).body, { session_id: 'shrinks', msg_count: 3 })
  assert.equal(await likes(), 2)
})
