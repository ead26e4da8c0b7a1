/** All variants of an experiment with their standings, as far as they were worked out before. */
import type { Db } from '#db/connect.ts'
import type { Picture } from './case-sums.ts'
import { type Contest, type ContestVariant, readContest, readContestVariants } from './contest.ts'
import { withPicture } from './pictures.ts'
import { createStandings, type SplitName, type Standings, updateStandings, type VariantStanding } from './standings.ts'
import {
  describeVariant,
  type KnownStatistics,
  type StatisticsOptions,
  type VariantStatistics,
} from './variant-statistics.ts'

/** The standings on one split, and the statistics that were asked for lately. */
export interface SplitStandings {
  split: SplitName
  standings: Standings
  /** By number of the variant. */
  list: VariantStanding[]
  describe: (standing: VariantStanding, level: number, k: number) => VariantStatistics
}

export interface Field {
  contest: Contest
  variants: readonly ContestVariant[]
  picture: Picture
  /** Weights of the scorers by their place in `grades`; together 1, or all 0. */
  weights: readonly number[]
  standOn: (split: SplitName) => SplitStandings
}

interface Remembered {
  variants_state: string
  variants: ContestVariant[]
  splits: Map<string, { standings: Standings; statistics: Map<string, KnownStatistics> }>
}

const remembered = new WeakMap<Picture, Remembered>()
/** Settings of one reader (level, k) whose statistics are kept. */
const MOST_SPLITS = 6
const MOST_STATISTICS = 20_000

/**
 * Opens an experiment's field for `use`, which nobody else changes until it is done.
 *
 * @param reference its id, or a name, of which it is the newest. @throws NotFound
 */
export async function withField<Result>(
  db: Db,
  projectId: number,
  reference: string,
  use: (field: Field) => Result | Promise<Result>,
): Promise<Result> {
  const contest = await readContest(db, projectId, reference)
  const places = Math.max(0, ...contest.scorers.map(({ place }) => place + 1))
  return withPicture(db, projectId, contest.experiment_no, places, async picture => {
    const kept = remembered.get(picture) ?? { variants_state: '', variants: [], splits: new Map() }
    remembered.set(picture, kept)
    if (kept.variants_state !== contest.variants_state) {
      kept.variants = await readContestVariants(db, contest)
      kept.variants_state = contest.variants_state
    }
    const weights = shareWeights(contest, picture.scorers)
    return use({
      contest,
      variants: kept.variants,
      picture,
      weights,
      standOn: split => standOn(kept, picture, contest, weights, split),
    })
  })
}

/** The split that a ranking is on unless somebody wants another: what is not held back. */
export function chooseSplit(contest: Contest, wish: SplitName | undefined): SplitName {
  return wish ?? (contest.test_below > 0 ? 'train' : 'all')
}

function standOn(
  kept: Remembered,
  picture: Picture,
  { test_below }: Contest,
  weights: readonly number[],
  split: SplitName,
): SplitStandings {
  const key = `${split} ${test_below} ${weights.join(' ')}`
  const own = kept.splits.get(key) ?? {
    standings: createStandings({ split, test_below, weights }),
    statistics: new Map(),
  }
  // Read last stands last; what others read long ago goes.
  kept.splits.delete(key)
  kept.splits.set(key, own)
  for (const old of kept.splits.keys()) if (kept.splits.size > MOST_SPLITS) kept.splits.delete(old)
  const list = updateStandings(own.standings, picture)
  const describe = (standing: VariantStanding, level: number, k: number) => {
    const options: StatisticsOptions = { level, k, scorers: picture.scorers, width: picture.width }
    const name = `${standing.variant_no} ${level} ${k}`
    const known = own.statistics.get(name)
    if (known?.revision === standing.revision) return known.value
    if (own.statistics.size >= MOST_STATISTICS) own.statistics.clear()
    const value = describeVariant(standing, options, known ?? null)
    own.statistics.set(name, { revision: standing.revision, value })
    return value
  }
  return { split, standings: own.standings, list, describe }
}

function shareWeights({ scorers }: Contest, places: number): number[] {
  const total = scorers.reduce((sum, { weight }) => sum + weight, 0)
  const weights = new Array<number>(places).fill(0)
  for (const { place, weight } of scorers) if (total > 0) weights[place] = weight / total
  return weights
}
