export interface LabelledScore {
  score: number
  positive: boolean
}

/**
 * The area under the ROC curve: the probability that a positive case drawn at random has a higher score than a negative
 * one, a tie counting ½. It is the Mann–Whitney statistic U divided by the number of pairs (Hanley & McNeil, "The meaning
 * and use of the area under a ROC curve", Radiology 143, 1982), counted exactly over groups of equal scores in O(n log n).
 *
 * 0.5 is chance, 1 a perfect order, 0 a perfect order upside down. Null when there is no positive or no negative case.
 * Throws a `RangeError` for a score that is NaN.
 */
export function areaUnderCurve(cases: readonly LabelledScore[]): number | null {
  if (cases.some(({ score }) => Number.isNaN(score))) throw new RangeError('a score is NaN')
  const sorted = cases.toSorted((a, b) => (a.score < b.score ? -1 : a.score > b.score ? 1 : 0))
  let negativesBelow = 0
  let positives = 0
  let doubledWins = 0
  for (let start = 0; start < sorted.length; ) {
    const score = sorted[start]?.score
    let end = start
    let positivesHere = 0
    for (; end < sorted.length && sorted[end]?.score === score; end++) if (sorted[end]?.positive) positivesHere++
    const negativesHere = end - start - positivesHere
    doubledWins += positivesHere * (2 * negativesBelow + negativesHere)
    negativesBelow += negativesHere
    positives += positivesHere
    start = end
  }
  return positives === 0 || negativesBelow === 0 ? null : doubledWins / 2 / (positives * negativesBelow)
}
