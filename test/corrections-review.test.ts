import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import sql from 'sql-template-tag'
import { query } from '#db/connect.ts'
import { openTestApp, type TestApp } from './app.ts'
import { type BenchmarkFolder, makeBenchmarkFolder, makeCandidateLine } from './benchmark-files.ts'

const api = '/api/corrections'
let bench: BenchmarkFolder
let app: TestApp
const keys = new Map<string, string>()

interface Item {
  id: string
  status: string
  corrected_response: string | null
  prompt_messages: { role: string; content: string; [field: string]: unknown }[]
  model_response: string
  review: { content_hash: string; assigned_to: string | null }
}

before(async () => {
  bench = makeBenchmarkFolder()
  app = await openTestApp({ env: { WHETSTONE_BENCH_ROOTS: bench.path } })
  await app.send('POST', `${api}/config`, { bench_results_dir: bench.path })
  for (const user of ['ada', 'grace', 'joan']) {
    const { body } = await app.send('POST', '/api/keys', { user, role: 'member' })
    keys.set(user, String(body.key))
  }
})
beforeEach(async () => {
  await query(app.db, sql`delete from candidates`)
})
after(async () => {
  await app.close()
  bench.remove()
})

/** Sends as a user. */
async function as<Body = { [field: string]: unknown }>(user: string, method: string, path: string, body?: object) {
  const response = await app.fetch(`${api}${path}`, {
    method,
    headers: { authorization: `Bearer ${keys.get(user)}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Body }
}

async function importLines(...ids: string[]) {
  bench.write(
    'r',
    ids.map(id => makeCandidateLine(id)),
  )
  await app.send('POST', `${api}/import`, { run_id: 'r' })
}

const claim = async (user: string, input: object = {}) =>
  (await as<{ candidate: Item | null }>(user, 'POST', '/claim', input)).body.candidate
const detail = async (id: string) =>
  (
    await app.send<{ candidate: Item; decisions: { action: string; author: string; comment: string | null }[] }>(
      'GET',
      `${api}/candidates/${id}`,
    )
  ).body

test('two reviewers get different candidates, and one asked again the same', async () => {
  await importLines('a', 'b', 'c')
  assert.equal((await claim('ada'))?.id, 'a')
  assert.equal((await claim('grace'))?.id, 'b')
  assert.equal((await claim('ada'))?.id, 'a')
  assert.equal((await claim('ada', { after: 'a' }))?.id, 'c')
  assert.equal((await as('joan', 'POST', '/claim', { id: 'b' })).status, 409)
  await as('grace', 'POST', '/release', { id: 'b' })
  assert.equal((await claim('joan'))?.id, 'b')
})

test('two screens of one reviewer get different candidates, and each lets go of its own', async () => {
  await importLines('a', 'b', 'c')
  assert.equal((await claim('ada', { screen: 'one' }))?.id, 'a')
  assert.equal((await claim('ada', { screen: 'two' }))?.id, 'b')
  assert.equal((await claim('ada', { screen: 'one' }))?.id, 'a')
  assert.equal((await as('ada', 'POST', '/claim', { id: 'b', screen: 'one' })).status, 409)
  await as('ada', 'POST', '/release', { id: 'b', screen: 'one' })
  assert.equal((await claim('grace'))?.id, 'c')
  await as('ada', 'POST', '/release', { id: 'b', screen: 'two' })
  assert.equal((await claim('ada', { screen: 'one', after: 'a' }))?.id, 'b')
  await as('ada', 'POST', '/release', { id: 'b' })
  assert.equal((await claim('joan'))?.id, 'b')
  assert.equal((await as('grace', 'DELETE', '/claims?screen=one')).status, 200)
  assert.equal((await as('ada', 'DELETE', '/claims?screen=two')).status, 200)
  assert.equal(await claim('ada', { screen: 'two' }), null)
  assert.equal((await as('ada', 'DELETE', '/claims?screen=one')).status, 200)
  assert.equal((await claim('ada', { screen: 'two' }))?.id, 'a')
})

test('many reviewers that ask at once get a candidate each', async () => {
  await importLines(...Array.from({ length: 9 }, (_, index) => `c${index}`))
  const rounds = ['ada', 'grace', 'joan']
  for (let round = 0; round < 3; round++) {
    const served = await Promise.all(rounds.map(user => claim(user)))
    assert.equal(new Set(served.map(item => item?.id)).size, 3)
    const done = await Promise.all(
      served.map((item, index) => as(rounds[index] ?? '', 'POST', '/submit', { id: item?.id, action: 'discard' })),
    )
    assert.deepEqual(
      done.map(one => one.status),
      [200, 200, 200],
    )
  }
  assert.equal(await claim('ada'), null)
})

test('a screen that asks many times at once for the candidate that it holds keeps it every time', async () => {
  await importLines('a')
  await claim('ada', { screen: 'one' })
  const again = await Promise.all(
    Array.from({ length: 40 }, () => as('ada', 'POST', '/claim', { id: 'a', screen: 'one' })),
  )
  assert.deepEqual([...new Set(again.map(one => one.status))], [200])
})

test('an abandoned claim comes back by itself, and binds nobody who decides without one', async () => {
  await importLines('a')
  await claim('ada', { lease_seconds: 1 })
  assert.equal(await claim('grace'), null)
  await query(app.db, sql`update claims set expires_at = clock_timestamp() - interval '1 second'`)
  assert.equal((await claim('grace'))?.id, 'a')
  assert.equal((await as('joan', 'POST', '/submit', { id: 'a', action: 'flag' })).status, 200)
  assert.equal((await as('grace', 'POST', '/submit', { id: 'a', action: 'flag' })).status, 409)
})

test('a candidate given to a reviewer is served to nobody else', async () => {
  await importLines('a')
  assert.equal((await as('ada', 'POST', '/reassign', { id: 'a', user: 'nobody' })).status, 404)
  assert.equal((await as('ada', 'POST', '/reassign', { id: 'a', user: 'grace' })).status, 200)
  assert.equal(await claim('ada'), null)
  assert.equal((await claim('grace'))?.review.assigned_to, 'grace')
  await as('ada', 'POST', '/reassign', { id: 'a', user: null })
  assert.equal((await claim('ada'))?.id, 'a')
})

test('an edit changes an approved correction in its place, and only that', async () => {
  await importLines('a', 'b')
  assert.equal((await as('ada', 'POST', '/edit', { id: 'a', corrected_response: 'x' })).status, 409)
  for (const id of ['a', 'b']) {
    const input = { id, action: 'correct', corrected_response: id, failure_category: 'wrong_answer' }
    await as('ada', 'POST', '/submit', input)
  }
  const { candidate } = await detail('a')
  assert.equal((await as('ada', 'POST', '/edit', { id: 'a', corrected_response: '\u200b' })).status, 422)
  assert.equal((await as('ada', 'POST', '/edit', { id: 'gone', corrected_response: 'x' })).status, 404)
  const seen = { content_hash: candidate.review.content_hash }
  assert.equal((await as('ada', 'POST', '/edit', { id: 'a', corrected_response: 'better', ...seen })).status, 200)
  assert.equal((await as('grace', 'POST', '/edit', { id: 'a', corrected_response: 'worse', ...seen })).status, 409)
  const lines = (await (await app.fetch(`${api}/export`)).text()).trim().split('\n')
  assert.deepEqual(
    lines.map(line => JSON.parse(line).messages.at(-1).content),
    ['better', 'b'],
  )
})

test('every action is in the history with its author', async () => {
  await importLines('a')
  await as('ada', 'POST', '/comment', { id: 'a', comment: 'odd' })
  await as('grace', 'POST', '/submit', { id: 'a', action: 'correct', corrected_response: 'x', comment: 'sure' })
  await as('ada', 'POST', '/undo', { id: 'a' })
  const { decisions } = await detail('a')
  assert.deepEqual(
    decisions.map(one => [one.action, one.author, one.comment]),
    [
      ['comment', 'ada', 'odd'],
      ['correct', 'grace', 'sure'],
      ['undo', 'ada', null],
    ],
  )
  assert.equal((await as('ada', 'POST', '/comment', { id: 'gone', comment: 'x' })).status, 404)
})

test('many are discarded or flagged at once, and those in another state are told', async () => {
  await importLines('a', 'b', 'c', 'd')
  await as('ada', 'POST', '/submit', { id: 'a', action: 'flag' })
  const named = await as('ada', 'POST', '/bulk', { action: 'discard', ids: ['a', 'b', 'gone', 'b'] })
  assert.deepEqual(named.body, {
    changed: 1,
    skipped: [
      { id: 'a', reason: 'It is model_rejected.' },
      { id: 'gone', reason: 'There is no such candidate.' },
    ],
  })
  const matching = await as('ada', 'POST', '/bulk', {
    action: 'flag',
    filter: { model_name: 'small-model' },
    failure_category: 'format_error',
  })
  assert.deepEqual(matching.body, { changed: 2, skipped: [] })
  const stats = await app.send<{ by_status: object }>('GET', `${api}/stats`)
  assert.deepEqual(stats.body.by_status, { needs_review: 0, approved: 0, discarded: 1, model_rejected: 3 })
  assert.equal((await as('ada', 'POST', '/bulk', { action: 'flag' })).status, 422)
  bench.write('r2', [makeCandidateLine('e', { failure_category: 'style_violation' }), makeCandidateLine('f')])
  await app.send('POST', `${api}/import`, { run_id: 'r2' })
  const styled = await as('ada', 'POST', '/bulk', {
    action: 'discard',
    filter: { failure_category: 'style_violation' },
  })
  assert.deepEqual(styled.body, { changed: 1, skipped: [] })
})

test('the queue is narrowed by source, model, task type and quality, with exact totals', async () => {
  bench.write('r', [
    makeCandidateLine('a', { model_name: 'm1', quality_score: 0.1 }),
    makeCandidateLine('b', { model_name: 'm2', quality_score: 0.9, source: 'other' }),
    makeCandidateLine('c', { model_name: 'm1', quality_score: 0.5, task_type: undefined }),
  ])
  await app.send('POST', `${api}/import`, { run_id: 'r' })
  const find = async (parameters: string) => {
    const { body } = await app.send<{ items: Item[]; total: number }>('GET', `${api}/queue?${parameters}`)
    assert.equal(body.total, body.items.length)
    return body.items.map(item => item.id).join()
  }
  assert.equal(await find('model_name=m1'), 'a,c')
  assert.equal(await find('source=other'), 'b')
  assert.equal(await find('task_type='), 'c')
  assert.equal(await find('min_quality=0.4&max_quality=0.6'), 'c')
  assert.equal(await find('model_name=m1&max_quality=0.2'), 'a')
})

const session = {
  session_id: 's1',
  profile_id: 'support',
  messages: [
    { role: 'user', content: 'Where is my parcel?' },
    {
      role: 'assistant',
      content: 'I look.',
      tool_calls: [{ id: 't1', type: 'function', function: { name: 'track', arguments: '{"id":7}' } }],
    },
    { role: 'tool', tool_call_id: 't1', content: 'on its way' },
    {
      role: 'assistant',
      model: 'm-9',
      content: [
        { type: 'thinking', text: 'hm' },
        { type: 'text', text: 'No idea.' },
      ],
    },
  ],
}

test("an assistant's message becomes a candidate once; its prompt is the conversation up to it", async () => {
  await app.send('POST', '/api/sessions', session)
  const promote = (message_index: number, session_id = 's1') =>
    as<{ id: string; created: boolean; refreshed: boolean }>('ada', 'POST', '/candidates', {
      session_id,
      message_index,
    })
  const first = await promote(3)
  assert.deepEqual([first.status, first.body.created], [200, true])
  assert.deepEqual((await promote(3)).body, {
    id: first.body.id,
    status: 'needs_review',
    created: false,
    refreshed: false,
  })
  const { candidate } = await detail(first.body.id)
  assert.equal(candidate.model_response, 'No idea.')
  assert.deepEqual(candidate.prompt_messages, session.messages.slice(0, 3))
  assert.deepEqual(
    [(await promote(0)).status, (await promote(4)).status, (await promote(1, 'gone')).status],
    [422, 422, 404],
  )
  const { body } = await as<{ items: Item[] }>('ada', 'GET', '/queue?model_name=m-9')
  assert.deepEqual(
    body.items.map(item => item.id),
    [first.body.id],
  )
})

test('a candidate of an answer that calls tools says which, also after its session changed', async () => {
  await app.send('POST', '/api/sessions', session)
  const promote = () => as<{ id: string }>('ada', 'POST', '/candidates', { session_id: 's1', message_index: 1 })
  const { id } = (await promote()).body
  const readCalls = async () => ((await detail(id)).candidate as Item & { tool_calls?: unknown }).tool_calls
  assert.deepEqual(await readCalls(), session.messages[1]?.tool_calls)
  const call = { id: 't2', type: 'function', function: { name: 'find', arguments: '{}' } }
  const { content_hash } = (await detail(id)).candidate.review
  const changed = { role: 'assistant', content: 'I look.', tool_calls: [call] }
  await app.send('POST', '/api/sessions', { ...session, messages: session.messages.with(1, changed) })
  await promote()
  assert.deepEqual(await readCalls(), [call])
  // Whoever saw the other call has seen another answer.
  const decide = { id, action: 'correct', corrected_response: 'x', content_hash }
  assert.equal((await as('ada', 'POST', '/submit', decide)).status, 409)
  await app.send('POST', '/api/sessions', session)
})

test('an approval binds to what was seen: a session that changed since is 409', async () => {
  await app.send('POST', '/api/sessions', session)
  const { body } = await as<{ id: string }>('ada', 'POST', '/candidates', { session_id: 's1', message_index: 3 })
  const { content_hash } = (await detail(body.id)).candidate.review
  const changed = session.messages.with(3, { role: 'assistant', content: 'Tomorrow.' })
  await app.send('POST', '/api/sessions', { ...session, messages: changed })
  const again = await as('ada', 'POST', '/candidates', { session_id: 's1', message_index: 3 })
  assert.equal(again.body.refreshed, true)
  const decide = { id: body.id, action: 'correct', corrected_response: 'x' }
  assert.equal((await as('ada', 'POST', '/submit', { ...decide, content_hash })).status, 409)
  const now = (await detail(body.id)).candidate.review.content_hash
  assert.equal((await as('ada', 'POST', '/submit', { ...decide, content_hash: now })).status, 200)
  await app.send('POST', '/api/sessions', session)
})

test('a second opinion is blind, changes no state, and a disagreement goes to adjudication', async () => {
  await importLines('a', 'b')
  await as('ada', 'POST', '/opinions/share', { share: 1 })
  const { body: nothing } = await as('joan', 'GET', '/agreement')
  for (const id of ['a', 'b']) await as('ada', 'POST', '/submit', { id, action: 'correct', corrected_response: 'mine' })
  const next = async (user: string, after = '') =>
    (await as<{ candidate: Item | null }>(user, 'GET', `/opinions/next${after}`)).body.candidate
  assert.equal(await next('ada'), null)
  assert.equal((await next('grace', '?after=a'))?.id, 'b')
  assert.equal(await next('grace', '?after=b'), null)
  const shown = await next('grace')
  assert.deepEqual([shown?.id, shown?.status, shown?.corrected_response], ['a', 'needs_review', null])
  assert.equal((await as('ada', 'POST', '/opinions', { id: 'a', action: 'flag' })).status, 403)
  const opinion = {
    id: 'a',
    action: 'discard',
    failure_category: 'scoring_artifact',
    content_hash: shown?.review.content_hash,
  }
  assert.equal((await as('grace', 'POST', '/opinions', opinion)).status, 200)
  assert.equal((await as('grace', 'POST', '/opinions', opinion)).status, 409)
  assert.equal((await next('grace'))?.id, 'b')
  await as('grace', 'POST', '/opinions', { id: 'b', action: 'correct', corrected_response: 'other words' })
  assert.equal((await detail('a')).candidate.status, 'approved')
  const disputes = await as<{ candidate: Item }[]>('joan', 'GET', '/disputes')
  assert.deepEqual(
    disputes.body.map(dispute => dispute.candidate.id),
    ['a'],
  )
  const undefinedYet = { estimate: null, low: null, high: null }
  assert.deepEqual(nothing, {
    candidates: 0,
    action: { percent: undefinedYet, alpha: undefinedYet, kappas: [] },
    category: { percent: undefinedYet, alpha: undefinedYet, kappas: [] },
  })
  const agreement = await as<{ candidates: number; action: { percent: object; kappas: object[] } }>(
    'joan',
    'GET',
    '/agreement',
  )
  assert.deepEqual([agreement.body.candidates, agreement.body.action.percent], [2, { estimate: 50, low: 0, high: 100 }])
  // One of them gave the same action throughout: κ is 0, not undefined.
  assert.deepEqual(agreement.body.action.kappas, [{ reviewers: ['ada', 'grace'], n: 2, kappa: 0 }])
  assert.equal((await as('joan', 'POST', '/adjudicate', { id: 'a', verdict: 'discard' })).status, 200)
  assert.equal((await detail('a')).candidate.status, 'discarded')
  assert.deepEqual((await as('joan', 'GET', '/disputes')).body, [])
  await as('ada', 'POST', '/opinions/share', { share: 0 })
})

test('agreement that was never broken is not taken for certain', async () => {
  const ids = ['v0', 'v1', 'v2', 'v3', 'v4', 'v5']
  await importLines(...ids)
  for (const [index, id] of ids.entries()) {
    const action = index < 3 ? 'flag' : 'discard'
    await as('ada', 'POST', '/submit', { id, action })
    await as('grace', 'POST', '/opinions', { id, action })
  }
  const { body } = await as<{ action: { percent: object; alpha: object } }>('joan', 'GET', '/agreement')
  // Clopper and Pearson's lower end for 6 of 6 is 0.025^(1/6) = 0.5407.
  assert.deepEqual(body.action.percent, { estimate: 100, low: 100 * 0.025 ** (1 / 6), high: 100 })
  assert.deepEqual(body.action.alpha, { estimate: 1, low: null, high: null })
})

test('every opinion on a candidate counts once in agreement, whoever gave it', async () => {
  const said = [
    ['discard', 'discard', 'flag'],
    ['flag', 'discard', 'flag'],
    ['flag', 'flag'],
    ['discard', 'discard', 'discard'],
    ['flag', 'discard'],
  ]
  await importLines(...said.map((_, index) => `k${index}`))
  for (const [index, actions] of said.entries()) {
    for (const [place, user] of ['grace', 'ada', 'joan'].entries()) {
      const action = actions[place]
      if (action === undefined) continue
      await as(user, 'POST', place === 0 ? '/submit' : '/opinions', { id: `k${index}`, action })
    }
  }
  const { body } = await as<{
    action: { percent: { estimate: number }; alpha: { estimate: number }; kappas: object[] }
  }>('joan', 'GET', '/agreement')
  // By hand: 6 of 11 pairs are equal. Of 13 values 7 are discard; in each of three candidates the coincidences that differ
  // weigh 2, so Dₒ = 6 / 13 and Dₑ = 2 · 7 · 6 / (13 · 12).
  assert.equal(body.action.percent.estimate, (100 * 6) / 11)
  assert.ok(Math.abs(body.action.alpha.estimate - (1 - 6 / 13 / (84 / 156))) < 1e-12)
  assert.deepEqual(body.action.kappas, [
    { reviewers: ['ada', 'grace'], n: 5, kappa: (5 * 3 - 11) / (25 - 11) },
    { reviewers: ['ada', 'joan'], n: 3, kappa: 0 },
    { reviewers: ['grace', 'joan'], n: 3, kappa: (3 * 2 - 4) / (9 - 4) },
  ])
})

test('who gave an opinion and then decides does not take the second reviewer’s place', async () => {
  await importLines('a', 'b', 'c')
  await as('ada', 'POST', '/opinions/share', { share: 1 })
  for (const id of ['a', 'b']) await as('ada', 'POST', '/opinions', { id, action: 'flag' })
  await as('ada', 'POST', '/submit', { id: 'a', action: 'discard' })
  await as('ada', 'POST', '/bulk', { action: 'discard', ids: ['b'] })
  await as('ada', 'POST', '/submit', { id: 'c', action: 'discard' })
  await as('grace', 'POST', '/opinions', { id: 'c', action: 'flag' })
  await as('ada', 'POST', '/undo', { id: 'c' })
  await as('grace', 'POST', '/submit', { id: 'c', action: 'flag' })
  const waiting: string[] = []
  for (let found = true; found; ) {
    const { body } = await as<{ candidate: Item | null }>('joan', 'GET', '/opinions/next')
    found = body.candidate !== null
    if (body.candidate === null) break
    waiting.push(body.candidate.id)
    await as('joan', 'POST', '/opinions', { id: body.candidate.id, action: 'flag' })
  }
  assert.deepEqual(waiting.sort(), ['a', 'b', 'c'])
  await as('ada', 'POST', '/opinions/share', { share: 0 })
})

test('a category that came with a candidate is shown, filtered by and kept until a reviewer names another', async () => {
  bench.write('r', [
    makeCandidateLine('a', { failure_category: 'style_violation' }),
    makeCandidateLine('b', { failure_category: 'style_violation' }),
    makeCandidateLine('c', { failure_category: 'not one of ours' }),
  ])
  await app.send('POST', `${api}/import`, { run_id: 'r' })
  const check = async (id: string, expected: string | null) => {
    const { body } = await app.send<{ items: { id: string }[] }>(
      'GET',
      `${api}/candidates?failure_category=${expected ?? 'style_violation'}`,
    )
    const { failure_category } = (await detail(id)).candidate as Item & { failure_category: string | null }
    assert.deepEqual([failure_category, body.items.some(item => item.id === id)], [expected, expected !== null])
  }
  await as('ada', 'POST', '/submit', { id: 'a', action: 'correct', corrected_response: 'x' })
  await check('a', 'style_violation')
  await as('ada', 'POST', '/edit', { id: 'a', corrected_response: 'x', failure_category: null })
  await check('a', null)
  await as('ada', 'POST', '/undo', { id: 'a' })
  await check('a', 'style_violation')
  await as('ada', 'POST', '/submit', { id: 'a', action: 'flag', failure_category: 'hallucination' })
  await check('a', 'hallucination')
  await as('ada', 'POST', '/bulk', { action: 'discard', ids: ['b'] })
  await check('b', 'style_violation')
  await as('ada', 'POST', '/adjudicate', { id: 'b', verdict: 'flag' })
  await check('b', 'style_violation')
  assert.equal(
    ((await detail('c')).candidate as Item & { failure_category: string }).failure_category,
    'not one of ours',
  )
})

test('a decision that does not say how long it took has the time since its author claimed it, renewals included', async () => {
  await importLines('a', 'b', 'c')
  const claim = (lease_seconds: number, id: string) => as('ada', 'POST', '/claim', { id, lease_seconds })
  await claim(60, 'a')
  await query(app.db, sql`update claims set claimed_at = claimed_at - interval '5 s'`)
  await claim(60, 'a')
  await as('ada', 'POST', '/submit', { id: 'a', action: 'discard' })
  await claim(60, 'b')
  await as('grace', 'POST', '/submit', { id: 'b', action: 'discard' })
  await claim(60, 'c')
  await as('ada', 'POST', '/submit', { id: 'c', action: 'discard', duration_ms: 7 })
  const durations = await query<{ id: string; duration_ms: number | null }>(
    app.db,
    sql`select c.id, d.duration_ms from decisions d join candidates c using (project_id, candidate_no) order by c.id`,
  )
  const [first, ...others] = durations.map(row => row.duration_ms)
  assert.ok((first ?? 0) >= 5000 && (first ?? 0) < 15_000, `${first} ms`)
  assert.deepEqual(others, [null, 7])
})

test('throughput tells who did how much in what time, and how long what waits has waited', async () => {
  await query(app.db, sql`delete from review_days`)
  await importLines('a', 'b', 'c')
  await as('ada', 'POST', '/submit', {
    id: 'a',
    action: 'discard',
    duration_ms: 1000,
    failure_category: 'hallucination',
  })
  await as('ada', 'POST', '/submit', { id: 'b', action: 'discard', duration_ms: 3000 })
  const { body } = await as<{
    reviewers: { reviewer: string; action: string; n: number; mean_duration_ms: number | null }[]
    categories: { category: string; n: number }[]
    waiting: { total: number; median_age_days: number }
  }>('ada', 'GET', '/throughput')
  assert.deepEqual(
    body.reviewers.map(row => [row.reviewer, row.action, row.n, row.mean_duration_ms]),
    [['ada', 'discard', 2, 2000]],
  )
  assert.deepEqual(
    body.categories.map(row => [row.category, row.n]),
    [['hallucination', 1]],
  )
  assert.deepEqual([body.waiting.total, body.waiting.median_age_days], [1, 0])
})
