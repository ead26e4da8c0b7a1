import type { ReviewThroughput } from '#client.ts'

type Time = ReviewThroughput['times'][number]

/** What one reviewer decided; `time` is over the decisions that say how long they took, null where none does. */
export interface ReviewerSum {
  reviewer: string
  lately: number
  all: number
  correct: number
  discard: number
  flag: number
  time: Time | null
}

const DECISIONS = ['correct', 'discard', 'flag', 'edit', 'adjudicate']
/** Fewer than this carry no interval that is worth showing. */
const FEW = 5

/** Each reviewer's decisions out of what every day had, the busiest first. Comments and the like are no decisions. */
export function sumReviewers({ reviewers, times, days }: ReviewThroughput): ReviewerSum[] {
  const decided = reviewers.filter(row => DECISIONS.includes(row.action))
  const sums = [...Map.groupBy(decided, row => row.reviewer)].map(([reviewer, own]) => {
    const count = (matches: (row: (typeof own)[number]) => boolean) =>
      own.filter(matches).reduce((sum, row) => sum + row.n, 0)
    return {
      reviewer,
      lately: count(row => row.day >= days.week_since),
      all: count(() => true),
      correct: count(row => row.action === 'correct'),
      discard: count(row => row.action === 'discard'),
      flag: count(row => row.action === 'flag'),
      time: times.find(one => one.reviewer === reviewer) ?? null,
    }
  })
  return sums.sort((a, b) => b.all - a.all)
}

/** How many decisions were taken since a day of UTC's, by everybody. */
export function countDecided({ reviewers }: ReviewThroughput, since: string): number {
  const decided = reviewers.filter(row => DECISIONS.includes(row.action) && row.day >= since)
  return decided.reduce((sum, row) => sum + row.n, 0)
}

/** Why a mean time has no interval; nothing where it has one. */
export function explainNoInterval({ n, low_ms }: Time): string {
  if (low_ms !== null) return ''
  return n < FEW ? 'too few for an interval' : 'all on one day, no interval'
}
