import { hash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import sql, { join } from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { createGathering } from '#db/gathering.ts'
import { isOutage, isUniqueViolation } from '#db/outage.ts'
import { canonicalJson } from '#json.ts'
import type { Backend } from './backend.ts'
import type { CallOptions } from './call.ts'
import type { Attempt } from './call-failure.ts'
import { type Claims, checkClaim, Overtaken, openClaims } from './claims.ts'
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
  /** Which repeat of an experiment it is for, 0 by default: each is asked for itself. */
  repeat?: number
}

/** How long an answer is waited for, see `CallOptions`. */
export interface AskOptions extends Pick<CallOptions, 'signal' | 'unwanted' | 'onFatal'> {
  /** Whether the answer may well be there: then it is looked for before the question is claimed, which saves the claim. */
  likely?: boolean
}

/** Every model call of a process goes through its ledger. */
export interface Ledger {
  db: Db
  claims: Claims
  /** Questions that this process asks right now. */
  inFlight: Map<string, Promise<unknown>>
  /** Finds the newest answer that counts. */
  look: (asking: Asked) => Promise<LedgerAnswer | null>
  /** While answers cannot be written: resolves when they can. Nothing is sent meanwhile, or a kill would cost all of it. */
  away: PromiseWithResolvers<void> | null
  /** Writes an answer and tells which repeat it is. */
  record: (call: FinishedCall) => Promise<number>
}

/** How often to look whether another process has its answer yet, in milliseconds. */
const LOOK_MS = 200

/** The ledger of a process on this database. Close it at the end: it holds a connection of its own. */
export function openLedger(db: Db): Ledger {
  return {
    db,
    claims: openClaims(db),
    inFlight: new Map(),
    away: null,
    look: createGathering({ lanes: 4, most: 100 }, asked => findAnswers(db, asked)),
    // Requests may be long, so that few of them make a large statement; one commit serves all that it takes.
    record: createGathering({ lanes: 2, most: 16 }, calls => insertAnswers(db, calls)),
  }
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
  options: AskOptions = {},
): Promise<LedgerAnswer> {
  const request = backend.prepare(asking.request)
  const question = computeQuestion(backend, request, asking.repeat)
  const key = `${asking.project_id}:${question}`
  const look = () => ledger.look({ project_id: asking.project_id, question, since: asking.since })
  if (options.likely) {
    const known = await look()
    if (known !== null) return known
  }
  for (;;) {
    const other = ledger.inFlight.get(key)
    if (other === undefined) {
      const own = askClaimed(ledger, backend, { ...asking, request }, question, look, options)
      ledger.inFlight.set(key, own)
      try {
        const answer = await own
        if (answer !== null) return answer
      } finally {
        ledger.inFlight.delete(key)
      }
    } else await other.catch(() => {})
    const known = await look()
    if (known !== null) return known
    options.unwanted?.throwIfAborted()
    if (other === undefined) await sleep(LOOK_MS, undefined, { signal: options.signal })
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
function computeQuestion(backend: Pick<Backend, 'name' | 'origin'>, request: ModelRequest, repeat = 0): string {
  const { model, parameters, schema, messages, tools } = request
  const content = {
    ...{ backend: backend.name, origin: backend.origin, model, parameters, schema, messages },
    ...(tools === undefined ? {} : { tools }),
    ...(repeat === 0 ? {} : { repeat }),
  }
  return hash('sha256', canonicalJson(content))
}

/** Asks under a claim on the question; null when another process holds it, or has answered it before this one could send. */
async function askClaimed(
  ledger: Ledger,
  backend: Backend,
  asking: Asking,
  question: string,
  look: () => Promise<LedgerAnswer | null>,
  options: AskOptions,
): Promise<LedgerAnswer | null> {
  const claim = BigInt.asIntN(64, BigInt(`0x${hash('sha256', `${asking.project_id}:${question}`).slice(0, 16)}`))
  if (!(await ledger.claims.take(claim))) return null
  try {
    // Only now: under the claim nobody else can be about to write it.
    const known = await look()
    if (known !== null) return known
    const { answer, attempts, duration_ms } = await backend.ask(asking.request, {
      ...options,
      before: () => ledger.away?.promise ?? null,
      last: () => checkClaim(ledger.claims, claim, look),
    })
    const cost_usd = backend.cost(asking.request.model, answer)
    const call = { backend, asking, question, answer, attempts, duration_ms, cost_usd }
    const repeat = await recordAnswer(ledger, call)
    return { question, repeat, answer, cost_usd, duration_ms, replayed: false, paid_by: asking.paid_by }
  } catch (error) {
    if (error instanceof Overtaken) return null
    throw error
  } finally {
    await ledger.claims.give(claim)
  }
}

/** A question to look up, and from when on an answer counts. */
interface Asked {
  project_id: number
  question: string
  since: string | null
}

async function findAnswers(db: Db, asked: Asked[]): Promise<(LedgerAnswer | null)[]> {
  const rows = await query<Omit<LedgerAnswer, 'replayed' | 'question' | 'repeat'> & { repeat: number | null }>(
    db,
    sql`
      select repeat, answer, cost_usd::float8 as cost_usd, duration_ms, paid_by
      from unnest(
        ${asked.map(one => one.project_id)}::integer[], ${asked.map(one => one.question)}::text[],
        ${asked.map(one => one.since ?? '-infinity')}::timestamptz[]
      ) with ordinality as asked (project_id, question, since, turn)
      left join lateral (
        select repeat, answer, cost_usd, duration_ms, paid_by from ledger l
        where l.project_id = asked.project_id and l.question = decode(asked.question, 'hex') and not useless
          and created_at >= asked.since
        order by repeat desc limit 1
      ) found on true
      order by turn`,
  )
  return rows.map(({ repeat, ...row }, index) =>
    repeat === null ? null : { ...row, repeat, question: asked[index]?.question ?? '', replayed: true },
  )
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

async function recordAnswer(ledger: Ledger, call: FinishedCall): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      const repeat = await ledger.record(call)
      endAbsence(ledger)
      return repeat
    } catch (error) {
      if (attempt >= RECORD_ATTEMPTS || !mayPass(error)) {
        endAbsence(ledger)
        throw error
      }
      ledger.away ??= Promise.withResolvers()
      await sleep(500)
    }
  }
}

function endAbsence(ledger: Ledger): void {
  ledger.away?.resolve()
  ledger.away = null
}

/**
 * The attempts, with their times, tell one call from another: should the database have gone away between its commit and
 * its word of it, the second try finds the row that the first one wrote.
 */
async function insertAnswers(db: Db, calls: FinishedCall[]): Promise<number[]> {
  const rows = await query<{ repeat: number }>(
    db,
    sql`
      with call (
        turn, project_id, question, backend, origin, model, request, answer, tokens_in, tokens_out, tokens_in_cached,
        cost_usd, duration_ms, attempts, paid_by
      ) as (values ${join(calls.map(describeRow))}),
      earlier as (
        select turn, max(l.repeat) as last, max(l.repeat) filter (where l.attempts::text = call.attempts) as same
        from call left join ledger l on l.project_id = call.project_id and l.question = call.question
        group by turn
      ),
      added as (
        insert into ledger (
          project_id, question, repeat, backend, origin, model, request, answer, tokens_in, tokens_out, tokens_in_cached,
          cost_usd, duration_ms, attempts, paid_by
        )
        select project_id, question, coalesce(last + 1, 0), backend, origin, model, request, answer, tokens_in,
          tokens_out, tokens_in_cached, cost_usd, duration_ms, attempts::json, paid_by
        from call join earlier using (turn) where same is null
        returning project_id, question, repeat
      )
      select coalesce(added.repeat, same) as repeat
      from call join earlier using (turn) left join added using (project_id, question) order by turn`,
  )
  return rows.map(row => row.repeat)
}

function describeRow({ backend, asking, answer, ...call }: FinishedCall, turn: number) {
  return sql`(
    ${turn}::integer, ${asking.project_id}::integer, decode(${call.question}, 'hex'), ${backend.name}, ${backend.origin},
    ${asking.request.model}, ${JSON.stringify(asking.request)}::json, ${JSON.stringify(answer)}::json,
    ${answer.tokens_in}::integer, ${answer.tokens_out}::integer, ${answer.tokens_in_cached}::integer,
    ${call.cost_usd}::numeric, ${call.duration_ms}::integer, ${JSON.stringify(call.attempts)}, ${asking.paid_by}::uuid
  )`
}

function mayPass(error: unknown): boolean {
  return isOutage(error) || isUniqueViolation(error)
}
