import { randomUUID } from 'node:crypto'
import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { copyRows } from '#db/copy.ts'
import { liftDeadline, transact } from '#db/transact.ts'
import { type MarkedCase, packStagedCase, STAGED_COLUMNS } from './case.ts'
import { countManyRows, expectManyRows } from './many-rows.ts'
import { type Author, makeVersion, type VersionChange, type VersionMode } from './versions.ts'

/** A case on its way, with the number of its line or its place. */
export interface PlacedCase {
  position: number
  marked: MarkedCase
}

/** A case that stands there already, in a line before. */
export interface Double {
  position: number
  reason: string
}

/** So many cases are looked up one by one, which spares a large dataset from being read whole for a small change. */
const FEW = 100
/** After so many the planner's statistics are renewed. */
const MANY = 5_000

/** A change of a dataset, and the lines that were left out of it because they say a case again. */
export interface SavedVersion extends VersionChange {
  doubles: Double[]
}

/**
 * Makes a version of the cases that come, batch by batch, so that memory holds one batch whatever their number. They wait
 * in a table of their own and become a version all at once: when the cases break off, or the process does, nothing has
 * changed. Inside a transaction, it joins it.
 */
export function saveVersion(
  db: Db,
  projectId: number,
  name: string,
  batches: AsyncIterable<PlacedCase[]> | Iterable<PlacedCase[]>,
  options: Author & { mode: VersionMode },
): Promise<SavedVersion> {
  return withStaged(db, projectId, batches, async (tx, uploadId, doubles) => ({
    ...(await makeVersion(tx, projectId, name, uploadId, options)),
    doubles,
  }))
}

/** Stages the cases that come and does the rest in one transaction, with all deadlines lifted. */
export async function withStaged<Result>(
  db: Db,
  projectId: number,
  batches: AsyncIterable<PlacedCase[]> | Iterable<PlacedCase[]>,
  settle: (tx: Db, uploadId: string, doubles: Double[]) => Promise<Result>,
): Promise<Result> {
  const uploadId = randomUUID()
  let count = 0
  try {
    for await (const batch of batches) {
      count += batch.length
      if (batch.length > 0) await transact(db, tx => stageCases(tx, projectId, uploadId, batch))
    }
    return await transact(db, async tx => {
      const patient = await liftDeadline(tx)
      if (count > FEW) await expectManyRows(tx)
      const result = await settle(patient, uploadId, await dropDoubles(patient, projectId, uploadId))
      await clearStaged(patient, projectId, uploadId)
      if (count > MANY) await countManyRows(patient)
      return result
    })
  } catch (error) {
    // Inside a transaction they go with it.
    if (db.client === null) await clearStaged(db, projectId, uploadId).catch(() => {})
    throw error
  }
}

async function stageCases(tx: Db, projectId: number, uploadId: string, batch: PlacedCase[]): Promise<void> {
  await copyRows(
    tx,
    `staged_cases (${STAGED_COLUMNS})`,
    (function* () {
      for (const { position, marked } of batch) yield packStagedCase(projectId, uploadId, position, marked)
    })(),
  )
}

/** Of staged cases with the same id, or without one and with the same content, leaves the first. */
async function dropDoubles(tx: Db, projectId: number, uploadId: string): Promise<Double[]> {
  const rows = await query<{ position: number; first: number; id: string | null }>(
    tx,
    sql`
      with placed as (
        select position, id, min(position) over (partition by id, case when id is null then content_hash end) as first
        from staged_cases where project_id = ${projectId} and upload_id = ${uploadId}
      ),
      doubles as (select position, first from placed where position > first)
      delete from staged_cases s using doubles
      where s.project_id = ${projectId} and s.upload_id = ${uploadId} and s.position = doubles.position
      returning s.position, doubles.first, s.id`,
  )
  return rows
    .sort((one, other) => one.position - other.position)
    .map(({ position, first, id }) => ({
      position,
      reason:
        id === null ? `The same case stands in line ${first}.` : `The id "${id}" stands in line ${first} already.`,
    }))
}

/** Also takes away what processes that died left behind. */
async function clearStaged(db: Db, projectId: number, uploadId: string): Promise<void> {
  await query(
    db,
    sql`
      delete from staged_cases
      where project_id = ${projectId} and (upload_id = ${uploadId} or staged_at < now() - interval '1 day')`,
  )
}
