import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import sql from 'sql-template-tag'
import { query, queryRow } from '#db/connect.ts'
import { createScriptedModel } from '#models/scripted.ts'
import { openTestApp } from './app.ts'

type Fields = { [field: string]: unknown }

const model = createScriptedModel({
  rules: [
    { when: { any: 'You score one answer' }, reply: { score: 10, reason: 'Good.' } },
    { when: { any: 'broken' }, fail: { kind: 'failed', message: 'broken' } },
  ],
  default: { reply: request => String(request.messages.at(-1)?.content) },
})
const app = await openTestApp({
  worker: true,
  yaml: 'backends: [{ name: fake, kind: scripted, script: {}, max_attempts: 1 }]',
  backends: { fake: { model } },
})
after(() => app.close())

async function sweep(words: string[], scoring_config: Fields): Promise<string> {
  const dataset = { name: `d${Math.random()}`, cases: words.map(word => ({ input: { word }, expected: 'one' })) }
  const pipeline = { prompt: 'Say {{ word }}', model: 'm', backend: 'fake' }
  const { status, body } = await app.send('POST', '/api/experiments?start=true', {
    name: 'r',
    dataset,
    pipeline,
    scoring_config,
  })
  assert.equal(status, 201, JSON.stringify(body))
  for (let tries = 0; tries < 400; tries++) {
    const { body: now } = await app.send('GET', `/api/experiments/${body.id}`)
    if (now.status === 'completed') return String(body.id)
    await sleep(25)
  }
  throw new Error('the sweep did not end')
}

async function rescore(id: string, input: Fields): Promise<Fields> {
  const { status, body } = await app.send('POST', `/api/experiments/${id}/score`, input)
  assert.equal(status, 200, JSON.stringify(body))
  for (let tries = 0; tries < 400; tries++) {
    const { open } = await queryRow<{ open: number }>(
      app.db,
      sql`select count(*) as open from run_batches where state <> 'done'`,
    )
    if (open === 0) return body
    await sleep(25)
  }
  throw new Error('the runs were not scored')
}

interface BoardEntry {
  weighted_score: number
  scores: { [scorer: string]: number }
  config: { input_data: { word: string } }
}

async function board(id: string): Promise<[string, number, { [scorer: string]: number }][]> {
  const { body } = await app.send<{ entries: BoardEntry[] }>('GET', `/api/runs/leaderboard/${id}?top_n=100`)
  // Which of two that score the same completed first is chance here.
  return body.entries
    .toSorted((one, other) => one.config.input_data.word.localeCompare(other.config.input_data.word))
    .map(one => [one.config.input_data.word, one.weighted_score, one.scores])
}

/** Sums by case against their runs. */
async function checkSums(): Promise<void> {
  const wrong = await query(
    app.db,
    sql`
      select s.*, r.* from case_sums s full join (
        select project_id, experiment_no, variant_no, case_no, count(*) as n, sum((weighted * 1e9)::bigint) as total,
          count(*) filter (where weighted >= 0.5) as passing
        from runs where variant_no is not null and status in ('completed', 'failed') group by 1, 2, 3, 4
      ) r using (project_id, experiment_no, variant_no, case_no)
      where (s.runs, s.weighted_total, s.passes) is distinct from (r.n, coalesce(r.total, 0), r.passing)`,
  )
  assert.deepEqual(wrong, [])
}

test('runs that have ended are scored by further scorers without being asked again; the same version changes nothing', async () => {
  const id = await sweep(['one', 'two', 'broken'], { scorers: ['contains'], weights: { contains: 1 } })
  assert.deepEqual(await board(id), [
    ['one', 1, { contains: 1 }],
    ['two', 0, { contains: 0 }],
  ])
  const asked = model.calls.length
  const judge = { kind: 'llm_judge', rubric: 'Is it good?', model: 'm', backend: 'fake' }
  const brevity = { kind: 'length', name: 'brevity', max: 100 }
  const done = await rescore(id, { scorers: [brevity, judge, 'contains'], weights: { brevity: 1, llm_judge: 2 } })
  assert.equal(done.runs, 3)
  assert.deepEqual(
    (done.scorers as Fields[]).map(one => [one.name, one.change]),
    [
      ['brevity', 'new'],
      ['llm_judge', 'new'],
      ['contains', 'none'],
    ],
  )
  assert.equal(model.calls.length, asked + 2, 'only the judge, once for each output')
  assert.deepEqual(await board(id), [
    ['one', 1, { contains: 1, brevity: 1, llm_judge: 1 }],
    ['two', 0.75, { contains: 0, brevity: 1, llm_judge: 1 }],
  ])
  const failed = await queryRow(app.db, sql`select grades, weighted, score_mean from runs where status = 'failed'`)
  assert.deepEqual(failed, { grades: [0, 0, 0], weighted: 0, score_mean: null })
  await checkSums()

  const { body: before } = await app.send('GET', `/api/experiments/${id}`)
  assert.equal(before.calls, 2 + 2, 'what judges were paid is on the bill at once')
  const again = await rescore(id, { scorers: [brevity, judge] })
  assert.deepEqual([again.runs, (again.scorers as Fields[]).map(one => one.change)], [0, ['none', 'none']])
  assert.deepEqual((await app.send('GET', `/api/experiments/${id}`)).body, before)
  assert.deepEqual((before.scoring_config as Fields).weights, { contains: 1, brevity: 1, llm_judge: 2 })

  const changed = await rescore(id, { scorers: [{ ...brevity, max: 7 }] })
  assert.deepEqual([changed.runs, (changed.scorers as Fields[])[0]?.change], [3, 'changed'])
  assert.deepEqual(
    (await board(id)).map(([word, , scores]) => [word, scores.brevity]),
    [
      ['one', 1],
      ['two', 1],
    ],
  )
  const stricter = await rescore(id, { scorers: [{ ...brevity, max: 6 }] })
  assert.equal(stricter.runs, 3)
  assert.deepEqual(
    (await board(id)).map(([word, score, scores]) => [word, score, scores.brevity]),
    [
      ['one', 0.75, 0],
      ['two', 0.5, 0],
    ],
  )
  const { n } = await queryRow<{ n: number }>(app.db, sql`select count(*) as n from scores`)
  assert.equal(n, 2 + 4 + 2 + 2, 'the older scores stay')
  await checkSums()
})

test('other weights change all runs, sums and the best score at once; a failed run stays at 0', async () => {
  const id = await sweep(['one', 'two', 'broken'], {
    scorers: ['contains', { kind: 'length', name: 'brevity', max: 7 }],
    weights: { contains: 1 },
  })
  const patch = async (weights: Fields) => {
    const { status, body } = await app.send('PATCH', `/api/experiments/${id}`, { scoring_config: { weights } })
    assert.equal(status, 200, JSON.stringify(body))
    await checkSums()
    return body
  }
  assert.equal((await patch({ brevity: 1 })).best, 1)
  assert.deepEqual(
    (await board(id)).map(([word, score]) => [word, score]),
    [
      ['one', 1],
      ['two', 1],
    ],
  )
  const body = await patch({ contains: 0.1, brevity: 0.2, human: 5 })
  assert.deepEqual((body.scoring_config as Fields).weights, { contains: 0.1, brevity: 0.2, human: 5 })
  assert.deepEqual(
    (await board(id)).map(([word, score]) => [word, score]),
    [
      ['one', 1],
      ['two', 2 / 3],
    ],
  )
  const failed = await queryRow(
    app.db,
    sql`
      select grades, weighted from runs r join experiments e using (project_id, experiment_no)
      where r.status = 'failed' and experiment_id = ${id}::uuid`,
  )
  assert.deepEqual(failed, { grades: [0, 0, 0], weighted: 0 })
  await patch({})
  assert.deepEqual(
    (await board(id)).map(([word, score]) => [word, score]),
    [
      ['one', 1],
      ['two', 0.5],
    ],
  )
})

test('scoring is refused at the place of the trouble, and while runs are under way', async () => {
  const id = await sweep(['one'], { scorers: ['contains'] })
  const refused: [string, string, Fields, (string | number)[]][] = [
    ['POST', '/score', { scorers: ['nonsense'] }, ['body', 'scorers', 0]],
    ['POST', '/score', { scorers: [] }, ['body', 'scorers']],
    ['POST', '/score', { scorers: ['exact'], weights: { exact: -1 } }, ['body', 'weights', 'exact']],
    ['PATCH', '', { scoring_config: { weights: { a: -1 } } }, ['body', 'scoring_config', 'weights', 'a']],
    ['PATCH', '', { scoring_config: {} }, ['body', 'scoring_config', 'weights']],
    ['PATCH', '', { name: 'x' }, ['body', 'scoring_config']],
  ]
  for (const [method, path, input, loc] of refused) {
    const { status, body } = await app.send(method, `/api/experiments/${id}${path}`, input)
    assert.equal(status, 422, JSON.stringify(body))
    assert.deepEqual((body.detail as Fields[])[0]?.loc, loc)
  }
  const nobody = '00000000-0000-4000-8000-000000000000'
  assert.equal((await app.send('POST', `/api/experiments/${nobody}/score`, { scorers: ['exact'] })).status, 404)
  assert.equal((await app.send('PATCH', `/api/experiments/${nobody}`, { scoring_config: { weights: {} } })).status, 404)
  await query(app.db, sql`update experiments set status = 'running' where experiment_id = ${id}::uuid`)
  const { status } = await app.send('PATCH', `/api/experiments/${id}`, { scoring_config: { weights: {} } })
  assert.equal(status, 409)
})
