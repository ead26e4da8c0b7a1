import { estimateAmountMean } from '#statistics/amount-mean.ts'

/** Decisions of one reviewer on one day that say how long they took. */
export interface TimedDay {
  reviewer: string
  day: string
  timed: number
  duration_ms: number
}

/** A reviewer's mean time per decision; its ends are null where there is too little for an interval. */
export interface DecisionTime {
  reviewer: string
  n: number
  days: number
  mean_ms: number
  low_ms: number | null
  high_ms: number | null
}

/** Fewer decisions than this carry no interval that is worth showing. */
const FEW = 5

/**
 * Each reviewer's mean time per decision in milliseconds, with its 95 % interval. Decisions of one day are alike (the same
 * tasks, the same interruptions), so the days are the clusters, see `estimateAmountMean`. Without an interval: fewer than 5
 * decisions, or all of one day, which says nothing about others. Whoever timed nothing is left out.
 */
export function estimateDecisionTimes(rows: TimedDay[]): DecisionTime[] {
  const people = [...Map.groupBy(rows, row => row.reviewer)]
  return people.flatMap(([reviewer, own]) => {
    const days = [...Map.groupBy(own, row => row.day).values()]
    const sums = days.map(day => ({ n: sum(day, row => row.timed), ms: sum(day, row => row.duration_ms) }))
    const timed = sums.filter(day => day.n > 0)
    const mean = estimateAmountMean(
      Float64Array.from(timed, day => day.n),
      Float64Array.from(timed, day => day.ms),
    )
    if (mean === null) return []
    const n = sum(timed, day => day.n)
    const known = n >= FEW ? mean : { low: null, high: null }
    return [{ reviewer, n, days: timed.length, mean_ms: mean.estimate, low_ms: known.low, high_ms: known.high }]
  })
}

function sum<Row>(rows: Row[], read: (row: Row) => number): number {
  return rows.reduce((total, row) => total + read(row), 0)
}
