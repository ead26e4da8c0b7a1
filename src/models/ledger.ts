import { hash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import sql from 'sql-template-tag'
import { type Db, query, queryOne, queryRow } from '#db/connect.ts'
import { isOutage, isUniqueViolation } from '#db/outage.ts'
import { canonicalJson } from '#json.ts'
import type { Backend } from './backend.ts'
import type { Attempt } from './call-failure.ts'
import { type Claims, openClaims } from './claims.ts'
import type { ModelAnswer, ModelRequest } from './model.ts'

/** Names an answer: what was asked, and which asking of it. */
export interface CallRef {
  question: string
  repeat: number
}

/** An answer as the ledger has it. */
export interface LedgerAnswer extends CallRef {
  answer: ModelAnswer
  /** Null when the price or the tokens are unknown. */
  cost_usd: number | null
  duration_ms: number
  /** Whether it was there already, so that nothing was paid now. */
  replayed: boolean
  paid_by: string | null
}

/** One asking: for which project, on whose bill, and from when on an answer counts. */
export interface Asking {
  project_id: number
  request: ModelRequest
  /** The run whose bill it is on. */
  paid_by: string | null
  /** Only answers from then on are given out again; null: all. Judging again on purpose says the run's start. */
  since: string | null
}

/** Every model call of a process goes through its ledger. */
export interface Ledger {
  db: Db
  claims: Claims
  /** Questions that this process asks right now. */
  inFlight: Map<string, Promise<unknown>>
}

/** How often to look whether another process has its answer yet, in milliseconds. */
const LOOK_MS = 200

/** The ledger of a process on this database. Close it at the end: it holds a connection of its own. */
export function openLedger(db: Db): Ledger {
  return { db, claims: openClaims(db), inFlight: new Map() }
}

/** Gives up all claims and their connection; to be called before the database is closed. */
export async function closeLedger(ledger: Ledger): Promise<void> {
  await ledger.claims.close()
}

/**
 * The answer to a question: from the ledger if it is there, else from the model, and then in the ledger before anybody
 * gets it. Whoever asks the same at the same time, in this process or another, waits and gets the same answer, so a
 * question is in flight once. A call that fails leaves nothing here.
 *
 * @throws CallFailure when the model gave no answer.
 */
export async function ask(
  ledger: Ledger,
  backend: Backend,
  asking: Asking,
  signal?: AbortSignal,
): Promise<LedgerAnswer> {
  const request = backend.prepare(asking.request)
  const question = computeQuestion(backend, request)
  const key = `${asking.project_id}:${question}`
  const look = () => findAnswer(ledger.db, asking, question)
  for (;;) {
    const known = await look()
    if (known !== null) return known
    const other = ledger.inFlight.get(key)
    if (other !== undefined) {
      await other.catch(() => {})
      continue
    }
    const own = askClaimed(ledger, backend, { ...asking, request }, question, look, signal)
    ledger.inFlight.set(key, own)
    try {
      const answer = await own
      if (answer !== null) return answer
    } finally {
      ledger.inFlight.delete(key)
    }
    await sleep(LOOK_MS, undefined, { signal })
  }
}

/** Marks answers as useless: kept, but not given out again, so that the next run really asks. */
export async function markUseless(db: Db, projectId: number, calls: CallRef[]): Promise<void> {
  if (calls.length === 0) return
  await query(
    db,
    sql`
      update ledger set useless = true
      from unnest(${calls.map(call => call.question)}::text[], ${calls.map(call => call.repeat)}::integer[])
        as call (question, repeat)
      where project_id = ${projectId} and ledger.question = decode(call.question, 'hex') and ledger.repeat = call.repeat`,
  )
}

/** SHA-256 of everything that decides what is asked (RFC 8785 canonical JSON), in hexadecimal. */
export function computeQuestion(backend: Pick<Backend, 'name' | 'origin'>, request: ModelRequest): string {
  const { model, parameters, schema, messages } = request
  return hash(
    'sha256',
    canonicalJson({ backend: backend.name, origin: backend.origin, model, parameters, schema, messages }),
  )
}

/** Asks under a claim on the question; null when another process holds it. */
async function askClaimed(
  ledger: Ledger,
  backend: Backend,
  asking: Asking,
  question: string,
  look: () => Promise<LedgerAnswer | null>,
  signal: AbortSignal | undefined,
): Promise<LedgerAnswer | null> {
  const claim = BigInt.asIntN(64, BigInt(`0x${hash('sha256', `${asking.project_id}:${question}`).slice(0, 16)}`))
  if (!(await ledger.claims.take(claim))) return null
  try {
    // Its last holder may have written the answer since we looked.
    const known = await look()
    if (known !== null) return known
    const { answer, attempts, duration_ms } = await backend.ask(asking.request, { signal })
    const cost_usd = backend.cost(asking.request.model, answer)
    const call = { backend, asking, question, answer, attempts, duration_ms, cost_usd }
    const repeat = await recordAnswer(ledger.db, call)
    return { question, repeat, answer, cost_usd, duration_ms, replayed: false, paid_by: asking.paid_by }
  } finally {
    await ledger.claims.give(claim)
  }
}

async function findAnswer(db: Db, asking: Asking, question: string): Promise<LedgerAnswer | null> {
  const row = await queryOne<Omit<LedgerAnswer, 'replayed' | 'question'>>(
    db,
    sql`
      select repeat, answer, cost_usd::float8 as cost_usd, duration_ms, paid_by from ledger
      where project_id = ${asking.project_id} and question = decode(${question}, 'hex') and not useless
        and created_at >= ${asking.since ?? '-infinity'}
      order by repeat desc limit 1`,
  )
  return row === null ? null : { ...row, question, replayed: true }
}

interface FinishedCall {
  backend: Backend
  asking: Asking
  question: string
  answer: ModelAnswer
  attempts: Attempt[]
  duration_ms: number
  cost_usd: number | null
}

/** A paid answer is not given up lightly: while the database is away, it is tried again for a minute. */
const RECORD_ATTEMPTS = 120

async function recordAnswer(db: Db, call: FinishedCall): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await insertAnswer(db, call)
    } catch (error) {
      if (attempt >= RECORD_ATTEMPTS || !mayPass(error)) throw error
      await sleep(500)
    }
  }
}

/**
 * The attempts, with their times, tell one call from another: should the database have gone away between its commit and
 * its word of it, the second try finds the row that the first one wrote.
 */
async function insertAnswer(db: Db, call: FinishedCall): Promise<number> {
  const { backend, asking, answer } = call
  const attempts = JSON.stringify(call.attempts)
  const row = await queryRow<{ repeat: number }>(
    db,
    sql`
      with earlier as (
        select repeat, attempts::text = ${attempts} as same from ledger
        where project_id = ${asking.project_id} and question = decode(${call.question}, 'hex')
      ),
      added as (
        insert into ledger (
          project_id, question, repeat, backend, origin, model, request, answer, tokens_in, tokens_out, tokens_in_cached,
          cost_usd, duration_ms, attempts, paid_by
        )
        select ${asking.project_id}, decode(${call.question}, 'hex'), coalesce(max(repeat) + 1, 0), ${backend.name},
          ${backend.origin}, ${asking.request.model}, ${JSON.stringify(asking.request)}, ${JSON.stringify(answer)},
          ${answer.tokens_in}::integer, ${answer.tokens_out}::integer, ${answer.tokens_in_cached}::integer,
          ${call.cost_usd}::numeric, ${call.duration_ms}::integer, ${attempts}, ${asking.paid_by}::uuid
        from earlier having not coalesce(bool_or(same), false)
        returning repeat
      )
      select repeat from added union all select repeat from earlier where same`,
  )
  return row.repeat
}

function mayPass(error: unknown): boolean {
  return isOutage(error) || isUniqueViolation(error)
}
