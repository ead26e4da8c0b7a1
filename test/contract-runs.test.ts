import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createScriptedModel } from '#models/scripted.ts'
import { openTestApp } from './app.ts'

type Fields = { [field: string]: unknown }

const script = createScriptedModel({
  rules: [
    { when: { any: 'please fail' }, fail: { kind: 'failed', status: 500, message: 'the model broke' } },
    { when: { any: 'hold on' }, delay_ms: 2000, reply: 'late' },
    { when: { any: 'plan it' }, reply: { steps: ['a', 'b'] } },
  ],
  default: {
    reply: request => `said: ${request.messages.at(-1)?.content}`,
    usage: { tokens_in: 7, tokens_out: 3 },
  },
})
const app = await openTestApp({
  worker: true,
  yaml: `backends:
  - { name: ollama, prices: { m: { input: 1, output: 2 } }, max_attempts: 1 }
  - { name: fake, kind: scripted, script: {}, max_attempts: 1 }`,
  backends: { ollama: { model: script }, fake: { model: { ...script, backend: 'fake' } } },
})
after(() => app.close())

async function experiment(more: Fields = {}): Promise<string> {
  const { status, body } = await app.send('POST', '/api/experiments', { name: 'e', ...more })
  assert.equal(status, 201, JSON.stringify(body))
  return String(body.id)
}

async function submit(experiment_id: string, config: Fields): Promise<Fields> {
  const { status, body } = await app.send('POST', '/api/runs', { experiment_id, config })
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

async function finish(id: unknown): Promise<Fields> {
  for (let tries = 0; tries < 400; tries++) {
    const { body } = await app.send('GET', `/api/runs/${id}`)
    if (body.status === 'completed' || body.status === 'failed') return body
    await sleep(25)
  }
  throw new Error(`run ${id} did not end`)
}

async function run(
  experiment_id: string,
  config: Fields = { prompt: `p ${randomUUID()}`, model: 'm' },
): Promise<Fields> {
  return finish((await submit(experiment_id, config)).id)
}

async function score(id: unknown, scorer_name: string, value: number, metadata?: Fields): Promise<Fields> {
  const { status, body } = await app.send('POST', `/api/runs/${id}/score`, { scorer_name, value, metadata })
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

const ids = (body: Fields) => (body.items as Fields[]).map(item => item.id)
const list = async (query: string) => {
  const { status, body } = await app.send('GET', `/api/runs?${query}`)
  assert.equal(status, 200, JSON.stringify(body))
  return body
}
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const RUN = [
  ...['id', 'experiment_id', 'config', 'config_hash', 'status', 'started_at', 'completed_at'],
  ...['duration_ms', 'tokens_in', 'tokens_out', 'cost_estimate'],
]

test('a run is answered with 201, pending and whole, then worked on in the background', async () => {
  const id = await experiment()
  const config = {
    prompt: 'Say {{ word }}',
    model: 'm',
    params: { temperature: 0 },
    input_data: { word: 'hi' },
    label: 'x',
  }
  const made = await submit(id, config)
  for (const field of RUN) assert.ok(field in made, field)
  assert.match(String(made.id), UUID)
  assert.deepEqual([made.experiment_id, made.config, made.status], [id, config, 'pending'])
  for (const field of RUN.slice(5)) assert.equal(made[field], null, field)
  const canonical = '{"input_data":{"word":"hi"},"model":"m","params":{"temperature":0},"prompt":"Say {{ word }}"}'
  assert.equal(made.config_hash, createHash('sha256').update(canonical).digest('hex'))

  const done = await finish(made.id)
  assert.equal(done.status, 'completed')
  assert.match(String(done.started_at), TIME)
  assert.match(String(done.completed_at), TIME)
  assert.deepEqual([done.tokens_in, done.tokens_out], [7, 3])
  assert.ok(Math.abs(Number(done.cost_estimate) - 13e-6) < 1e-12)
  assert.ok(Number.isInteger(done.duration_ms))
  assert.deepEqual(done.scores, [])
  const [stage] = done.stage_results as Fields[]
  const { id: stageId, duration_ms, ...rest } = stage ?? {}
  assert.match(String(stageId), UUID)
  assert.ok(Number.isInteger(duration_ms))
  for (const [field, value] of Object.entries({
    ...{ run_id: made.id, stage_index: 0, output: 'said: Say hi', model: 'm' },
    ...{ tokens_in: 7, tokens_out: 3, cached: false, error: null },
  })) {
    assert.equal(rest[field], value, field)
  }
  assert.equal(typeof rest.stage_name, 'string')
})

test('both prefixes answer, with and without the slash and without a redirect', async () => {
  const id = await experiment()
  const made: unknown[] = []
  for (const path of ['/api/runs', '/api/runs/', '/api/v1/runs', '/api/v1/runs/']) {
    const body = { experiment_id: id, config: { prompt: path, model: 'm' } }
    const answer = await app.send('POST', path, body)
    assert.equal(answer.status, 201)
    made.push(answer.body.id)
  }
  for (const path of ['/api/runs', '/api/runs/', '/api/v1/runs', '/api/v1/runs/']) {
    const { status, body } = await app.send('GET', `${path}?experiment_id=${id}`)
    assert.equal(status, 200)
    assert.equal(body.total, 4)
  }
  for (const path of [`/api/v1/runs/${made[0]}`, `/api/v1/runs/leaderboard/${id}`, `/api/runs/${made[0]}/`]) {
    assert.equal((await app.send('GET', path)).status, 200, path)
  }
  for (const one of made) await finish(one)
})

test('the same configuration is not asked again, and has the same hash', async () => {
  const id = await experiment()
  const config = { prompt: 'Only once', model: 'm' }
  const first = await run(id, config)
  const asked = script.calls.length
  const second = await run(id, config)
  assert.equal(script.calls.length, asked)
  assert.equal(second.config_hash, first.config_hash)
  assert.equal((second.stage_results as Fields[])[0]?.cached, true)
  assert.equal((second.stage_results as Fields[])[0]?.output, 'said: Only once')
})

test('later stages see the outputs of earlier ones, in stage order', async () => {
  const done = await run(await experiment(), {
    model: 'm',
    stages: [
      { name: 'plan', prompt: 'plan it for {{ input }}' },
      { name: 'act', prompt: 'do {{ stages.plan.output.steps[1] }} of {{ stages.plan.output }}', model: 'n' },
    ],
    input_data: 'Ada',
  })
  assert.equal(done.status, 'completed', String(done.error))
  assert.deepEqual(
    (done.stage_results as Fields[]).map(stage => [stage.stage_index, stage.stage_name, stage.model, stage.output]),
    [
      [0, 'plan', 'm', '{"steps":["a","b"]}'],
      [1, 'act', 'n', 'said: do b of {"steps":["a","b"]}'],
    ],
  )
})

test('a run whose model fails is failed and says why', async () => {
  const id = await experiment()
  const done = await run(id, { prompt: 'please fail', model: 'm' })
  assert.equal(done.status, 'failed')
  assert.match(String(done.error), /the model broke/)
  assert.match(String((done.stage_results as Fields[])[0]?.error), /the model broke/)
  assert.equal((done.stage_results as Fields[])[0]?.output, null)
  assert.ok(done.completed_at)
  const page = await list(`experiment_id=${id}&status=failed`)
  assert.deepEqual([page.total, ids(page)], [1, [done.id]])
})

test('what cannot be meant is 422 at its place, what is not there 404', async () => {
  const id = await experiment()
  const done = await run(id)
  const nobody = randomUUID()
  const refused: [string, string, unknown, (string | number)[]][] = [
    ['GET', '/api/runs/nonsense', undefined, ['path', 'id']],
    ['GET', '/api/runs/leaderboard', undefined, ['path', 'id']],
    ['GET', '/api/runs/leaderboard/nonsense', undefined, ['path', 'experiment_id']],
    ['GET', `/api/runs/leaderboard/${id}?top_n=0`, undefined, ['query', 'top_n']],
    ['GET', `/api/runs/leaderboard/${id}?top_n=101`, undefined, ['query', 'top_n']],
    ['GET', '/api/runs?experiment_id=nonsense', undefined, ['query', 'experiment_id']],
    ['GET', '/api/runs?status=done', undefined, ['query', 'status']],
    ['GET', '/api/runs?min_score=1.01', undefined, ['query', 'min_score']],
    ['GET', '/api/runs?max_score=-0.1', undefined, ['query', 'max_score']],
    ['GET', '/api/runs?min_score=0.6&max_score=0.5', undefined, ['query', 'min_score']],
    ['GET', '/api/runs?limit=0', undefined, ['query', 'limit']],
    ['GET', '/api/runs?limit=501', undefined, ['query', 'limit']],
    ['GET', '/api/runs?offset=-1', undefined, ['query', 'offset']],
    ['POST', '/api/runs', { experiment_id: 'nonsense', config: {} }, ['body', 'experiment_id']],
    ['POST', '/api/runs', { experiment_id: id }, ['body', 'config']],
    ['POST', '/api/runs', { experiment_id: id, config: [] }, ['body', 'config']],
    ['POST', '/api/runs', { config: {} }, ['body', 'experiment_id']],
    [
      'POST',
      '/api/runs',
      { experiment_id: id, config: { prompt: '{{ unclosed', model: 'm' } },
      ['body', 'config', 'prompt'],
    ],
    [
      'POST',
      '/api/runs',
      { experiment_id: id, config: { prompt: '{{ nowhere }}', model: 'm' } },
      ['body', 'config', 'prompt'],
    ],
    ['POST', '/api/runs/nonsense/score', { scorer_name: 'a', value: 1 }, ['path', 'id']],
    ['POST', `/api/runs/${done.id}/score`, { scorer_name: 'a', value: 1.1 }, ['body', 'value']],
    ['POST', `/api/runs/${done.id}/score`, { scorer_name: 'a', value: -0.1 }, ['body', 'value']],
    ['POST', `/api/runs/${done.id}/score`, { scorer_name: 'a', value: '1' }, ['body', 'value']],
    ['POST', `/api/runs/${done.id}/score`, { scorer_name: 'a' }, ['body', 'value']],
    ['POST', `/api/runs/${done.id}/score`, { value: 1 }, ['body', 'scorer_name']],
    ['POST', `/api/runs/${done.id}/score`, { scorer_name: ' ', value: 1 }, ['body', 'scorer_name']],
    ['POST', `/api/runs/${done.id}/score`, { scorer_name: 'a', value: 1, metadata: 'x' }, ['body', 'metadata']],
  ]
  for (const [method, path, sent, loc] of refused) {
    const { status, body } = await app.send(method, path, sent)
    assert.equal(status, 422, `${method} ${path} ${JSON.stringify(sent)}: ${JSON.stringify(body)}`)
    const [issue] = body.detail as { loc: unknown; msg: unknown; type: unknown }[]
    assert.deepEqual(issue?.loc, loc, `${method} ${path}`)
    assert.equal(typeof issue?.msg, 'string')
    assert.equal(typeof issue?.type, 'string')
  }
  const missing: [string, string, unknown][] = [
    ['GET', `/api/runs/${nobody}`, undefined],
    ['GET', `/api/runs/leaderboard/${nobody}`, undefined],
    ['POST', '/api/runs', { experiment_id: nobody, config: { prompt: 'x', model: 'm' } }],
    ['POST', `/api/runs/${nobody}/score`, { scorer_name: 'a', value: 1 }],
  ]
  for (const [method, path, sent] of missing) {
    const { status, body } = await app.send(method, path, sent)
    assert.equal(status, 404, path)
    assert.equal(typeof body.detail, 'string')
  }
  assert.equal((await app.send('DELETE', `/api/runs/${done.id}`)).status, 405)
  assert.deepEqual(await list(`experiment_id=${nobody}`), { items: [], total: 0 })
  assert.equal((await app.send('GET', `/api/runs/${String(done.id).toUpperCase()}`)).status, 200)
})

test('a score is answered whole, its history is kept, and the newest per scorer counts', async () => {
  const id = await experiment()
  const done = await run(id)
  const first = await score(done.id, 'taste', 0.25, { note: 'dull' })
  assert.match(String(first.id), UUID)
  assert.match(String(first.created_at), TIME)
  const { id: _id, created_at: _at, author, ...rest } = first
  assert.equal(typeof author, 'string')
  assert.deepEqual(
    [rest.run_id, rest.scorer_name, rest.value, rest.metadata],
    [done.id, 'taste', 0.25, { note: 'dull' }],
  )
  const second = await score(done.id, 'taste', 0.75)
  assert.equal(second.metadata, null)
  await score(done.id, 'tone', 0.25)
  const { body } = await app.send('GET', `/api/runs/${done.id}`)
  assert.deepEqual(
    (body.scores as Fields[]).map(one => [one.scorer_name, one.value]),
    [
      ['taste', 0.25],
      ['taste', 0.75],
      ['tone', 0.25],
    ],
  )
  const { body: board } = await app.send('GET', `/api/runs/leaderboard/${id}`)
  assert.deepEqual((board.entries as Fields[])[0]?.scores, { taste: 0.75, tone: 0.25 })
  assert.equal((board.entries as Fields[])[0]?.weighted_score, 0.5)
})

test('many scores at the same time all stay, and the one that is listed last counts', async () => {
  const id = await experiment()
  const done = await run(id)
  const values = Array.from({ length: 20 }, (_, index) => index / 20)
  await Promise.all(values.map((value, index) => score(done.id, `s${index % 4}`, value)))
  const { body } = await app.send('GET', `/api/runs/${done.id}`)
  const scores = body.scores as Fields[]
  assert.equal(scores.length, 20)
  const last = Object.fromEntries(scores.map(one => [one.scorer_name, one.value]))
  const { body: board } = await app.send('GET', `/api/runs/leaderboard/${id}`)
  assert.deepEqual((board.entries as Fields[])[0]?.scores, { s0: last.s0, s1: last.s1, s2: last.s2, s3: last.s3 })
})

test('a score that comes before its run has ended counts with the others', async () => {
  const id = await experiment({ scoring_config: { scorers: [{ kind: 'contains', expected: 'late' }] } })
  const made = await submit(id, { prompt: `hold on ${randomUUID()}`, model: 'm' })
  await score(made.id, 'early', 0.5)
  const done = await finish(made.id)
  assert.equal(done.status, 'completed')
  const { body } = await app.send('GET', `/api/runs/leaderboard/${id}`)
  assert.deepEqual((body.entries as Fields[])[0]?.scores, { contains: 1, early: 0.5 })
  assert.equal((body.entries as Fields[])[0]?.weighted_score, 0.75)
})

test('the list is by start, newest first, runs that have not started last, then by id', async () => {
  const id = await experiment()
  const runs: unknown[] = []
  for (let index = 0; index < 3; index++) runs.push((await run(id)).id)
  const never = await Promise.all([unstarted(id), unstarted(id)])
  const page = await list(`experiment_id=${id}`)
  for (const item of page.items as Fields[]) for (const field of RUN) assert.ok(field in item, field)
  const second = await list(`experiment_id=${id}&limit=2&offset=1`)
  assert.deepEqual([ids(second), second.total], [[runs[1], runs[0]], 5])
  const all = [...runs.toReversed(), ...never.toSorted()]
  for (let limit = 1; limit <= 6; limit++) {
    for (let offset = 0; offset <= 6; offset++) {
      const part = await list(`experiment_id=${id}&limit=${limit}&offset=${offset}`)
      assert.deepEqual([ids(part), part.total], [all.slice(offset, offset + limit), 5], `${limit} from ${offset}`)
    }
  }
  const past = await list(`experiment_id=${id}&limit=2&offset=9`)
  assert.deepEqual([ids(past), past.total], [[], 5])
  const open = await list(`experiment_id=${id}&status=pending`)
  assert.deepEqual([ids(open), open.total], [never.toSorted(), 2])
})

async function unstarted(experiment_id: string): Promise<unknown> {
  const { rows } = await app.db.pool.query(
    `insert into runs (project_id, experiment_no, config, config_hash, status)
     select project_id, experiment_no, '{}', sha256('x'), 'pending' from experiments where experiment_id = $1
     returning run_id`,
    [experiment_id],
  )
  await app.db.pool.query('update experiments set runs = runs + 1 where experiment_id = $1', [experiment_id])
  return rows[0].run_id
}

test('the score filter compares the mean over scorers, of each the latest; without scores a run drops out', async () => {
  const id = await experiment({ scoring_config: { weights: { a: 1 } } })
  const [none, low, middle, high] = [await run(id), await run(id), await run(id), await run(id)]
  await score(low?.id, 'a', 0.9)
  await score(low?.id, 'a', 0)
  await score(low?.id, 'b', 0.2)
  await score(middle?.id, 'a', 0.1)
  await score(middle?.id, 'b', 0.2)
  await score(high?.id, 'a', 1)
  const find = async (query: string) => {
    const page = await list(`experiment_id=${id}&${query}`)
    assert.equal(page.total, (page.items as Fields[]).length)
    return ids(page)
  }
  assert.deepEqual(await find('limit=10'), [high.id, middle.id, low.id, none.id])
  assert.deepEqual(await find('min_score=0'), [high.id, middle.id, low.id])
  assert.deepEqual(await find('max_score=1'), [high.id, middle.id, low.id])
  assert.deepEqual(await find('min_score=0.15'), [high.id, middle.id])
  assert.deepEqual(await find('max_score=0.15'), [middle.id, low.id])
  assert.deepEqual(await find('min_score=0.1&max_score=0.1'), [low.id])
  assert.deepEqual(await find('min_score=1'), [high.id])
  assert.deepEqual(await find('min_score=0.2&max_score=0.9'), [])
  assert.deepEqual(await find('min_score=0&status=failed'), [])
})

test('a failed run without scores drops out of the score filter, in a sweep as well', async () => {
  const dataset = {
    name: `d${randomUUID()}`,
    cases: [{ input: { q: 'please fail' } }, { input: { q: 'fine' }, expected: 'fine' }],
  }
  const scoring_config = { scorers: ['contains'], weights: { contains: 1 } }
  const pipeline = { prompt: '{{ q }}', model: 'm', backend: 'fake' }
  const { body, status } = await app.send('POST', '/api/experiments?start=true', {
    name: 's',
    dataset,
    scoring_config,
    pipeline,
  })
  assert.equal(status, 201, JSON.stringify(body))
  let page = await list(`experiment_id=${body.id}`)
  for (
    let tries = 0;
    (tries < 200 && (page.items as Fields[]).some(one => one.completed_at === null)) || page.total !== 2;
    tries++
  ) {
    await sleep(25)
    page = await list(`experiment_id=${body.id}`)
  }
  assert.deepEqual((page.items as Fields[]).map(one => one.status).toSorted(), ['completed', 'failed'])
  const bounded = await list(`experiment_id=${body.id}&min_score=0`)
  assert.deepEqual(
    (bounded.items as Fields[]).map(one => [one.status, one.score_mean]),
    [['completed', 1]],
  )
  const [cell] = bounded.items as Fields[]
  assert.deepEqual(cell?.config, {
    prompt: '{{ q }}',
    model: 'm',
    backend: 'fake',
    params: {},
    input_data: { q: 'fine' },
  })
  const { body: board } = await app.send('GET', `/api/runs/leaderboard/${body.id}`)
  assert.equal(board.total, 1)
  const [failed] = (page.items as Fields[]).filter(one => one.status === 'failed')
  await score(failed?.id, 'human', 0.5)
  const { body: detail } = await app.send('GET', `/api/runs/${failed?.id}`)
  assert.deepEqual([detail.score_mean, detail.weighted_score], [0.5, 0])
})

test('the leaderboard ranks completed runs with scores by weight, ties by completion', async () => {
  const id = await experiment({ scoring_config: { weights: { right: 3, tone: 1, absent: 5 } } })
  const [first, second, third, other, bare] = [
    await run(id),
    await run(id),
    await run(id),
    await run(id),
    await run(id),
  ]
  const failed = await run(id, { prompt: 'please fail', model: 'm' })
  await score(failed.id, 'right', 1)
  await score(first.id, 'right', 0.5)
  await score(first.id, 'tone', 0.5)
  await score(second.id, 'right', 0.9)
  await score(second.id, 'tone', 0.1)
  await score(second.id, 'fun', 0)
  await score(third.id, 'right', 0.5)
  await score(other.id, 'fun', 0.2)
  await score(other.id, 'wit', 0.4)
  const { status, body } = await app.send('GET', `/api/runs/leaderboard/${id}`)
  assert.equal(status, 200)
  assert.equal(body.experiment_id, id)
  assert.equal(body.total, 4)
  const entries = body.entries as Fields[]
  assert.deepEqual(
    entries.map(entry => [entry.run_id, entry.weighted_score]),
    [
      [second.id, 0.7],
      [first.id, 0.5],
      [third.id, 0.5],
      [other.id, 0.3],
    ],
  )
  assert.deepEqual(entries[0]?.scores, { right: 0.9, tone: 0.1, fun: 0 })
  assert.deepEqual(Object.keys(entries[0] ?? {}).toSorted(), [
    ...[
      'config',
      'config_hash',
      'duration_ms',
      'run_id',
      'scores',
      'status',
      'tokens_in',
      'tokens_out',
      'weighted_score',
    ],
  ])
  assert.deepEqual([entries[0]?.status, entries[0]?.config_hash], ['completed', second.config_hash])
  const { body: top } = await app.send('GET', `/api/runs/leaderboard/${id}?top_n=2`)
  assert.deepEqual([top.total, (top.entries as Fields[]).map(one => one.run_id)], [2, [second.id, first.id]])
  assert.ok(!entries.some(entry => entry.run_id === bare.id))
})

test('without weights all scorers weigh the same, and an experiment without runs has an empty leaderboard', async () => {
  const id = await experiment()
  const { body: empty } = await app.send('GET', `/api/runs/leaderboard/${id}`)
  assert.deepEqual(empty, { experiment_id: id, entries: [], total: 0 })
  const one = await run(id)
  await score(one.id, 'a', 0.1)
  await score(one.id, 'b', 0.2)
  const { body } = await app.send('GET', `/api/runs/leaderboard/${id}`)
  assert.equal((body.entries as Fields[])[0]?.weighted_score, 0.15)
})

test('characters that the database cannot look into come back as they were sent, in runs and in experiments', async () => {
  for (const odd of ['a\0b', 'half \ud800 of a pair']) {
    const id = await experiment({ description: odd, metadata: { odd }, pipeline: { prompt: odd, model: 'm' } })
    const { body } = await app.send('GET', `/api/experiments/${id}`)
    assert.deepEqual(
      [body.description, body.metadata, body.pipeline, body.sweep],
      [odd, { odd }, { prompt: odd, model: 'm' }, null],
    )
    const config = { prompt: 'plan it: {{ input }}', model: 'm', input_data: odd }
    const one = await run(id, config)
    const [stage] = one.stage_results as Fields[]
    assert.deepEqual([one.config, stage?.messages], [config, [{ role: 'user', content: `plan it: ${odd}` }]])
    const scorers = [{ kind: 'exact', expected: '{"steps":["a","b"]}' }]
    assert.equal((await app.send('POST', `/api/experiments/${id}/score`, { scorers })).status, 200)
    for (let tries = 0; tries < 400 && (await list(`experiment_id=${id}&min_score=1`)).total === 0; tries++)
      await sleep(25)
    assert.equal((await list(`experiment_id=${id}&min_score=1`)).total, 1)
  }
})

test('numbers that JavaScript cannot hold reach the prompt as they were sent, and a score is the nearest double', async () => {
  const id = await experiment()
  const post = async (path: string, text: string) => {
    const answer = await app.fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: text,
    })
    return { status: answer.status, body: await answer.json() }
  }
  const big = '1234567890123456789'
  for (const [prompt, input] of [
    ['see {{ id }} {{ of.id }}', `{"id":${big},"of":{"id":${big}}}`],
    ['see {{ input }} {{ input }}', big],
  ]) {
    const config = `{"prompt":"${prompt}","model":"m","input_data":${input},"params":{"x":${big}}}`
    const handed = await post('/api/runs', `{"experiment_id":"${id}","config":${config}}`)
    const done = await finish(handed.body.id)
    assert.equal((done.stage_results as Fields[])[0]?.output, `said: see ${big} ${big}`)
    const shown = await (await app.fetch(`/api/runs/${done.id}`)).text()
    assert.ok(shown.includes(`"config":${config}`), shown)
  }
  const one = await run(id)
  for (const [value, kept] of [
    ['0.10000000000000001', 0.1],
    ['0.333333333333333333', 1 / 3],
    ['-0', 0],
  ] as const) {
    const { status, body } = await post(`/api/runs/${one.id}/score`, `{"scorer_name":"h","value":${value}}`)
    assert.deepEqual([status, body.value], [201, kept])
  }
  assert.equal((await post(`/api/runs/${one.id}/score`, '{"scorer_name":"h","value":1e400}')).status, 422)
})

test('what another project has is not there', async () => {
  const id = await experiment()
  const one = await run(id)
  const elsewhere = { headers: { 'x-whetstone-project': 'other', 'content-type': 'application/json' } }
  await app.send('POST', '/api/projects', { name: 'other' })
  const paths = [`/api/runs/${one.id}`, `/api/runs/leaderboard/${id}`]
  for (const path of paths) assert.equal((await app.fetch(path, elsewhere)).status, 404, path)
  const scored = await app.fetch(`/api/runs/${one.id}/score`, {
    ...elsewhere,
    method: 'POST',
    body: JSON.stringify({ scorer_name: 'a', value: 1 }),
  })
  assert.equal(scored.status, 404)
  assert.deepEqual(await (await app.fetch('/api/runs', elsewhere)).json(), { items: [], total: 0 })
})
