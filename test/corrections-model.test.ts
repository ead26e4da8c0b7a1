import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import sql from 'sql-template-tag'
import type { NewCandidate } from '#corrections/save-candidates.ts'
import { packCandidate, saveCandidates } from '#corrections/save-candidates.ts'
import { query, queryRow } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import { openTestApp, type TestApp } from './app.ts'

/**
 * All ordered pairs of mutating actions on one candidate, and long random sequences of them, against a small model of what
 * is legal; then the same actions at the same time, where each order of those that succeeded has to be legal.
 */

const ACTIONS = [
  'correct',
  'blank',
  'discard',
  'flag',
  'undo',
  'edit',
  'adjudicate',
  'bulk',
  'golden',
  'comment',
] as const
type Action = (typeof ACTIONS)[number]
type Status = 'needs_review' | 'approved' | 'discarded' | 'model_rejected'
interface Model {
  status: Status
  correction: string | null
  cases: number
}

let app: TestApp
before(async () => {
  app = await openTestApp()
})
after(() => app.close())

const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31)
let made = 0

test('every ordered pair of actions comes to what the model says', async () => {
  for (const first of ACTIONS) {
    for (const second of ACTIONS) await checkSequence([first, second])
  }
  await checkCounters()
})

test(`random sequences of actions come to what the model says (TEST_SEED=${seed})`, async () => {
  const sequences = fc.array(fc.constantFrom(...ACTIONS), { minLength: 3, maxLength: 12 })
  await fc.assert(fc.asyncProperty(sequences, checkSequence), { seed, numRuns: 40 })
  await checkCounters()
})

test(`actions at the same time come to what some order of them allows (TEST_SEED=${seed})`, async () => {
  const sets = fc.array(fc.constantFrom(...ACTIONS), { minLength: 2, maxLength: 4 })
  await fc.assert(fc.asyncProperty(sets, checkRace), { seed, numRuns: 60 })
  await checkCounters()
})

async function checkSequence(actions: Action[]): Promise<void> {
  const id = await addCandidate()
  let model: Model = { status: 'needs_review', correction: null, cases: 0 }
  for (const [step, action] of actions.entries()) {
    const { status, next } = predict(model, action, step)
    assert.equal(await perform(id, action, step), status, `${actions.join(' ')}: ${action} at step ${step}`)
    model = next
  }
  assert.deepEqual(await observe(id), model, actions.join(' '))
}

async function checkRace(actions: Action[]): Promise<void> {
  const id = await addCandidate()
  const statuses = await Promise.all(actions.map((action, step) => perform(id, action, step)))
  const seen = await observe(id)
  const explained = permute(actions.map((_, step) => step)).some(order => {
    let model: Model = { status: 'needs_review', correction: null, cases: 0 }
    for (const step of order) {
      const { status, next } = predict(model, actions[step] ?? 'comment', step)
      if (status !== statuses[step]) return false
      model = next
    }
    return JSON.stringify(model) === JSON.stringify(seen)
  })
  assert.ok(explained, `${actions.join(' ')} gave ${statuses.join(' ')} and ${JSON.stringify(seen)}`)
}

/** The model: the HTTP status of an action, and what is there afterwards. */
function predict(model: Model, action: Action, step: number): { status: number; next: Model } {
  const { status } = model
  const refuse = (code: number) => ({ status: code, next: model })
  const become = (next: Status, correction: string | null = null) => ({
    status: 200,
    next: { status: next, correction, cases: 0 },
  })
  const waits = status === 'needs_review'
  if (action === 'blank') return refuse(422)
  if (action === 'comment') return refuse(200)
  if (action === 'undo') return waits ? refuse(409) : become('needs_review')
  if (action === 'edit') return status === 'approved' ? become('approved', `edit ${step}`) : refuse(409)
  if (action === 'adjudicate') return waits ? refuse(409) : become('approved', `adjudicate ${step}`)
  if (action === 'golden') return status === 'approved' ? { status: 200, next: { ...model, cases: 1 } } : refuse(409)
  if (action === 'bulk') return waits ? become('discarded') : refuse(200)
  if (!waits) return refuse(409)
  if (action === 'correct') return become('approved', `correct ${step}`)
  return become(action === 'discard' ? 'discarded' : 'model_rejected')
}

async function perform(id: string, action: Action, step: number): Promise<number> {
  const text = { id, corrected_response: `${action} ${step}` }
  const [path, body] = {
    correct: ['submit', { ...text, action: 'correct' }],
    blank: ['submit', { ...text, action: 'correct', corrected_response: '\u2003' }],
    discard: ['submit', { id, action: 'discard' }],
    flag: ['submit', { id, action: 'flag' }],
    undo: ['undo', { id }],
    edit: ['edit', text],
    adjudicate: ['adjudicate', { ...text, verdict: 'correct' }],
    bulk: ['bulk', { action: 'discard', ids: [id] }],
    golden: ['golden', { id }],
    comment: ['comment', { id, comment: 'hm' }],
  }[action]
  return (await app.send('POST', `/api/corrections/${path}`, body)).status
}

async function observe(id: string): Promise<Model> {
  return queryRow<Model>(
    app.db,
    sql`
      select status, corrected_response as correction, (
        select count(*) from cases k where k.id = 'correction:' || c.id and k.removed_in = 2147483647
      ) as cases
      from candidates c where id = ${id}`,
  )
}

async function addCandidate(): Promise<string> {
  const id = `c${made++}`
  const candidate: NewCandidate = {
    id,
    status: 'needs_review',
    origin: 'benchmark',
    fields: {},
    source: null,
    model_name: `m${made % 3}`,
    task_type: null,
    profile_id: null,
    quality_score: null,
    prompt_messages: [],
    model_response: 'no',
    corrected_response: null,
    failure_category: null,
    message: null,
  }
  await query(app.db, sql`insert into users (name) values ('importer') on conflict do nothing`)
  const { user_id } = await queryRow<{ user_id: number }>(
    app.db,
    sql`select user_id from users where name = 'importer'`,
  )
  await transact(app.db, tx => saveCandidates(tx, 1, user_id, [packCandidate(1, candidate)]))
  return id
}

/** The counters say what counting says, and the export holds what is approved. */
async function checkCounters(): Promise<void> {
  const counted = await query(
    app.db,
    sql`
      select status, coalesce(model_name, '') as model_name, count(*) as n, count(*) filter (where ready) as ready
      from candidates group by 1, 2 order by 1, 2`,
  )
  const kept = await query(
    app.db,
    sql`select status, model_name, n, ready from candidate_cells where n <> 0 or ready <> 0 order by 1, 2`,
  )
  assert.deepEqual(kept, counted)
  const waiting = await queryRow(
    app.db,
    sql`
      select (select sum(n)::bigint from waiting_days) as kept,
        (select count(*) from candidates where status = 'needs_review') as counted`,
  )
  assert.equal(waiting.kept, waiting.counted)
  const lines = (await (await app.fetch('/api/corrections/export')).text()).split('\n').length - 1
  const ready = await queryRow<{ n: number }>(
    app.db,
    sql`select count(*) as n from candidates where status = 'approved'`,
  )
  assert.equal(lines, ready.n)
}

function permute(items: number[]): number[][] {
  if (items.length === 0) return [[]]
  return items.flatMap(item => permute(items.filter(other => other !== item)).map(rest => [item, ...rest]))
}
