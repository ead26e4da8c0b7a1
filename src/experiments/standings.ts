/** How the variants of an experiment stand on the cases of one split: their case scores, by cluster. Pure. */
import { setImmediate as breathe } from 'node:timers/promises'
import {
  comparePairs,
  countBetters,
  createPairTable,
  type FramedVariant,
  findHolmBound,
  frameVariant,
  type PairTable,
} from '#statistics/all-pairs.ts'
import { findDifferencePValue, type PairedDifference } from '#statistics/paired-difference.ts'
import { type CaseFrame, estimateScoreDifference, findFrame, sumByCluster } from './case-frames.ts'
import { CELL, GRADE_UNIT, type Picture, type VariantSums } from './case-sums.ts'

/** Cases whose split lies below the experiment's bound are held back for the test. */
export type SplitName = 'all' | 'train' | 'test'

/** What decides which numbers count: the cases, and the weight of each scorer by its place in `grades`, 0 if it has none. */
export interface Slice {
  split: SplitName
  test_below: number
  weights: readonly number[]
}

/** A scorer that has a weight, and how many runs have no grade of it. */
export interface MissingGrades {
  place: number
  runs: number
}

export interface VariantStanding {
  variant_no: number
  /** Of the sums that it was made from. */
  revision: number
  sums: VariantSums
  /** Where its cases of the slice stand in `sums`. */
  places: Int32Array
  frame: CaseFrame
  /** By place: the case's weighted score, the mean over its runs; NaN while one of them lacks a grade that counts. */
  scores: Float64Array
  /** The scores' sums by cluster of the frame. */
  cluster_sums: Float64Array
  runs: number
  failed: number
  missing: MissingGrades[]
  /** The mean over cases, each with the same weight; null without a case, and while grades are missing. */
  mean: number | null
}

/** Ranks by all pairs; both ends null where there is no family to rank in. */
export interface Ranks {
  ranked: VariantStanding[]
  better: Int32Array
  worse: Int32Array
  table: PairTable
  /** The p-value up to which Holm's procedure over all pairs decides; null: no pair is decided. */
  bound: number | null
}

/** What is remembered of a slice between two readings. */
export interface Standings {
  slice: Slice
  variants: Map<number, VariantStanding>
  frames: Map<string, CaseFrame[]>
  pairs: { table: PairTable; variants: FramedVariant[]; standings: VariantStanding[] } | null
}

/** Above this all pairs would take seconds and 200 MB; then no rank is given. */
const MOST_RANKED = 2000
const BREATH_MS = 20

/** Standings in which nothing stands yet. */
export function createStandings(slice: Slice): Standings {
  return { slice, variants: new Map(), frames: new Map(), pairs: null }
}

/** Brings the standings up to the picture; variants whose sums did not change are left as they are. */
export function updateStandings(standings: Standings, picture: Picture): VariantStanding[] {
  for (const sums of picture.variants.values()) {
    const before = standings.variants.get(sums.variant_no)
    if (before?.revision === sums.revision) continue
    const standing = standVariant(standings, picture, sums, before)
    if (standing === null) standings.variants.delete(sums.variant_no)
    else standings.variants.set(sums.variant_no, standing)
  }
  return [...standings.variants.values()].sort((one, other) => one.variant_no - other.variant_no)
}

/**
 * Compares every ranked variant with every other, as one family; null without two of them, and for more than 2,000. Only
 * pairs of which one has changed since the last time are compared again. Lets others have their turn in between.
 */
export async function rankAllPairs(standings: Standings, level: number): Promise<Ranks | null> {
  const ranked = [...standings.variants.values()]
    .filter(({ mean }) => mean !== null)
    .sort((one, other) => one.variant_no - other.variant_no)
  if (ranked.length < 2 || ranked.length > MOST_RANKED) return null
  const frames = [...new Set(ranked.map(({ frame }) => frame))]
  const numbers = Int32Array.from(ranked, ({ frame }) => frames.indexOf(frame))
  const known = standings.pairs
  const isSame =
    known !== null &&
    known.standings.length === ranked.length &&
    ranked.every(({ variant_no, frame }, index) => {
      const before = known.standings[index]
      return before?.variant_no === variant_no && before.frame === frame
    })
  const degrees = frames.map(({ clusters }) => clusters.degrees_of_freedom)
  const table = isSame ? known.table : createPairTable(numbers, degrees)
  const changed = ranked.flatMap((standing, index) => (isSame && known.standings[index] === standing ? [] : [index]))
  const variants = isSame ? known.variants : ranked.map(one => frameVariant(one.frame.clusters, one.cluster_sums))
  // Half done it must not be taken for done.
  standings.pairs = null
  await compareChanged(table, ranked, variants, { changed, isSame })
  standings.pairs = { table, variants, standings: ranked }
  const bound = findHolmBound(table, level)
  return { ranked, table, bound, ...countBetters(table, bound) }
}

/** A paired difference over so many cases. */
export interface StandingDifference extends PairedDifference {
  cases: number
}

/** A standing never changes, another takes its place; so what was worked out for two of them holds while both are there. */
const paired = new WeakMap<VariantStanding, WeakMap<VariantStanding, StandingDifference>>()

/** Variant minus baseline, paired by case; null when they share no case or one of them is not ranked. */
export function pairStandings(variant: VariantStanding, baseline: VariantStanding): StandingDifference | null {
  if (variant.mean === null || baseline.mean === null) return null
  const known = paired.get(variant) ?? new WeakMap<VariantStanding, StandingDifference>()
  const before = known.get(baseline)
  if (before !== undefined) return before
  const found = estimateScoreDifference(variant, baseline)
  if (found === null) return null
  const difference = { ...found.estimate, p_value: findDifferencePValue(found.estimate), cases: found.cases }
  paired.set(variant, known.set(baseline, difference))
  return difference
}

/** Whether a case belongs to a slice. */
function isInSlice({ split, test_below }: Slice, caseSplit: number): boolean {
  return split === 'all' || (split === 'test') === caseSplit < test_below
}

async function compareChanged(
  table: PairTable,
  ranked: VariantStanding[],
  variants: FramedVariant[],
  { changed, isSame }: { changed: number[]; isSame: boolean },
): Promise<void> {
  const estimate = (one: number, other: number) => {
    const [left, right] = [ranked[one], ranked[other]]
    return left === undefined || right === undefined ? null : (estimateScoreDifference(left, right)?.estimate ?? null)
  }
  let since = performance.now()
  for (const one of changed) {
    const standing = ranked[one]
    const before = isSame ? (variants[one] ?? null) : null
    if (isSame && standing !== undefined) variants[one] = frameVariant(standing.frame.clusters, standing.cluster_sums)
    comparePairs(table, variants, one, estimate, { from: isSame ? 0 : one + 1, before })
    if (performance.now() - since < BREATH_MS) continue
    await breathe()
    since = performance.now()
  }
}

function standVariant(
  standings: Standings,
  picture: Picture,
  sums: VariantSums,
  before: VariantStanding | undefined,
): VariantStanding | null {
  // New grades leave it on the same cases.
  const isPlaced = before?.sums === sums && (sums.changed[CELL.runs] ?? 0) <= before.revision
  const places = isPlaced ? before.places : selectPlaces(standings.slice, picture, sums)
  if (places.length === 0) return null
  const frame = isPlaced
    ? before.frame
    : findFrame(
        standings.frames,
        places.map(place => sums.cases[place] ?? 0),
        index => picture.cases[index]?.cluster ?? -1,
      )
  const { runs, failed, lacking, scores, total } = scoreCells(standings.slice, picture, sums, places)
  const missing = lacking.flatMap((n, place) => (n > 0 ? [{ place, runs: n }] : []))
  const isRanked = missing.length === 0 && standings.slice.weights.some(weight => weight > 0)
  return {
    variant_no: sums.variant_no,
    revision: sums.revision,
    sums,
    places,
    frame,
    scores,
    cluster_sums: sumByCluster(frame, scores),
    ...{ runs, failed, missing },
    mean: isRanked ? total / places.length : null,
  }
}

/** Plain loops: this goes over every cell of a variant whenever one of them has changed. */
function scoreCells({ weights }: Slice, picture: Picture, { cells }: VariantSums, places: Int32Array) {
  const { width, scorers } = picture
  const counting = weights.flatMap((weight, scorer) => (weight > 0 ? [{ scorer, weight: weight * GRADE_UNIT }] : []))
  const lacking = weights.map(() => 0)
  const scores = new Float64Array(places.length)
  let [runs, failed, total] = [0, 0, 0]
  for (let number = 0; number < places.length; number++) {
    const cell = (places[number] ?? 0) * width
    const own = cells[cell + CELL.runs] ?? 0
    runs += own
    failed += cells[cell + CELL.failed] ?? 0
    let score = 0
    for (let index = 0; index < counting.length; index++) {
      const { scorer, weight } = counting[index] ?? { scorer: 0, weight: 0 }
      const at = cell + CELL.grades + scorer
      const n = cells[at] ?? 0
      if (n < own) {
        lacking[scorer] = (lacking[scorer] ?? 0) + own - n
        score = Number.NaN
      } else score += (weight * (cells[at + scorers] ?? 0)) / n
    }
    // Rounding of the sums must not lead out of 0 to 1.
    const within = score > 1 ? 1 : score < 0 ? 0 : score
    scores[number] = within
    total += within
  }
  return { runs, failed, lacking, scores, total }
}

function selectPlaces(slice: Slice, picture: Picture, { cases, cells }: VariantSums): Int32Array {
  const places = new Int32Array(cases.length)
  let used = 0
  for (let place = 0; place < cases.length; place++) {
    const index = cases[place] ?? 0
    const hasRuns = (cells[place * picture.width + CELL.runs] ?? 0) > 0
    if (hasRuns && isInSlice(slice, picture.cases[index]?.split ?? 0)) places[used++] = place
  }
  return places.subarray(0, used)
}
