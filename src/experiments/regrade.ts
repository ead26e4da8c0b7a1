import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'

/**
 * Works out what runs are graded by from their scores: of each scorer the newest value, their mean, and the mean by weight. A
 * cell that failed stays at 0 whatever people say of it; its mean is over their scores alone.
 *
 * The caller holds the runs' rows, or has just changed them.
 */
export async function regradeRuns(tx: Db, projectId: number, runNos: readonly number[]): Promise<void> {
  if (runNos.length === 0) return
  await query(
    tx,
    sql`
      update runs r set grades = n.grades, score_mean = n.score_mean, weighted = n.weighted
      from (
        select r.run_no, case when f.counts_zero then g.zeros else g.grades end as grades, w.score_mean,
          case when f.counts_zero then 0 else w.weighted end as weighted
        from runs r
        cross join lateral (select r.status = 'failed' and r.variant_no is not null as counts_zero) f
        cross join lateral (
          select coalesce(array_agg(newest.value order by s.scorer_no), '{}') as grades,
            coalesce(array_agg(s.weight order by s.scorer_no), '{}') as weights,
            coalesce(
              array_agg(case when s.declared or s.weight is not null then 0::float8 end order by s.scorer_no), '{}'
            ) as zeros
          from experiment_scorers s
          left join (
            select distinct on (scorer_no) scorer_no, value from scores
            where project_id = r.project_id and run_no = r.run_no order by scorer_no, score_no desc
          ) newest using (scorer_no)
          where s.project_id = r.project_id and s.experiment_no = r.experiment_no
        ) g
        cross join lateral weigh_grades(g.grades, g.weights) w
        where r.project_id = ${projectId} and r.run_no = any(${runNos}::bigint[])
      ) n
      where r.project_id = ${projectId} and r.run_no = n.run_no
        and (r.grades, r.score_mean, r.weighted) is distinct from (n.grades, n.score_mean, n.weighted)`,
  )
}

/** Those of the runs that people scored before they ended; how they ended knows nothing of that. */
export async function listScoredEarly(tx: Db, projectId: number, runNos: readonly number[]): Promise<number[]> {
  const rows = await query<{ run_no: number }>(
    tx,
    sql`select distinct run_no from scores where project_id = ${projectId} and run_no = any(${runNos}::bigint[])`,
  )
  return rows.map(row => row.run_no)
}

/** Looks up an experiment's best score anew, after scores of runs that had ended were changed; what it came to is drawn again. */
export async function refreshBest(
  tx: Db,
  { project_id, experiment_no }: { project_id: number; experiment_no: number },
): Promise<void> {
  await query(
    tx,
    sql`
      update experiments e set best = found.best, regrades = regrades + 1
      from (
        select (
          select weighted from runs
          where project_id = ${project_id} and experiment_no = ${experiment_no} and status = 'completed'
            and weighted is not null
          order by weighted desc limit 1
        ) as best
      ) found
      where e.project_id = ${project_id} and e.experiment_no = ${experiment_no}`,
  )
}
