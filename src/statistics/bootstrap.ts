import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { mersenne } from 'pure-rand/generator/mersenne'

export interface ClusterBootstrap<Member> {
  /** Members of one cluster depend on each other, as the trials of one task; clusters do not. */
  clusters: readonly (readonly Member[])[]
  /** Null where it is not defined, as a ratio over nothing. It must not change its argument. */
  statistic: (members: readonly Member[]) => number | null
  /** How many resamples to draw; at least 100. Default 2000. */
  resamples?: number
  /** A whole number in 32 bits: the same seed and data give the same interval on every machine. */
  seed: number
  /** The coverage of the interval, between 0 and 1. Default 0.95. */
  level?: number
}

export interface BootstrapInterval {
  /** The statistic of the data itself, null where it is not defined. */
  estimate: number | null
  low: number | null
  high: number | null
  /** How many resamples were drawn, those included in which the statistic was not defined. */
  resamples: number
  undefined_resamples: number
}

/**
 * The percentile interval of a statistic by resampling whole clusters with replacement, as many as there are, all members
 * going along (Efron & Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13; for clusters Davison & Hinkley,
 * "Bootstrap Methods and their Application", 1997, section 3.8). Resampling members as if they were independent would
 * make the interval too narrow.
 *
 * Resamples in which the statistic is not defined are left out and counted; the ends are null when the estimate is not
 * defined or nothing is left. With few clusters (below about 20) the interval is somewhat too narrow; one cluster gives no
 * width. Clusters without members are legal and are drawn like others.
 *
 * Random numbers: Mersenne Twister MT19937 (Matsumoto & Nishimura, 1998) seeded by `seed`, draws without modulo bias.
 */
export function clusterBootstrap<Member>(options: ClusterBootstrap<Member>): BootstrapInterval {
  const { clusters, statistic, resamples = 2000, seed, level = 0.95 } = options
  if (!Number.isInteger(resamples) || resamples < 100) throw new RangeError('resamples must be whole and at least 100')
  if (!Number.isInteger(seed) || seed !== seed >>> 0)
    throw new RangeError(`seed must be whole, 0 to 2^32 - 1, not ${seed}`)
  if (!(level > 0 && level < 1)) throw new RangeError(`level must lie between 0 and 1, not ${level}`)
  const estimate = statistic(clusters.flat())
  if (estimate === null) return { estimate, low: null, high: null, resamples, undefined_resamples: resamples }
  const random = mersenne(seed)
  const values: number[] = []
  for (let index = 0; index < resamples; index++) {
    const members = clusters.flatMap(() => clusters[uniformInt(random, 0, clusters.length - 1)] ?? [])
    const value = statistic(members)
    if (value !== null) values.push(value)
  }
  return { estimate, ...boundPercentiles(values, level), resamples, undefined_resamples: resamples - values.length }
}

/**
 * The resamples of `clusterBootstrap`, one after the other, for clusters of which many are alike: how often each kind was
 * drawn. A statistic of these counts looks at each kind once, not at every member.
 *
 * @param kinds the kind of each cluster, as an index from 0 to below `kindCount`.
 */
export function* drawKinds(
  kinds: readonly number[],
  kindCount: number,
  options: { resamples: number; seed: number },
): Generator<number[], void, undefined> {
  const random = mersenne(options.seed)
  for (let index = 0; index < options.resamples; index++) {
    const counts = Array<number>(kindCount).fill(0)
    for (let drawn = 0; drawn < kinds.length; drawn++) {
      const kind = kinds[uniformInt(random, 0, kinds.length - 1)] ?? 0
      counts[kind] = (counts[kind] ?? 0) + 1
    }
    yield counts
  }
}

/** The ends of a percentile interval from the values of resamples; null when there are none. */
export function boundPercentiles(values: number[], level = 0.95): { low: number | null; high: number | null } {
  const sorted = values.toSorted((a, b) => a - b)
  return { low: quantileOf(sorted, (1 - level) / 2), high: quantileOf(sorted, (1 + level) / 2) }
}

/** Linear between order statistics: type 7 of Hyndman & Fan, "Sample quantiles in statistical packages", 1996. */
function quantileOf(sorted: readonly number[], p: number): number | null {
  const position = (sorted.length - 1) * p
  const below = sorted[Math.floor(position)]
  const above = sorted[Math.ceil(position)]
  if (below === undefined || above === undefined) return null
  return below + (above - below) * (position - Math.floor(position))
}
