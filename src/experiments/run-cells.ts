/** Runs of a sweep by the cell that they are of. */
import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import { type ClaimedBatch, holdBatch } from './batches.ts'

/** A cell of a sweep, and the hash of the configuration that it makes. */
export interface RunCell {
  variant_no: number
  case_no: number
  repeat: number
  config_hash: string
}

/** Names a cell among those of its experiment. */
export function keyCell({ variant_no, case_no, repeat }: Omit<RunCell, 'config_hash'>): string {
  return `${variant_no} ${case_no} ${repeat}`
}

/** A cell that is being asked. */
export interface BegunCell {
  cell: RunCell
  started_at: Date
}

/** The cells of a batch that are being asked and have not ended. */
export interface CellsInHand {
  begin: (cell: RunCell) => BegunCell
  end: (begun: BegunCell) => void
  /** Shows no more of them. */
  close: () => Promise<void>
}

/** Cells that take less have no row while they run: each row that is written twice costs half as much again. */
const SHOW_MS = 1000

/**
 * Keeps the cells of a batch that are under way. Those that take longer than a moment get their row, so that they can be
 * seen; for the others it is written once, when they end.
 */
export function showCells(db: Db, batch: ClaimedBatch, complain: (error: unknown) => void): CellsInHand {
  const begun = new Set<BegunCell>()
  const shown = new WeakSet<BegunCell>()
  let showing: Promise<void> = Promise.resolve()
  const look = () => {
    const since = Date.now() - SHOW_MS
    const slow = [...begun].filter(one => !shown.has(one) && one.started_at.getTime() <= since)
    for (const one of slow) shown.add(one)
    if (slow.length > 0) showing = showing.then(() => openCells(db, batch, slow)).catch(complain)
  }
  const timer = setInterval(look, SHOW_MS)
  return {
    begin: cell => {
      const one = { cell, started_at: new Date() }
      begun.add(one)
      return one
    },
    end: one => {
      begun.delete(one)
    },
    close: () => {
      clearInterval(timer)
      return showing
    },
  }
}

async function openCells(db: Db, batch: ClaimedBatch, cells: BegunCell[]): Promise<void> {
  const sorted = cells.toSorted((one, other) => compareCells(one.cell, other.cell))
  await transact(db, async tx => {
    if (!(await holdBatch(tx, batch))) return
    const { project_id, experiment_no } = batch
    const rows = await query<{ is_new: boolean }>(
      tx,
      sql`
        insert into runs as r (
          project_id, experiment_no, variant_no, case_no, repeat, config_hash, status, started_at, started_xid
        )
        select ${project_id}, ${experiment_no}, variant_no, case_no, repeat, decode(hash, 'hex'), 'running', started_at,
          pg_current_xact_id()
        from unnest(
          ${sorted.map(one => one.cell.variant_no)}::integer[], ${sorted.map(one => one.cell.case_no)}::bigint[],
          ${sorted.map(one => one.cell.repeat)}::smallint[], ${sorted.map(one => one.cell.config_hash)}::text[],
          ${sorted.map(one => one.started_at)}::timestamptz[]
        ) as cell (variant_no, case_no, repeat, hash, started_at)
        on conflict (project_id, experiment_no, variant_no, case_no, repeat) do update
          set status = 'running', started_at = excluded.started_at, started_xid = excluded.started_xid
          where r.status = 'pending'
        returning r.xmax = 0 as is_new`,
    )
    const added = rows.filter(row => row.is_new).length
    if (added === 0) return
    await query(
      tx,
      sql`
        update experiments set runs = runs + ${added}
        where project_id = ${project_id} and experiment_no = ${experiment_no}`,
    )
  })
}

/** The order in which everybody writes cells. */
export function compareCells(one: RunCell, other: RunCell): number {
  return one.variant_no - other.variant_no || one.case_no - other.case_no || one.repeat - other.repeat
}
