import { setTimeout as sleep } from 'node:timers/promises'
import sql from 'sql-template-tag'
import { type Db, query, queryOne } from '#db/connect.ts'
import { createGathering } from '#db/gathering.ts'
import { transact } from '#db/transact.ts'
import type { Following } from '#queue/watch.ts'
import type { ClaimedBatch } from './batches.ts'
import { endExperiment } from './control.ts'

/** Lets a cell of an experiment with a ceiling begin; false when the experiment was halted instead. */
export type Admit = (batch: ClaimedBatch, following: Following, signal: AbortSignal) => Promise<boolean>

/** How long a cell for which there is no room waits until it asks again, in milliseconds. */
const WAIT_MS = 50

/**
 * Keeps ceilings while a sweep goes on, in all processes together: a cell begins if what was spent, and for it and each cell
 * in flight the mean of those that were paid for, stay within. Where there is no room although nothing is in flight, the
 * experiment ends.
 */
export function createAdmission(db: Db): Admit {
  const request = createGathering<ClaimedBatch, Verdict>({ lanes: 1, most: 256 }, batches =>
    transact(db, tx => decideAll(tx, batches)),
  )
  return async (batch, following, signal) => {
    while (!following.ended.aborted) {
      signal.throwIfAborted()
      const verdict = await request(batch)
      if (verdict === 'go') return true
      if (verdict === 'end') following.halt()
      else await sleep(WAIT_MS, undefined, { signal })
    }
    return false
  }
}

/**
 * Brings a running experiment's bill up to what the ledger says was paid by it, after a crash that left answers uncounted.
 * Those that are being counted just now are counted twice until it is settled: a ceiling is rather kept too early.
 */
export async function raiseBill(db: Db, { project_id, experiment_no, experiment_id }: ClaimedBatch): Promise<void> {
  await query(
    db,
    sql`
      update experiments e set cost_usd = greatest(e.cost_usd, paid.cost_usd),
        tokens_in = greatest(e.tokens_in, paid.tokens_in), tokens_out = greatest(e.tokens_out, paid.tokens_out)
      from (
        select coalesce(sum(cost_usd), 0) as cost_usd, coalesce(sum(tokens_in), 0) as tokens_in,
          coalesce(sum(tokens_out), 0) as tokens_out
        from ledger where project_id = ${project_id} and paid_by = ${experiment_id}::uuid
      ) paid
      where project_id = ${project_id} and experiment_no = ${experiment_no} and status = 'running'`,
  )
}

type Verdict = 'go' | 'wait' | 'end'

interface Spending {
  status: string
  max_cost_usd: number | null
  max_tokens: number | null
  ended: number
  /** Answers of those that ended: asked now, and known before. */
  calls: number
  cached: number
  cost_usd: number
  tokens: number
  unpriced: number
  cell_usd: number
  cell_tokens: number
}

async function decideAll(tx: Db, batches: ClaimedBatch[]): Promise<Verdict[]> {
  const verdicts = new Map<number, Verdict[]>()
  const groups = Map.groupBy(batches, batch => batch.experiment_no)
  for (const [no, its] of [...groups].sort(([one], [other]) => one - other)) verdicts.set(no, await decide(tx, its))
  return batches.map(batch => verdicts.get(batch.experiment_no)?.shift() ?? 'wait')
}

/** What becomes of the cells of one experiment, in their order. */
async function decide(tx: Db, batches: ClaimedBatch[]): Promise<Verdict[]> {
  const [key] = batches
  if (key === undefined) return []
  const spending = await readSpending(tx, key)
  if (spending?.status !== 'running') return batches.map(() => 'end')
  const inFlight = await countAdmitted(tx, key)
  const room = countRoom(spending) - inFlight
  if (room < 1 && inFlight === 0) {
    await endExperiment(tx, key, describeLimit(spending))
    return batches.map(() => 'end')
  }
  const admitted = batches.slice(0, Math.max(0, room))
  for (const [batch_no, its] of Map.groupBy(admitted, batch => batch.batch_no)) {
    await query(
      tx,
      sql`
        update run_batches set admitted = admitted + ${its.length}
        where project_id = ${key.project_id} and experiment_no = ${key.experiment_no} and batch_no = ${batch_no}`,
    )
  }
  return batches.map((_, index) => (index < admitted.length ? 'go' : 'wait'))
}

/** How many cells may be in flight at the same time. Where the price of an answer was not known, none. */
function countRoom(spending: Spending): number {
  const { max_cost_usd, max_tokens, ended, calls, cached, cost_usd, tokens, cell_usd, cell_tokens } = spending
  // Known answers cost nothing, which says nothing of those that are still to be asked.
  const paid = cached === 0 ? ended : (ended * calls) / (calls + cached)
  const usd = paid === 0 ? cell_usd : cost_usd / paid
  const each = paid === 0 ? cell_tokens : tokens / paid
  if ((max_cost_usd !== null && spending.unpriced > 0) || isUncounted(spending)) return 0
  return Math.min(FIRST_CELLS + Math.floor(paid), fit(max_cost_usd, cost_usd, usd), fit(max_tokens, tokens, each))
}

/** Whether a ceiling of tokens cannot be kept, as the backend tells of none. */
function isUncounted({ max_tokens, calls, tokens }: Spending): boolean {
  return max_tokens !== null && calls > 0 && tokens === 0
}

/** Until the mean is known only few begin; each that was paid for lets one more be in flight. */
const FIRST_CELLS = 8

function fit(most: number | null, spent: number, each: number): number {
  if (most === null) return Number.MAX_SAFE_INTEGER
  if (each <= 0) return spent <= most ? Number.MAX_SAFE_INTEGER : 0
  // A billionth more, so that cells which come to the ceiling exactly fit.
  return Math.max(0, Math.floor(((most - spent) / each) * (1 + 1e-9)))
}

function describeLimit(spending: Spending) {
  const { max_cost_usd, max_tokens, cost_usd, tokens, unpriced } = spending
  if (max_cost_usd !== null && unpriced > 0) {
    const error = 'max_cost_usd cannot be kept: the backend did not say how many tokens some answers took'
    return { status: 'stopped', because: 'max_cost_usd', error } as const
  }
  if (isUncounted(spending)) {
    const error = 'max_tokens cannot be kept: the backend does not say how many tokens its answers took'
    return { status: 'stopped', because: 'max_tokens', error } as const
  }
  const overTokens = max_tokens !== null && (max_cost_usd === null || tokens / max_tokens > cost_usd / max_cost_usd)
  const because = overTokens ? 'max_tokens' : 'max_cost_usd'
  const spent = overTokens ? `${tokens} tokens of ${max_tokens}` : `$${cost_usd} of $${max_cost_usd}`
  return { status: 'stopped', because, error: `the next run could pass ${because}: ${spent} are spent` } as const
}

function readSpending(tx: Db, { project_id, experiment_no }: ClaimedBatch): Promise<Spending | null> {
  return queryOne<Spending>(
    tx,
    sql`
      select status, max_cost_usd::float8 as max_cost_usd, max_tokens, completed + failed as ended, calls, cached,
        cost_usd::float8 as cost_usd, tokens_in + tokens_out as tokens, unpriced, cell_usd, cell_tokens
      from experiments where project_id = ${project_id} and experiment_no = ${experiment_no} for no key update`,
  )
}

async function countAdmitted(tx: Db, { project_id, experiment_no }: ClaimedBatch): Promise<number> {
  const row = await queryOne<{ admitted: number }>(
    tx,
    sql`
      select coalesce(sum(admitted), 0) as admitted from run_batches
      where project_id = ${project_id} and experiment_no = ${experiment_no} and queued and state in ('pending', 'running')`,
  )
  return row?.admitted ?? 0
}
