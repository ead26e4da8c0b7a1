import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { toTenThousandths } from '#datasets/cluster.ts'
import { openTestApp, type TestApp } from './app.ts'
import { countUpload, useDatasets } from './dataset-uploads.ts'

let app: TestApp
let datasets: ReturnType<typeof useDatasets>
before(async () => {
  app = await openTestApp()
  datasets = useDatasets(app)
})
after(() => app.close())

interface Change {
  version: string
  version_no: number
  cases: number
  added: number
  removed: number
  changed: number
  unchanged: number
}

const TALK = [
  { role: 'system', content: 'Be kind.' },
  { role: 'user', content: 'Where is my parcel?' },
  { role: 'assistant', content: '', tool_calls: [{ id: 'c', function: { name: 'track', arguments: '{}' } }] },
  { role: 'tool', tool_call_id: 'c', content: 'in Bern' },
  { role: 'assistant', content: 'In Bern.' },
  { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'x', content: 'nothing asked' }] },
  { role: 'user', content: 'Thanks. And the other?' },
  { role: 'assistant', content: 'I do not know.' },
]

const saveSession = (session_id: string, fields: object = {}) =>
  app.send('POST', '/api/sessions', { session_id, profile_id: 'bot', messages: TALK, ...fields })
const rate = (session_id: string, message_index: number, rating: number, comment?: string) =>
  app.send('POST', '/api/eval/feedback', { session_id, message_index, rating, comment })
const take = async (name: string, source: string, scope: object) => {
  const { status, body } = await app.send<Change>('POST', `/api/datasets/${name}/${source}`, scope)
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

test('each request of a user with the conversation before it is a case of its session', async () => {
  await saveSession('one')
  const change = await take('requests', 'sessions', { profile: 'bot' })
  assert.deepEqual([change.cases, ...countUpload(change)], [2, 2, 0, 0, 0])
  const { cases } = await datasets.list('requests')
  assert.deepEqual(
    cases.map(({ id, source, expected }) => [id, source, expected]),
    [
      ['one#1', 'one', null],
      ['one#6', 'one', null],
    ],
  )
  const messages: { role: string; content: string }[] = Object(cases[1]?.input).messages
  assert.deepEqual(
    messages.map(message => message.role),
    ['system', 'user', 'assistant', 'tool', 'assistant', 'tool', 'user'],
  )
  assert.equal(messages.at(-1)?.content, 'Thanks. And the other?')
  assert.equal(cases[0]?.split, toTenThousandths('session:one'))
  assert.equal(cases[1]?.split, cases[0]?.split)
})

test('sessions are chosen by profile, time, status and number, and brought again they change nothing', async () => {
  await saveSession('old', { profile_id: 'shop', last_active: '2020-01-01' })
  await saveSession('new', { profile_id: 'shop', last_active: '2024-01-01' })
  assert.equal((await take('scope', 'sessions', { profile: 'shop', from: '2023-01-01' })).cases, 2)
  const again = await take('scope', 'sessions', { profile: 'shop', from: '2023-01-01', status: 'pending' })
  assert.deepEqual(countUpload(again), [0, 0, 0, 2])
  assert.equal((await take('first', 'sessions', { profile: 'shop', limit: 1 })).cases, 1)
  assert.equal((await datasets.list('first')).cases[0]?.source, 'new')
  const refused = await app.send('POST', '/api/datasets/none/sessions', { profile: 'shop', status: 'evaluated' })
  assert.equal(refused.status, 422)
  assert.equal((await app.send('GET', '/api/datasets/none')).status, 404)
  await saveSession('new', {
    profile_id: 'shop',
    messages: [{ role: 'user', content: 'Other words' }, ...TALK.slice(1)],
  })
  const changed = await take('scope', 'sessions', { profile: 'shop', from: '2023-01-01' })
  assert.deepEqual([changed.changed, changed.added, changed.version_no], [2, 1, 2])
})

test('sessions that are named give their cases alone, and ids that are not there are left out', async () => {
  for (const id of ['named-a', 'named-b', 'named-c']) await saveSession(id, { profile_id: 'named' })
  await rate('named-c', 4, 1)
  const change = await take('named', 'sessions', { session_ids: ['named-a', 'named-c', 'nobody'] })
  assert.equal(change.cases, 4)
  const sources = (await datasets.list('named')).cases.map(one => one.source)
  assert.deepEqual([...new Set(sources)].sort(), ['named-a', 'named-c'])
  assert.equal((await take('named-rated', 'feedback', { session_ids: ['named-b', 'named-c'] })).cases, 1)
  assert.equal((await app.send('POST', '/api/datasets/named/sessions', { session_ids: [] })).status, 422)
})

test('a liked answer is expected, a disliked one is told, and one with as many of both is left out', async () => {
  await saveSession('rated', { profile_id: 'rated' })
  await rate('rated', 4, 1)
  await rate('rated', 7, -1, 'It should look it up')
  const change = await take('feedback', 'feedback', { profile: 'rated' })
  assert.equal(change.cases, 2)
  const { cases } = await datasets.list('feedback')
  const [liked, disliked] = cases
  assert.deepEqual([liked?.expected, liked?.metadata.rating], ['In Bern.', 1])
  assert.equal(Object(liked?.input).messages.length, 4)
  assert.equal(disliked?.expected, null)
  assert.deepEqual(disliked?.metadata, {
    profile_id: 'rated',
    message_index: 7,
    rating: -1,
    comments: ['It should look it up'],
    answer: 'I do not know.',
  })
  assert.equal((await take('liked', 'feedback', { profile: 'rated', rating: 'liked' })).cases, 1)
  await rate('rated', 7, 0)
  const fewer = await take('feedback', 'feedback', { profile: 'rated', mode: 'replace' })
  assert.deepEqual([fewer.cases, fewer.removed], [1, 1])
})

test('what only an evaluator knows of a session is in none of its cases', async () => {
  await saveSession('secret', { profile_id: 'secret', outcome: { source: 'test', reward: 0.125, details: 'hidden' } })
  await rate('secret', 4, 1)
  await take('secret', 'sessions', { profile: 'secret' })
  await take('secret', 'feedback', { profile: 'secret' })
  assert.doesNotMatch(await (await app.fetch('/api/datasets/secret/export')).text(), /hidden|0\.125|reward/)
})

test('all approved corrections become cases at once, and one that is undone goes from the newest version alone', async () => {
  const approve = async (id: string, source: string) => {
    await saveSession(id, { profile_id: 'fixed' })
    const promoted = await app.send<{ id: string }>('POST', '/api/corrections/candidates', {
      session_id: id,
      message_index: 7,
    })
    const step = { id: promoted.body.id, action: 'correct', corrected_response: `${source}!` }
    const submitted = await app.send('POST', '/api/corrections/submit', step)
    assert.equal(submitted.status, 200)
    return promoted.body.id
  }
  const first = await approve('fix-1', 'a')
  await approve('fix-2', 'b')
  const batch = (input: object) =>
    app.send<Change>('POST', '/api/corrections/golden/all', { dataset: 'golden', ...input })
  const made = await batch({ filter: { profile: 'fixed' } })
  assert.deepEqual([made.status, made.body.cases], [200, 2])
  assert.deepEqual(countUpload((await batch({})).body), [0, 0, 0, 2])
  const single = await app.send('POST', '/api/corrections/golden', { id: first, dataset: 'golden' })
  assert.equal(single.body.created, false)
  const { cases } = await datasets.list('golden')
  assert.deepEqual(
    cases.map(one => [one.expected, one.source, one.split]),
    [
      ['a!', 'fix-1', toTenThousandths('session:fix-1')],
      ['b!', 'fix-2', toTenThousandths('session:fix-2')],
    ],
  )
  const undone = await app.send<{ retracted: { datasets: string[] } }>('POST', '/api/corrections/undo', { id: first })
  assert.deepEqual(undone.body.retracted.datasets, ['golden'])
  assert.equal((await datasets.list('golden')).cases.length, 1)
  assert.equal((await datasets.list('golden', `?version=${made.body.version}`)).cases.length, 2)
  const versions = await app.send<{ made_by: string; removed: number }[]>('GET', '/api/datasets/golden/versions')
  assert.deepEqual(
    versions.body.map(one => [one.made_by, one.removed]),
    [
      ['retraction', 1],
      ['corrections', 0],
    ],
  )
  assert.equal((await batch({ filter: { profile: 'nobody' } })).status, 422)
})

test('what collecting would change is counted before, makes nothing, and is what it then changes', async () => {
  await saveSession('seen', { profile_id: 'seen' })
  await rate('seen', 4, 1)
  await rate('seen', 7, -1)
  const promoted = await app.send<{ id: string }>('POST', '/api/corrections/candidates', {
    session_id: 'seen',
    message_index: 7,
  })
  const step = { id: promoted.body.id, action: 'correct', corrected_response: 'In Thun.' }
  assert.equal((await app.send('POST', '/api/corrections/submit', step)).status, 200)
  const scope = { profile: 'seen' }
  const golden = { dataset: 'before', filter: scope }
  const ways: [string, string, object, number][] = [
    ['datasets/before/sessions', '/preview', scope, 2],
    ['datasets/before/feedback', '/preview', { ...scope, rating: 'liked' }, 1],
    ['corrections/golden', '/preview', golden, 1],
  ]
  for (const [path, preview, body, added] of ways) {
    const make = path === 'corrections/golden' ? `${path}/all` : path
    const told = await app.send<Change & { differences: { kind: string; after_text: string }[] }>(
      'POST',
      `/api/${path}${preview}`,
      body,
    )
    assert.equal(told.status, 200, JSON.stringify(told.body))
    const { differences, ...change } = told.body
    assert.equal(change.added, added, path)
    assert.deepEqual(
      differences.map(one => one.kind),
      Array.from({ length: added }, () => 'added'),
    )
    const there = await app.send<Change>('GET', '/api/datasets/before')
    assert.equal(there.status === 404 ? 0 : there.body.version_no, change.version_no - 1, 'nothing was made')
    const made = await app.send<Change>('POST', `/api/${make}`, body)
    assert.deepEqual(made.body, change, path)
    const again = await app.send<Change>('POST', `/api/${path}${preview}`, body)
    assert.deepEqual([again.body.added, again.body.changed, again.body.removed], [0, 0, 0], path)
    const nobody = { ...body, ...(path === 'corrections/golden' ? { filter: { profile: 'x' } } : { profile: 'x' }) }
    assert.equal((await app.send('POST', `/api/${path}${preview}`, nobody)).body, null, path)
  }
  const rest = await app.db.pool.query('select 1 from staged_cases')
  assert.equal(rest.rowCount, 0)
})

test('a difference has the numbers of its cases to the last digit', async () => {
  const line = (n: string) => `{"id":"n","input":{"n":${n}},"expected":-1e400,"source":"s"}`
  await datasets.upload('digits', line('9007199254740993'))
  await datasets.upload('digits', line('9007199254740992'))
  const { differences } = await datasets.compare('digits', '?from=1&to=2')
  assert.deepEqual(
    differences.map(one => [one.kind, one.before_text, one.after_text]),
    [['changed', line('9007199254740993'), line('9007199254740992')]],
  )
})

test('corrections that are undone while they become cases are in no newest version', async () => {
  const ids: string[] = []
  for (let index = 0; index < 8; index++) {
    await saveSession(`race-${index}`, { profile_id: 'race' })
    const { body } = await app.send<{ id: string }>('POST', '/api/corrections/candidates', {
      session_id: `race-${index}`,
      message_index: 7,
    })
    await app.send('POST', '/api/corrections/submit', { id: body.id, action: 'correct', corrected_response: 'x' })
    ids.push(body.id)
  }
  const batch = () => app.send('POST', '/api/corrections/golden/all', { dataset: 'race', filter: { profile: 'race' } })
  const undo = (id: string) => app.send('POST', '/api/corrections/undo', { id })
  await Promise.all([batch(), ...ids.slice(0, 3).map(undo), batch(), ...ids.slice(3, 6).map(undo), batch()])
  await batch()
  const { cases } = await datasets.list('race')
  assert.deepEqual(
    cases.map(one => one.id).sort(),
    ids
      .slice(6)
      .map(id => `correction:${id}`)
      .sort(),
  )
})
