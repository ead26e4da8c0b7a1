import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import sql from 'sql-template-tag'
import { query, queryRow } from '#db/connect.ts'
import type { Experiment } from '#experiments/experiments.ts'
import type { VariantLeaderboard } from '#experiments/leaderboard-schemas.ts'
import { ModelFailure, type ModelRequest } from '#models/model.ts'
import { createScriptedModel, type ScriptedModel } from '#models/scripted.ts'
import { openTestApp, type TestApp } from './app.ts'
import { assertCaseSumsExact } from './trials/sweep-checks.ts'

const prices = 'prices: { m: { input: 1000, output: 1000 } }'
const yaml = `
backends:
  - { name: left, kind: scripted, script: {}, concurrency: 8, max_attempts: 1, ${prices} }
  - { name: right, kind: scripted, script: {}, concurrency: 4, max_attempts: 1, ${prices} }
`

/** What the models do; each test says what it needs. */
let reply: (request: ModelRequest) => string = () => 'ok'
let delay_ms = 0
let tokens: number | null = 10
let left: ScriptedModel
let right: ScriptedModel
let app: TestApp
let inFlight = 0
let mostInFlight = 0

/** A scripted model whose delay and answers the tests change, and whose calls in flight are counted. */
function createModel(name: string): ScriptedModel {
  const model = createScriptedModel(
    {
      default: {
        reply: request => reply(request),
      },
    },
    name,
  )
  const { ask } = model
  model.ask = async (request, signal) => {
    inFlight++
    mostInFlight = Math.max(mostInFlight, inFlight)
    try {
      if (delay_ms > 0) await sleep(delay_ms, undefined, { signal })
      return { ...(await ask(request, signal)), tokens_in: tokens, tokens_out: tokens }
    } finally {
      inFlight--
    }
  }
  return model
}

before(async () => {
  left = createModel('left')
  right = createModel('right')
  app = await openTestApp({ yaml, backends: { left: { model: left }, right: { model: right } }, worker: true })
})
after(() => app.close())

let made = 0
async function start(input: { [field: string]: unknown }, cases = 40): Promise<Experiment> {
  const name = `control ${made++}`
  const dataset = {
    name,
    cases: Array.from({ length: cases }, (_, index) => ({
      input: { word: `${name} ${index}` },
      source: `s${index}`,
      expected: 'ok',
    })),
  }
  const pipeline = { prompt: '{{ word }}', backend: 'left', model: 'm' }
  const body = { name, pipeline, scoring_config: { scorers: ['exact'] }, ...input }
  const given = typeof input.dataset === 'object' ? { ...dataset, ...input.dataset } : dataset
  const answer = await app.send<Experiment>('POST', '/api/experiments?start=true', { ...body, dataset: given })
  assert.equal(answer.status, 201, JSON.stringify(answer.body))
  return answer.body
}

async function get(id: string): Promise<Experiment> {
  return (await app.send<Experiment>('GET', `/api/experiments/${id}`)).body
}

async function until(id: string, isThere: (experiment: Experiment) => boolean): Promise<Experiment> {
  for (let look = 0; look < 800; look++) {
    const experiment = await get(id)
    if (isThere(experiment)) return experiment
    await sleep(25)
  }
  throw new Error(JSON.stringify(await get(id)))
}

const isOver = ({ status }: Experiment) => !['running', 'paused'].includes(status)

async function countCells(id: string) {
  return queryRow<{ ended: number; open: number; batches: number }>(
    app.db,
    sql`
      select count(*) filter (where runs.status in ('completed', 'failed')) as ended,
        count(*) filter (where runs.status in ('pending', 'running')) as open,
        (select count(*) from run_batches b join experiments using (experiment_no)
          where experiment_id = ${id}::uuid and b.state <> 'done') as batches
      from runs join experiments using (project_id, experiment_no) where experiment_id = ${id}::uuid`,
  )
}

test('an experiment whose start is refused leaves nothing: no draft, and no dataset of its cases', async () => {
  reply = () => 'ok'
  const counts = () =>
    queryRow<{ experiments: number; datasets: number }>(
      app.db,
      sql`select (select count(*) from experiments) as experiments, (select count(*) from datasets) as datasets`,
    )
  const before = await counts()
  const dataset = { name: 'never there', cases: [{ input: { word: 'a' } }, { input: { word: 'b' } }] }
  const pipeline = { prompt: '{{ word }}', backend: 'left', model: 'm' }
  const question = { name: 'never started', pipeline, dataset, scoring_config: { scorers: ['json_valid'] } }
  const post = (body: object, query = '?start=true') => app.send<Experiment>('POST', `/api/experiments${query}`, body)
  for (const refused of [
    { ...question, sweep: { max_cost_usd: 0.000001 } },
    { ...question, sweep: { max_tokens: 1 } },
    { name: 'never started', dataset },
    { name: 'never started', pipeline: { ...pipeline, prompt: 'x' } },
  ])
    assert.equal((await post(refused)).status, 422, JSON.stringify(refused))
  assert.deepEqual(await counts(), before)
  const draft = await post({ ...question, sweep: { max_tokens: 1 } }, '')
  assert.deepEqual([draft.status, draft.body.status], [201, 'draft'])
  const started = await post({ ...question, name: 'started' })
  assert.deepEqual([started.status, started.body.status, started.body.cells], [201, 'running', 2])
  assert.equal((await until(started.body.id, isOver)).completed, 2)
})

test('a sweep over two backends asks each for its own cells, and its counts are those of its runs', async () => {
  reply = () => 'ok'
  const calls = [left.calls.length, right.calls.length]
  const { id } = await start({
    parameter_space: { backend: ['left', 'right'], temperature: [0, 1] },
    sweep: { repeats: 3 },
  })
  const done = await until(id, isOver)
  assert.deepEqual(
    [done.status, done.cells, done.completed, done.calls, done.cost_usd],
    ['completed', 480, 480, 480, 9.6],
  )
  assert.deepEqual([left.calls.length - (calls[0] ?? 0), right.calls.length - (calls[1] ?? 0)], [240, 240])
  await assertCaseSumsExact(app.db)
})

test('the same experiment again makes no call, and a repeat more asks for that one alone', async () => {
  const input = { parameter_space: { temperature: [0, 1] }, dataset: { name: 'again' } }
  const first = await until((await start({ ...input, sweep: { repeats: 2 } })).id, isOver)
  assert.equal(first.calls, 160)
  const cases = { name: 'again', version: '1' }
  const body = { name: 'again', pipeline: { prompt: '{{ word }}', backend: 'left', model: 'm' }, dataset: cases }
  const again = async (repeats: number) => {
    const space = { parameter_space: input.parameter_space, sweep: { repeats } }
    const answer = await app.send<Experiment>('POST', '/api/experiments?start=true', { ...body, ...space })
    return until(answer.body.id, isOver)
  }
  const second = await again(2)
  assert.deepEqual([second.completed, second.calls, second.cached, second.cost_usd], [160, 0, 160, 0])
  const third = await again(3)
  assert.deepEqual([third.completed, third.calls, third.cached], [240, 80, 160])
})

test('paused, nothing new is sent and what was sent is kept; resumed, it goes on to the end without asking again', async () => {
  delay_ms = 60
  const before = left.calls.length
  const { id } = await start({}, 120)
  await until(id, ({ completed }) => completed >= 16)
  await app.send('POST', `/api/experiments/${id}/pause`)
  const isQuiet = async () => inFlight === 0 && (await countCells(id)).ended === left.calls.length - before
  for (let look = 0; look < 200 && !(await isQuiet()); look++) await sleep(25)
  const [sent, { ended }] = [left.calls.length, await countCells(id)]
  await sleep(500)
  assert.equal(left.calls.length, sent)
  assert.equal(sent - before, ended)
  assert.equal((await get(id)).status, 'paused')
  assert.equal((await countCells(id)).ended, ended)
  await app.send('POST', `/api/experiments/${id}/resume`)
  const done = await until(id, isOver)
  delay_ms = 0
  assert.deepEqual([done.status, done.completed, done.calls, left.calls.length - before], ['completed', 120, 120, 120])
  assert.equal(done.runs, 120)
})

test('stopped, what was done stays and the rest leaves nothing behind', async () => {
  // Long enough to hear of the end before the calls in flight make room for others.
  delay_ms = 400
  const { id } = await start({}, 120)
  await until(id, ({ completed }) => completed >= 10)
  await app.send('POST', `/api/experiments/${id}/stop`)
  const sent = left.calls.length
  for (let look = 0; look < 100 && (await countCells(id)).batches > 0; look++) await sleep(25)
  const cells = await countCells(id)
  const stopped = await get(id)
  assert.ok(left.calls.length - sent <= 16, `${left.calls.length - sent} calls after the stop`)
  assert.deepEqual([stopped.status, stopped.ended_because, cells.open, cells.batches], ['stopped', 'stopped', 0, 0])
  assert.ok(cells.ended >= 10 && cells.ended < 120)
  assert.deepEqual([stopped.completed, stopped.runs, stopped.calls], [cells.ended, cells.ended, cells.ended])
  const { status } = await app.send('POST', `/api/experiments/${id}/resume`)
  delay_ms = 0
  assert.equal(status, 409)
})

test('no more runs are under way at the same time than the experiment allows, and its lanes share them', async () => {
  delay_ms = 20
  mostInFlight = 0
  const sweep = { concurrency: 3 }
  const { id } = await start({ parameter_space: { backend: ['left', 'right'] }, sweep }, 30)
  const done = await until(id, isOver)
  delay_ms = 0
  assert.equal(done.completed, 60)
  assert.ok(mostInFlight <= 3 && mostInFlight >= 2, `${mostInFlight} in flight`)
})

test('a ceiling of dollars is kept while the sweep goes on, and says what ended it', async () => {
  // Expected are some 500 tokens for an answer at the most; each call really takes 0.02 dollars.
  reply = () => 'ok'
  delay_ms = 10
  const pipeline = { prompt: '{{ word }}', backend: 'left', model: 'm', params: { max_tokens: 1 } }
  const { id } = await start({ pipeline, sweep: { max_cost_usd: 0.5 } }, 40)
  const done = await until(id, isOver)
  delay_ms = 0
  assert.deepEqual([done.status, done.ended_because], ['stopped', 'max_cost_usd'])
  assert.ok((done.cost_usd ?? 1) <= 0.5, `${done.cost_usd}`)
  assert.ok(done.completed >= 20, `${done.completed}`)
  assert.match(done.error ?? '', /could pass max_cost_usd/)
  const { status } = await app.send('POST', `/api/experiments/${id}/start`)
  assert.equal(status, 409)
})

test('a ceiling holds for what is new, however many answers are known before it', async () => {
  const name = `known ${made++}`
  const cases = Array.from({ length: 260 }, (_, index) => ({
    input: { word: `${name} ${index}` },
    source: `s${index}`,
  }))
  const pipeline = { prompt: '{{ word }}', backend: 'left', model: 'm', params: { max_tokens: 1 } }
  const startWith = (length: number, sweep = {}) =>
    start({ pipeline, dataset: { name, cases: cases.slice(0, length) }, scoring_config: {}, sweep })
  assert.equal((await until((await startWith(180)).id, isOver)).completed, 180)
  delay_ms = 20
  const whole = await until((await startWith(200, { max_cost_usd: 3 })).id, isOver)
  assert.deepEqual([whole.status, whole.calls, whole.cached], ['completed', 20, 180])
  // Each of the sixty that are new costs 0.1 dollars, ten times what was expected.
  tokens = 50
  const part = await until((await startWith(260, { max_cost_usd: 3 })).id, isOver)
  tokens = 10
  delay_ms = 0
  assert.deepEqual([part.status, part.ended_because], ['stopped', 'max_cost_usd'])
  assert.ok((part.cost_usd ?? 9) <= 3 && part.calls >= 20, `${part.cost_usd} for ${part.calls}`)
})

test('a ceiling of tokens that nobody counts is not passed in silence', async () => {
  tokens = null
  delay_ms = 10
  const { id } = await start({ sweep: { max_tokens: 100_000 } }, 60)
  const done = await until(id, isOver)
  tokens = 10
  delay_ms = 0
  assert.deepEqual([done.status, done.ended_because], ['stopped', 'max_tokens'])
  assert.match(done.error ?? '', /does not say how many tokens/)
  assert.ok(done.calls <= 16, `${done.calls}`)
})

test('a failure of one call fails that run alone, which counts 0', async () => {
  reply = ({ messages }) => {
    if (messages[0]?.content.endsWith(' 3')) throw new ModelFailure('failed', 'broken')
    return 'ok'
  }
  const { id } = await start({}, 10)
  const done = await until(id, isOver)
  reply = () => 'ok'
  assert.deepEqual([done.status, done.completed, done.failed], ['completed', 9, 1])
  const [row] = await query(
    app.db,
    sql`
      select r.error, r.error_kind, r.grades, r.weighted from runs r join experiments e using (project_id, experiment_no)
      where e.experiment_id = ${id}::uuid and r.status = 'failed'`,
  )
  assert.deepEqual(row, { error: 'stage main: broken', error_kind: 'failed', grades: [0], weighted: 0 })
  await assertCaseSumsExact(app.db)
})

test('a failure that every call would meet ends the sweep after the first, and keeps what is done', async () => {
  let asked = 0
  reply = () => {
    if (++asked > 20) throw new ModelFailure('configuration', 'The key is wrong.', { status: 401 })
    return 'ok'
  }
  delay_ms = 5
  const { id } = await start({}, 400)
  await until(id, isOver)
  for (let look = 0; look < 100 && (await countCells(id)).batches > 0; look++) await sleep(25)
  const done = await get(id)
  delay_ms = 0
  reply = () => 'ok'
  assert.deepEqual([done.status, done.ended_because], ['failed', 'configuration'])
  assert.match(done.error ?? '', /The key is wrong/)
  assert.ok(asked <= 40, `${asked} calls`)
  assert.equal(done.completed, 20)
})

test('later stages see earlier outputs, also inside their JSON', async () => {
  reply = ({ messages }) =>
    messages[0]?.content.startsWith('Plan') ? '{"steps": ["look", "leap"]}' : (messages[1]?.content ?? '')
  const pipeline = {
    model: 'm',
    backend: 'left',
    stages: [
      { name: 'plan', prompt: 'Plan {{ word }}', schema: { type: 'object' } },
      {
        name: 'do',
        prompt: { system: 'Be brief.', user: '{{ stages.plan.output.steps[1] }} {{ word }}' },
        backend: 'right',
      },
    ],
  }
  const { id } = await start({ pipeline, scoring_config: { scorers: [{ kind: 'regex', pattern: 'leap' }] } }, 2)
  const done = await until(id, isOver)
  reply = () => 'ok'
  assert.deepEqual([done.completed, done.calls], [2, 4], JSON.stringify(done))
  assert.match(right.calls.at(-1)?.messages[1]?.content ?? '', /^leap control \d+ \d+$/)
  const stages = await query(
    app.db,
    sql`
      select stage_index, stage_name, s.backend, s.cached, l.answer ->> 'text' like '%leap%' as leaps
      from stage_results s join runs using (project_id, run_no) join experiments e using (project_id, experiment_no)
      join ledger l on l.question = s.question and l.repeat = s.ledger_repeat
      where e.experiment_id = ${id}::uuid order by run_no, stage_index limit 2`,
  )
  assert.deepEqual(stages, [
    { stage_index: 0, stage_name: 'plan', backend: 'left', cached: false, leaps: true },
    { stage_index: 1, stage_name: 'do', backend: 'right', cached: false, leaps: true },
  ])
})

test('a guided sweep finds the best variant on fewer runs, and runs finalists and baseline on the test cases', async () => {
  reply = request => {
    const { level } = request.parameters
    const chance = Number(request.messages[0]?.content.split(' ').at(-1)) % 12
    return chance < Number(level) ? 'ok' : 'no'
  }
  const { id } = await start(
    {
      parameter_space: { level: Array.from({ length: 12 }, (_, index) => index) },
      sweep: { method: 'guided', trials: 12, seed: 7, first_cases: 12 },
      baseline: { level: 1 },
      dataset: { test_share: 0.25 },
    },
    120,
  )
  const done = await until(id, isOver)
  reply = () => 'ok'
  assert.equal(done.status, 'completed', JSON.stringify(done))
  assert.equal(done.completed, done.cells)
  const variants = await query<{ level: number; last_round: number; cases: number; test: number }>(
    app.db,
    sql`
      select (v.trial ->> 'level')::integer as level, v.last_round, count(distinct r.case_no) as cases,
        count(distinct r.case_no) filter (where c.split < 2500) as test
      from variants v join experiments e using (project_id, experiment_no)
      left join runs r using (project_id, experiment_no, variant_no) left join cases c using (project_id, case_no)
      where e.experiment_id = ${id}::uuid group by 1, 2 order by 1`,
  )
  const whole = Math.max(...variants.map(one => one.cases))
  assert.equal(whole, 120)
  assert.equal(variants.find(one => one.level === 1)?.cases, 120, 'the baseline runs everything')
  assert.ok((variants.find(one => one.level === 11)?.cases ?? 0) === 120, 'the best variant runs everything')
  assert.ok(done.cells < 12 * 120 * 0.7, `${done.cells} cells`)
  assert.ok(variants.filter(one => one.test > 0).length <= 4)
})

test('an experiment on one split of a dataset holds nothing back: it is ranked and gated on the cases that it ran', async () => {
  const ran: number[] = []
  for (const split of ['test', 'train']) {
    for (const method of ['grid', 'guided']) {
      const { id } = await start({
        dataset: { split, test_share: 0.4 },
        parameter_space: { temperature: [0, 1] },
        sweep: { method },
      })
      const { cells, completed } = await until(id, isOver)
      const board = (await app.send<VariantLeaderboard>('GET', `/api/experiments/${id}/leaderboard`)).body
      assert.deepEqual([board.split, board.ranked], ['all', 2], `${split}, ${method}`)
      assert.deepEqual([cells, completed], [2 * (board.entries[0]?.cases ?? 0), cells])
      assert.equal((await app.send('GET', `/api/experiments/${id}/gate?max_regression=0.9`)).status, 200)
      ran.push(completed)
    }
  }
  assert.ok(
    ran.every(count => count > 0 && count < 80),
    `${ran}`,
  )
})

test('tools that a model names are part of the output and of the question', async () => {
  reply = () => ''
  const model = createScriptedModel({
    default: { reply: '', tool_calls: [{ name: 'look_up', arguments: { order: 7 } }] },
  })
  left.ask = model.ask
  const pipeline = {
    prompt: '{{ word }}',
    backend: 'left',
    model: 'm',
    tools: [{ name: 'look_up', parameters: { type: 'object' } }],
  }
  const scoring_config = {
    scorers: [{ kind: 'tool_calls', expected: [{ name: 'look_up', arguments: { order: 7 } }] }],
  }
  const { id } = await start({ pipeline, scoring_config }, 1)
  const done = await until(id, isOver)
  assert.deepEqual([done.completed, done.best], [1, 1], JSON.stringify(done))
  assert.deepEqual(model.calls[0]?.tools, pipeline.tools)
})

test('a ceiling counts what a process paid for before it was killed', async () => {
  reply = () => 'ok'
  // So long that it is paused before six runs are done, however busy the machine is.
  delay_ms = 500
  const pipeline = { prompt: 'kept {{ word }}', backend: 'right', model: 'm', params: { max_tokens: 1 } }
  const { id } = await start({ pipeline, sweep: { max_cost_usd: 0.6, concurrency: 1 } }, 40)
  for (let look = 0; look < 400 && inFlight === 0; look++) await sleep(5)
  await app.send('POST', `/api/experiments/${id}/pause`)
  for (let look = 0; look < 100 && inFlight > 0; look++) await sleep(25)
  delay_ms = 10
  await query(
    app.db,
    sql`
      insert into ledger (project_id, question, repeat, backend, origin, model, request, answer, cost_usd, duration_ms, attempts, paid_by)
      values (1, sha256(${id}::text::bytea), 0, 'right', 'x', 'm', '{}', '{}', 0.5, 1, '[]', ${id}::uuid)`,
  )
  await app.send('POST', `/api/experiments/${id}/resume`)
  const done = await until(id, isOver)
  delay_ms = 0
  assert.deepEqual([done.status, done.ended_because], ['stopped', 'max_cost_usd'])
  assert.ok(done.completed <= 6, `${done.completed}`)
})
