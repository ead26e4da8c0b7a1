import assert from 'node:assert/strict'
import sql, { join, raw } from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { AXES } from '#judging/axes.ts'

interface ScoredPass {
  project_id: number
  session_no: number
  pass_no: number
  pins_id: number
  judge_model: string
  profile_id: string
  judged_on: string
  active_on: string
  /** Per expert, per axis. */
  scores: (number | null)[][]
}

interface Cell {
  sessions: number
  n: bigint[]
  total: bigint[]
  squares: bigint[]
}

/** 2520 is divisible by 1 to 10, so a mean of as many whole numbers is a whole number of 2520ths. */
const SCALE = 2520

/**
 * Asserts that the trend's cells are, to the digit, what the evaluations themselves give: worked out here from each
 * session's newest pass under each pair of versions, without any of the product's arithmetic.
 */
export async function assertTrendExact(db: Db, message: string): Promise<void> {
  const passes = await query<ScoredPass>(
    db,
    sql`
      select p.project_id, p.session_no, p.pass_no, p.pins_id, p.judge_model, s.profile_id,
        (p.eval_date at time zone 'UTC')::date as judged_on, (s.last_active at time zone 'UTC')::date as active_on,
        json_agg(array[${join(AXES.map(axis => raw(`e.${axis}`)))}]) as scores
      from passes p join sessions s using (project_id, session_no) join evaluations e using (project_id, pass_no)
      group by 1, 2, 3, 4, 5, 6, 7, 8 order by p.pass_no`,
  )
  const cells = await query<{ place: string; sessions: number; n: string[]; total: string[]; squares: string[] }>(
    db,
    sql`
      select concat_ws('/', project_id, pins_id, basis, day, bucket, profile_id, judge_model) as place, sessions,
        n::text[] as n, total::text[] as total, squares::text[] as squares
      from trend_cells`,
  )
  // A cell that all sessions left stays behind with zeros.
  const left = cells.filter(cell =>
    [cell.sessions, ...cell.n, ...cell.total, ...cell.squares].some(part => Number(part) !== 0),
  )
  const stored = left.map(
    ({ place, sessions, n, total, squares }) => `${place}: ${[sessions, ...n, ...total, ...squares].join(' ')}`,
  )
  assert.deepEqual(stored.sort(), recomputeCells(passes).sort(), message)
}

function recomputeCells(passes: ScoredPass[]): string[] {
  const newest = new Map(passes.map(pass => [`${pass.project_id}/${pass.session_no}/${pass.pins_id}`, pass]))
  const cells = new Map<string, Cell>()
  for (const pass of newest.values()) {
    const means = AXES.map((_, axis) => computeMean(pass.scores.map(scores => scores[axis] ?? null)))
    const complexity = Number(means[0] ?? 0n) / SCALE
    const bucket = complexity <= 25 ? 0 : complexity <= 50 ? 1 : complexity <= 75 ? 2 : 3
    for (const [basis, day] of [
      ['judged', pass.judged_on],
      ['active', pass.active_on],
    ]) {
      const place = [pass.project_id, pass.pins_id, basis, day, bucket, pass.profile_id, pass.judge_model].join('/')
      cells.set(place, addToCell(cells.get(place), means))
    }
  }
  return [...cells].map(
    ([place, { sessions, n, total, squares }]) => `${place}: ${[sessions, ...n, ...total, ...squares].join(' ')}`,
  )
}

function computeMean(scores: (number | null)[]): bigint | null {
  const given = scores.filter(score => score !== null)
  if (given.length === 0) return null
  return (BigInt(given.reduce((sum, score) => sum + score, 0)) * BigInt(SCALE)) / BigInt(given.length)
}

function addToCell(cell: Cell | undefined, means: (bigint | null)[]): Cell {
  const add = (sums: bigint[] | undefined, part: (mean: bigint) => bigint) =>
    means.map((mean, axis) => (sums?.[axis] ?? 0n) + (mean === null ? 0n : part(mean)))
  return {
    sessions: (cell?.sessions ?? 0) + 1,
    n: add(cell?.n, () => 1n),
    total: add(cell?.total, mean => mean),
    squares: add(cell?.squares, mean => mean * mean),
  }
}
