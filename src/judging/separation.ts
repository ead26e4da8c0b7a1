/** How well a judge's score tells success from failure, where the true outcome is known. */
import { areaUnderCurve } from '#statistics/auc.ts'
import { clusterBootstrap } from '#statistics/bootstrap.ts'

export interface OutcomeRow {
  /** Null where the judge gave none; such rows are left out. */
  score: number | null
  /** 1 is success, 0 failure; rows with anything between are left out. */
  reward: number
  /** Sessions of one task are not independent of each other; they are resampled together. */
  task_id: string
}

export interface Separation {
  /** The probability that a success has the higher score than a failure, ties ½: 0.5 is chance. */
  auc: number
  /** The 95 % interval by bootstrap over tasks. */
  low: number
  high: number
  n: number
  positives: number
  negatives: number
  tasks: number
  resamples: number
  /** Resamples without a success or without a failure, left out of the interval. */
  undefined_resamples: number
  /** Rows without a score, or with a reward other than 0 and 1. */
  left_out: number
}

const RESAMPLES = 10_000

/**
 * Measures how well `score` separates reward 1 from reward 0: the area under the ROC curve with a percentile interval
 * over tasks. Null when there is no success or no failure among the usable rows. The same seed gives the same interval.
 */
export function measureSeparation(rows: readonly OutcomeRow[], seed = 20_240_617): Separation | null {
  const usable = rows.flatMap(({ score, reward, task_id }) =>
    score !== null && (reward === 0 || reward === 1) ? [{ score, positive: reward === 1, task_id }] : [],
  )
  const tasks = [...Map.groupBy(usable, ({ task_id }) => task_id).values()]
  const { estimate, low, high, undefined_resamples } = clusterBootstrap({
    clusters: tasks,
    statistic: areaUnderCurve,
    resamples: RESAMPLES,
    seed,
  })
  if (estimate === null || low === null || high === null) return null
  const positives = usable.filter(({ positive }) => positive).length
  return {
    auc: estimate,
    low,
    high,
    n: usable.length,
    positives,
    negatives: usable.length - positives,
    tasks: tasks.length,
    resamples: RESAMPLES,
    undefined_resamples,
    left_out: rows.length - usable.length,
  }
}
