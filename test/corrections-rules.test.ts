import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import sql from 'sql-template-tag'
import { sweepRules } from '#corrections/sweep.ts'
import { query } from '#db/connect.ts'
import { openTestApp, type TestApp } from './app.ts'

const api = '/api/corrections'
let app: TestApp

before(async () => {
  app = await openTestApp()
})
beforeEach(async () => {
  for (const table of ['candidates', 'promotion_rules', 'sessions']) await app.db.pool.query(`delete from ${table}`)
})
after(() => app.close())

/** Sessions of two answers, of which the last is disliked. */
async function dislikeAnswers(...ids: string[]) {
  for (const session_id of ids) {
    const messages = ['user', 'assistant', 'user', 'assistant'].map((role, index) => ({ role, content: `${index}` }))
    await app.send('POST', '/api/sessions', { session_id, profile_id: 'support', messages })
    const feedback = { session_id, message_index: 3, rating: -1, comment: 'no' }
    assert.equal((await app.send('POST', '/api/eval/feedback', feedback)).status, 200)
  }
}

/** A pass in which every axis has this mean, without the trouble of judging. */
async function judge(sessionId: string, mean: number) {
  await app.send('GET', '/api/eval/pins')
  await query(
    app.db,
    sql`
      with pass as (
        insert into passes (
          project_id, session_no, pins_id, backend, judge_model, content_hash, msg_count, means, avg
        )
        select s.project_id, s.session_no, pins_id, 'x', 'x', s.content_hash, s.msg_count,
          array_fill((${mean}::float8 * 2520)::integer, array[7]), array_fill(round(${mean}::float8)::smallint, array[7])
        from sessions s join pins using (project_id) where s.session_id = ${sessionId} returning *
      )
      update sessions s set latest_pass_no = p.pass_no, latest_pins = p.pins_id from pass p
      where s.project_id = p.project_id and s.session_no = p.session_no`,
  )
}

const promoted = async () => {
  const { body } = await app.send<{ items: { session_id: string; message_index: number; source: string }[] }>(
    'GET',
    `${api}/queue`,
  )
  return body.items.map(item => `${item.source} ${item.session_id} ${item.message_index}`)
}
const disliked = { name: 'disliked', when: { kind: 'dislike' } }

test('a rule promotes disliked answers once, from when it was made', async () => {
  await dislikeAnswers('before')
  assert.equal((await app.send('POST', `${api}/rules`, disliked)).status, 200)
  await dislikeAnswers('a', 'b')
  await sweepRules(app.db, 0)
  await sweepRules(app.db, 0)
  assert.deepEqual(await promoted(), ['rule:disliked a 3', 'rule:disliked b 3'])
  await query(app.db, sql`update candidates set status = 'discarded'`)
  await sweepRules(app.db, 0)
  assert.deepEqual(await promoted(), [])
})

test('a rule on an axis takes the last answer of sessions whose newest pass lies below its bound', async () => {
  await dislikeAnswers('low', 'edge', 'high')
  await app.send('POST', `${api}/rules`, { name: 'poor', when: { kind: 'axis', axis: 'communication', below: 40 } })
  await judge('low', 39.9)
  await judge('edge', 40)
  await judge('high', 80)
  await sweepRules(app.db, 0)
  assert.deepEqual(await promoted(), ['rule:poor low 3'])
})

test('the bound of a rule on an axis may have decimals', async () => {
  await dislikeAnswers('low', 'edge')
  const rule = { name: 'poor', when: { kind: 'axis', axis: 'communication', below: 66.67 } }
  await app.send('POST', `${api}/rules`, rule)
  await judge('low', 200 / 3)
  await judge('edge', 67)
  const trial = await app.send('POST', `${api}/rules/try`, rule)
  assert.deepEqual([trial.status, trial.body.found], [200, 1])
  await sweepRules(app.db, 0)
  assert.deepEqual(await promoted(), ['rule:poor low 3'])
})

test('a rule and a person that promote the same answers at the same time make one candidate of each', async () => {
  await app.send('POST', `${api}/rules`, disliked)
  const ids = Array.from({ length: 15 }, (_, index) => `s${index}`)
  await dislikeAnswers(...ids)
  const byHand = async (order: string[]) => {
    for (const session_id of order) {
      const { status } = await app.send('POST', `${api}/candidates`, { session_id, message_index: 3 })
      assert.equal(status, 200)
    }
  }
  await Promise.all([sweepRules(app.db, 0), byHand(ids), byHand(ids)])
  const rows = await query(app.db, sql`select from candidates`)
  assert.equal(rows.length, 15)
})

test('a day has its limit, and what is above it comes another day', async () => {
  await app.send('POST', `${api}/rules`, { ...disliked, max_per_day: 2 })
  await dislikeAnswers('a', 'b', 'c')
  await sweepRules(app.db, 0)
  await sweepRules(app.db, 0)
  assert.equal((await promoted()).length, 2)
  await query(app.db, sql`update promotion_rules set day = day - 1`)
  await sweepRules(app.db, 0)
  assert.equal((await promoted()).length, 3)
})

test('a trial says what a rule would have done last month, and does nothing', async () => {
  await dislikeAnswers('a', 'b', 'c', 'd')
  await app.send('POST', `${api}/candidates`, { session_id: 'a', message_index: 3 })
  const trial = await app.send('POST', `${api}/rules/try`, { ...disliked, max_per_day: 2 })
  assert.deepEqual(trial.body, { days: 30, found: 4, known: 1, sampled_out: 0, over_limit: 1, would_promote: 2 })
  const none = await app.send('POST', `${api}/rules/try`, { ...disliked, sampling: 0 })
  assert.deepEqual([none.body.sampled_out, none.body.would_promote], [3, 0])
  const other = await app.send('POST', `${api}/rules/try`, { ...disliked, profile: 'somebody' })
  assert.equal(other.body.found, 0)
  assert.equal((await promoted()).length, 1)
})

test('a trial counts as the rule would: what is above a day comes the next day, and only answers count', async () => {
  await dislikeAnswers('a', 'b', 'c', 'd', 'e')
  await app.send('POST', '/api/eval/feedback', { session_id: 'a', message_index: 0, rating: -1 })
  await query(app.db, sql`update feedback set created_at = now() - interval '1 day'`)
  const trial = await app.send('POST', `${api}/rules/try`, { ...disliked, max_per_day: 2 })
  assert.deepEqual(trial.body, { days: 30, found: 5, known: 0, sampled_out: 0, over_limit: 1, would_promote: 4 })
})

test('a trial on an axis knows the last answer, though the user spoke last', async () => {
  const messages = ['user', 'assistant', 'user'].map(role => ({ role, content: 'x\0' }))
  await app.send('POST', '/api/sessions', { session_id: 's', profile_id: 'p', messages })
  await app.send('POST', '/api/sessions', { session_id: 'mute', profile_id: 'p', messages: messages.slice(0, 1) })
  await judge('s', 10)
  await judge('mute', 10)
  const rule = { name: 'poor', when: { kind: 'axis', axis: 'efficiency', below: 40 } }
  const { body: before } = await app.send('POST', `${api}/rules/try`, rule)
  assert.deepEqual([before.found, before.would_promote], [1, 1])
  await app.send('POST', `${api}/candidates`, { session_id: 's', message_index: 1 })
  const { body: after } = await app.send('POST', `${api}/rules/try`, rule)
  assert.deepEqual([after.found, after.known, after.would_promote], [1, 1, 0])
})

test('a slip in a condition is named by its place', async () => {
  const { status, body } = await app.send<{ detail: { loc: string[] }[] }>('POST', `${api}/rules`, {
    name: 'x',
    when: { kind: 'axis', axis: 'charm', below: 3 },
  })
  assert.equal(status, 422)
  assert.deepEqual(
    body.detail.map(issue => issue.loc),
    [['body', 'when', 'axis']],
  )
})

test('what came while a rule rested is passed over when it wakes', async () => {
  await app.send('POST', `${api}/rules`, { ...disliked, enabled: false })
  await dislikeAnswers('slept')
  await query(app.db, sql`update feedback set created_at = now() - interval '1 hour'`)
  await sweepRules(app.db, 0)
  await app.send('POST', `${api}/rules`, disliked)
  await dislikeAnswers('awake')
  await sweepRules(app.db, 0)
  assert.deepEqual(await promoted(), ['rule:disliked awake 3'])
})

test('a rule that is off, or gone, promotes nothing', async () => {
  await app.send('POST', `${api}/rules`, { ...disliked, enabled: false })
  await dislikeAnswers('a')
  await sweepRules(app.db, 0)
  assert.deepEqual(
    (await app.send<{ name: string }[]>('GET', `${api}/rules`)).body.map(rule => rule.name),
    ['disliked'],
  )
  assert.equal((await app.send('DELETE', `${api}/rules/disliked`)).status, 200)
  assert.equal((await app.send('DELETE', `${api}/rules/disliked`)).status, 404)
  assert.deepEqual(await promoted(), [])
})
