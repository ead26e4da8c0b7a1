import { letterOf } from '#experiments/variant-letter.ts'

/** The variant with the highest mean, and how many are ranked at all. */
export interface Leading {
  variant: number
  /** Nobody else can be the best: it is significantly better than each other one. */
  proven: boolean
  ranked: number
}

/** What of a leaderboard says who leads. */
interface RankedBoard {
  winner: { variant_no: number } | null
  entries: { variant_no: number; rank: { worst: number } | null }[]
  ranked: number
}

/** Who leads, and whether it has won: better than each of at least one other, by the ranks that all pairs leave open. */
export function findLeading({ winner, entries, ranked }: RankedBoard): Leading | null {
  if (winner === null) return null
  const rank = entries.find(entry => entry.variant_no === winner.variant_no)?.rank
  return { variant: winner.variant_no, proven: ranked > 1 && rank?.worst === 1, ranked }
}

/** What the labelling of the variant that leads is called. Pure. */
export function nameLabelling({ proven, variant }: Leading): string {
  return proven ? 'Label winner' : `Label variant ${letterOf(variant)}`
}

/** Why it is not called the winner; nothing where it is. Pure. */
export function explainLeading({ proven, variant, ranked }: Leading): string {
  if (proven) return ''
  const letter = letterOf(variant)
  return ranked < 2
    ? `Nothing else is ranked, so ${letter} has won against nobody: the label is your choice.`
    : `${letter} has the highest mean, but can't be separated from every other variant: the label is your choice, not the result's.`
}
