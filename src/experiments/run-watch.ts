import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { createWatch, type Watch } from '#queue/watch.ts'

/** Beside this, every run that ends tells how its experiment stands; this is for those that wait for slow models. */
const LOOK_MS = 250

/** Tells the cells in hand that their experiment, named by its id, does not run any more. */
export function watchExperiments(db: Db): Watch {
  return createWatch({ findEnded: ids => findHalted(db, ids), lookMs: LOOK_MS, resumable: true })
}

async function findHalted(db: Db, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const rows = await query<{ experiment_id: string }>(
    db,
    sql`
      select experiment_id from unnest(${ids}::uuid[]) as experiment_id
      where not exists (
        select from experiments e where e.experiment_id = experiment_id.experiment_id and e.status = 'running'
      )`,
  )
  return rows.map(row => row.experiment_id)
}
