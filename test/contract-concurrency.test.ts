import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { OverviewRow } from '#judging/overview.ts'
import type { RunStatus } from '#judging/runs.ts'
import type { Feedback } from '#sessions/feedback.ts'
import { openTestApp, type TestApp } from './app.ts'
import { ask, bearer, createKey } from './credentials.ts'

let app: TestApp
before(async () => {
  app = await openTestApp()
})
after(() => app.close())

const numbers = Array.from({ length: 20 }, (_, index) => index)

function countStatus(answers: { status: number }[]): { [status: string]: number } {
  return Object.fromEntries(
    Object.entries(Object.groupBy(answers, answer => answer.status)).map(([status, list]) => [
      status,
      list?.length ?? 0,
    ]),
  )
}

test('of twenty who bring the same new session at once, one made it', async () => {
  const session = { session_id: 'same', profile_id: 'p', messages: [{ role: 'user', content: 'x' }] }
  const answers = await Promise.all(numbers.map(() => app.send('POST', '/api/sessions', session)))
  assert.deepEqual(countStatus(answers), { 200: 19, 201: 1 })
})

test('messages appended at once are all there, each once, in a row', async () => {
  await app.send('POST', '/api/sessions', { session_id: 'chat', profile_id: 'p', messages: [] })
  const append = (index: number) =>
    app.send('POST', '/api/sessions', {
      session_id: 'chat',
      append: true,
      messages: [
        { role: 'user', content: `a${index}` },
        { role: 'assistant', content: `b${index}` },
      ],
    })
  const answers = await Promise.all(numbers.map(append))
  assert.deepEqual(
    answers.map(answer => Number(answer.body.msg_count)).sort((a, b) => a - b),
    numbers.map(index => 2 * index + 2),
  )
  const { body } = await app.send<{ messages: { content: string }[] }>('GET', '/api/sessions/chat')
  const contents = body.messages.map(message => message.content)
  assert.deepEqual([...contents].sort(), numbers.flatMap(index => [`a${index}`, `b${index}`]).sort())
  for (let at = 0; at < contents.length; at += 2) assert.equal(contents[at]?.slice(1), contents[at + 1]?.slice(1))
})

test('of twenty who expect the same count, one may append', async () => {
  await app.send('POST', '/api/sessions', { session_id: 'turns', profile_id: 'p', messages: [] })
  const append = () =>
    app.send('POST', '/api/sessions', {
      session_id: 'turns',
      append: true,
      expected_msg_count: 0,
      messages: [{ role: 'user', content: 'x' }],
    })
  assert.deepEqual(countStatus(await Promise.all(numbers.map(append))), { 200: 1, 409: 19 })
})

test('ratings given at once leave one for each author, and the counts agree', async () => {
  await app.send('POST', '/api/sessions', {
    session_id: 'rated',
    profile_id: 'p',
    messages: [{ role: 'user', content: 'x' }],
  })
  const keys = await Promise.all(['ann', 'ben', 'ann', 'cat'].map(user => createKey(app, user, 'member')))
  const answers = await Promise.all(
    numbers.map(index =>
      ask(app, 'POST', '/api/eval/feedback', bearer(keys[index % 4]?.key ?? ''), {
        session_id: 'rated',
        message_index: 0,
        rating: index % 3 === 0 ? -1 : 1,
      }),
    ),
  )
  assert.deepEqual(countStatus(answers), { 200: 20 })
  const { feedback } = (await app.send<{ feedback: Feedback[] }>('GET', '/api/eval/feedback/rated')).body
  assert.deepEqual(feedback.map(one => one.author).sort(), ['ann', 'ben', 'cat'])
  const { body } = await app.send<OverviewRow[]>('GET', '/api/eval/sessions')
  const row = body.find(one => one.session_id === 'rated')
  assert.deepEqual(
    [row?.likes, row?.dislikes],
    [feedback.filter(one => one.rating === 1).length, feedback.filter(one => one.rating === -1).length],
  )
})

test('a new project stands many first requests at once', async () => {
  await app.send('POST', '/api/projects', { name: 'fresh' })
  const paths = [
    '/api/eval/sessions',
    '/api/eval/stats',
    '/api/eval/pins',
    '/api/eval/rubrics',
    '/api/eval/panels',
    '/api/eval/runs',
  ]
  const headers = { 'x-whetstone-project': 'fresh' }
  const reads = numbers.map(index => ask(app, 'GET', paths[index % paths.length] ?? '', headers))
  const runs = numbers.map(() => ask(app, 'POST', '/api/eval/run', headers, { backend: 'baseline' }))
  assert.deepEqual(countStatus(await Promise.all([...reads, ...runs])), { 200: 40 })
  const listed = await ask(app, 'GET', '/api/eval/runs', headers)
  assert.equal(new Set(listed.body.map((run: RunStatus) => run.run_id)).size, 20)
})

test('sessions saved, rated, appended to and removed at once never make an error', async () => {
  const steps = numbers.flatMap(index => {
    const session_id = `busy ${index % 3}`
    const messages = [{ role: 'user', content: `${index}` }]
    return [
      app.send('POST', '/api/sessions', { session_id, profile_id: 'p', messages }),
      app.send('POST', '/api/sessions', { session_id, profile_id: 'p', append: true, messages }),
      app.send('POST', '/api/eval/feedback', { session_id, message_index: 0, rating: 1 }),
      app.send('DELETE', `/api/sessions/${encodeURIComponent(session_id)}`),
      app.send('GET', `/api/eval/sessions/${encodeURIComponent(session_id)}`),
    ]
  })
  const answers = await Promise.all(steps)
  for (const answer of answers) assert.ok([200, 201, 404, 422].includes(answer.status), JSON.stringify(answer.body))
})
