import type { ReviewThroughput } from '#client.ts'

/** What one reviewer decided; `mean_ms` is over the decisions that say how long they took. */
export interface ReviewerSum {
  reviewer: string
  lately: number
  all: number
  correct: number
  discard: number
  flag: number
  timed: number
  mean_ms: number | null
}

const DECISIONS = ['correct', 'discard', 'flag', 'edit', 'adjudicate']
const WEEK_MS = 7 * 24 * 60 * 60 * 1000

/** Each reviewer's decisions out of what every day had, the busiest first. Comments and the like are no decisions. */
export function sumReviewers(rows: ReviewThroughput['reviewers'], now: number): ReviewerSum[] {
  const weekAgo = new Date(now - WEEK_MS).toISOString().slice(0, 10)
  const decided = rows.filter(row => DECISIONS.includes(row.action))
  const sums = [...Map.groupBy(decided, row => row.reviewer)].map(([reviewer, own]) => {
    const count = (matches: (row: (typeof own)[number]) => boolean) =>
      own.filter(matches).reduce((sum, row) => sum + row.n, 0)
    const timed = own.reduce((sum, row) => sum + row.timed, 0)
    const ms = own.reduce((sum, row) => sum + row.timed * (row.mean_duration_ms ?? 0), 0)
    return {
      reviewer,
      lately: count(row => row.day > weekAgo),
      all: count(() => true),
      correct: count(row => row.action === 'correct'),
      discard: count(row => row.action === 'discard'),
      flag: count(row => row.action === 'flag'),
      timed,
      mean_ms: timed === 0 ? null : ms / timed,
    }
  })
  return sums.sort((a, b) => b.all - a.all)
}
