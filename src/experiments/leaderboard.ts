/** The variants of an experiment from the best to the worst, with all that is needed not to be fooled by the order. */
import type { Db } from '#db/connect.ts'
import { findParetoFront } from '#statistics/pareto.ts'
import { type ComparisonFamily, compareWith, showDifference } from './comparisons.ts'
import { confirmWinner } from './confirmation.ts'
import { type Contest, type ContestVariant, chooseBaseline } from './contest.ts'
import { chooseSplit, type Field, type SplitStandings, withField } from './field.ts'
import type { LeaderboardEntry, NamedVariant, ShownDifference, VariantLeaderboard } from './leaderboard-schemas.ts'
import { findWeightTurns } from './sensitivity.ts'
import { pairStandings, type Ranks, rankAllPairs, type SplitName, type VariantStanding } from './standings.ts'
import { letterOf } from './variant-letter.ts'
import type { VariantStatistics } from './variant-statistics.ts'
import { type VerdictInput, wordVerdict } from './verdict.ts'

export interface LeaderboardOptions {
  baseline?: string | undefined
  split?: SplitName | undefined
  level: number
  /** Of pass@k. */
  k: number
  limit: number
  offset: number
}

/** A variant with its place in the order. */
export interface Placed {
  variant: ContestVariant
  standing: VariantStanding
}

/**
 * The leaderboard by variant. Failed runs count 0; a variant ranks only if all of its runs have a score of every scorer that
 * counts, and stands at the end otherwise. In a guided sweep those of later rounds stand before those that were dropped
 * earlier, since they were compared on more cases. While the experiment runs the order is provisional: looking again and
 * again until a difference shows would break every p-value, so there is none.
 *
 * @param reference the experiment's id or name. @throws NotFound, and Invalid for a baseline that there is not.
 */
export function readLeaderboard(
  db: Db,
  projectId: number,
  reference: string,
  options: LeaderboardOptions,
): Promise<VariantLeaderboard> {
  return withField(db, projectId, reference, async field => {
    const { contest, variants } = field
    const side = field.standOn(chooseSplit(contest, options.split))
    const baseline = await chooseBaseline(db, contest, variants, options.baseline)
    const order = placeVariants(side.list, variants)
    const provisional = isProvisional(contest)
    const ranks = provisional ? null : await rankAllPairs(side.standings, options.level)
    const family = compareWith(order, baseline, { level: options.level, provisional })
    const front = findFront(order, side, options)
    const shown = order.slice(options.offset, options.offset + options.limit)
    const ranked = order.filter(({ standing }) => standing.mean !== null)
    return {
      ...describeContest(contest, provisional),
      split: side.split,
      level: options.level,
      k: options.k,
      baseline: baseline === null ? null : nameVariant(baseline),
      variants: order.length,
      ranked: ranked.length,
      comparisons: family.size,
      pairs: ranks?.table.strengths.length ?? 0,
      front_by: front.counted,
      entries: shown.map(one => describeEntry(field, one, { side, options, ranks, family, front: front.members })),
      ...concludeLeaderboard(field, { side, ranked, ranks, baseline, options, provisional }),
    }
  })
}

/** Whether results may still change by the experiment's own work. */
export function isProvisional({ status }: Contest): boolean {
  return status === 'draft' || status === 'running' || status === 'paused'
}

/** The variants that have runs, the best first: ranked before others, later rounds before earlier ones, then by mean. */
export function placeVariants(list: readonly VariantStanding[], variants: readonly ContestVariant[]): Placed[] {
  const byNumber = new Map(variants.map(variant => [variant.variant_no, variant]))
  const placed = list.flatMap(standing => {
    const variant = byNumber.get(standing.variant_no)
    return variant === undefined ? [] : [{ variant, standing }]
  })
  const round = ({ variant }: Placed) => variant.last_round ?? Number.POSITIVE_INFINITY
  const later = (one: Placed, other: Placed) => (round(one) === round(other) ? 0 : round(other) - round(one))
  return placed.sort(
    (one, other) =>
      Number(one.standing.mean === null) - Number(other.standing.mean === null) ||
      later(one, other) ||
      (other.standing.mean ?? 0) - (one.standing.mean ?? 0) ||
      one.variant.variant_no - other.variant.variant_no,
  )
}

/** A variant by number and label. */
export function nameVariant({ variant_no, label }: ContestVariant): NamedVariant {
  return { variant_no, label }
}

function describeContest(contest: Contest, provisional: boolean) {
  const { experiment_id, name, status, planned, done, failed, pass_threshold } = contest
  return { experiment_id, name, status, provisional, planned, done, failed, pass_threshold }
}

interface EntryContext {
  side: SplitStandings
  options: LeaderboardOptions
  ranks: Ranks | null
  family: ComparisonFamily
  front: Map<number, boolean>
}

function describeEntry(field: Field, { variant, standing }: Placed, context: EntryContext): LeaderboardEntry {
  const { side, options, ranks, family, front } = context
  const { scorers: values, ...statistics } = side.describe(standing, options.level, options.k)
  const scorers = field.contest.scorers
  return {
    ...nameVariant(variant),
    trial: variant.trial,
    last_round: variant.last_round,
    rank: findRank(ranks, standing),
    missing: standing.missing.map(({ place, runs }) => ({
      scorer: scorers.find(scorer => scorer.place === place)?.name ?? `scorer ${place + 1}`,
      runs,
    })),
    cases: standing.places.length,
    clusters: standing.frame.globals.length,
    runs: standing.runs,
    failed: standing.failed,
    scorers: scorers.map(({ place, name, weight }) => ({ name, weight, value: values[place] ?? null })),
    difference: family.differences.get(variant.variant_no) ?? null,
    ...statistics,
    on_front: front.get(variant.variant_no) ?? null,
  }
}

function findRank(ranks: Ranks | null, standing: VariantStanding) {
  const at = ranks?.ranked.indexOf(standing) ?? -1
  if (ranks === null || at < 0) return null
  return { best: 1 + (ranks.better[at] ?? 0), worst: ranks.ranked.length - (ranks.worse[at] ?? 0) }
}

function findFront(order: Placed[], side: SplitStandings, { level, k }: LeaderboardOptions) {
  const known = order.flatMap(({ variant, standing }) => {
    const { weighted, cost_usd, latency_p50_ms } = side.describe(standing, level, k)
    if (weighted === null) return []
    const point = {
      quality: weighted.estimate,
      cost: cost_usd?.estimate ?? null,
      latency: latency_p50_ms?.estimate ?? null,
    }
    return [{ variant_no: variant.variant_no, point }]
  })
  const { on_front, counted } = findParetoFront(known.map(({ point }) => point))
  return { members: new Map(known.map(({ variant_no }, index) => [variant_no, on_front[index] ?? false])), counted }
}

interface Conclusion {
  side: SplitStandings
  ranked: Placed[]
  ranks: Ranks | null
  baseline: ContestVariant | null
  options: LeaderboardOptions
  provisional: boolean
}

type Concluded = Pick<
  VariantLeaderboard,
  'winner' | 'selection' | 'confirmation' | 'runner_up' | 'sensitivity' | 'verdict' | 'verdict_in_letters'
>

function concludeLeaderboard(field: Field, conclusion: Conclusion): Concluded {
  const { side, ranked, ranks, baseline, options, provisional } = conclusion
  const [winner, next] = ranked
  if (winner === undefined || provisional) {
    const nothing = { winner: null, selection: null, confirmation: null, runner_up: null }
    return { ...nothing, sensitivity: [], verdict: null, verdict_in_letters: null }
  }
  const leaders = findLeaders(ranked, ranks)
  const runner_up = describeRunnerUp(winner, next, ranks, options.level)
  const isTrain = side.split === 'train'
  const confirmation = isTrain ? confirmWinner(field, { winner, runnerUp: next, baseline, options }) : null
  const word = (call: (variant: NamedVariant) => string) =>
    ranks === null && ranked.length > 1
      ? null
      : wordVerdict({
          leaders: leaders.map(({ variant }) => call(variant)),
          ranked: ranked.length,
          beaten: ranked.length - (findRank(ranks, winner.standing)?.worst ?? ranked.length),
          cases: winner.standing.places.length,
          detectable: findLargestDetectable(winner, leaders, ranks, options.level),
          runner_up: runner_up === null ? null : { label: call(runner_up), ...describeGap(runner_up.difference) },
          confirmation: describeConfirmation(confirmation, { baseline, next: next?.variant, call }),
          split: side.split,
          left_out: Math.max(0, field.contest.planned - field.contest.done),
        })
  return {
    winner: nameVariant(winner.variant),
    selection: confirmation === null ? 'selected on these cases' : 'confirmed on the test split',
    confirmation,
    runner_up,
    sensitivity: describeSensitivity(field, ranked, side, options),
    verdict: word(({ label }) => label),
    verdict_in_letters: word(({ variant_no }) => letterOf(variant_no)),
  }
}

/** What the cases that were held back say of the winner; against the baseline and the next one, which may be the same. */
function describeConfirmation(
  confirmation: VariantLeaderboard['confirmation'],
  rivals: {
    baseline: ContestVariant | null
    next: ContestVariant | undefined
    call: (variant: NamedVariant) => string
  },
): VerdictInput['confirmation'] {
  if (confirmation === null) return null
  const { baseline, next, call } = rivals
  const { mean, against_baseline, against_runner_up } = confirmation
  const isSame = against_baseline !== null && baseline?.variant_no === next?.variant_no
  const against = [
    { variant: baseline, difference: against_baseline },
    { variant: next, difference: isSame ? null : against_runner_up },
  ].flatMap(({ variant, difference }) =>
    variant == null || difference === null ? [] : [{ label: call(variant), ...describeGap(difference) }],
  )
  return { cases: mean.cases, mean: mean.estimate, low: mean.low ?? 0, high: mean.high ?? 1, against }
}

function describeGap({ estimate, simultaneous_low, simultaneous_high }: ShownDifference) {
  return { difference: estimate, low: simultaneous_low ?? -1, high: simultaneous_high ?? 1 }
}

/** The winner and those of its round that nobody is significantly better than; without ranks all of that round. */
function findLeaders(ranked: Placed[], ranks: Ranks | null): Placed[] {
  const [winner] = ranked
  return ranked.filter(({ variant, standing }) => {
    if (variant === winner?.variant) return true
    return variant.last_round === winner?.variant.last_round && (findRank(ranks, standing)?.best ?? 1) === 1
  })
}

function describeRunnerUp(winner: Placed, next: Placed | undefined, ranks: Ranks | null, level: number) {
  if (next === undefined) return null
  const difference = showDifference(winner.standing, next.standing, { ranks, level })
  return difference === null ? null : { ...nameVariant(next.variant), difference }
}

function findLargestDetectable(winner: Placed, leaders: Placed[], ranks: Ranks | null, level: number): number | null {
  let largest: number | null = null
  for (const { standing } of leaders) {
    if (standing === winner.standing || pairStandings(winner.standing, standing) === null) continue
    const { detectable = null } = showDifference(winner.standing, standing, { ranks, level }) ?? {}
    if (detectable === null) return null
    largest = Math.max(largest ?? 0, detectable)
  }
  return largest
}

function describeSensitivity(field: Field, ranked: Placed[], side: SplitStandings, options: LeaderboardOptions) {
  const counting = field.contest.scorers.filter(({ weight }) => weight > 0)
  const [winner] = ranked
  const rivals = ranked.filter(({ variant }) => variant.last_round === winner?.variant.last_round)
  const readMeans = ({ scorers }: VariantStatistics) => counting.map(({ place }) => scorers[place]?.estimate ?? 0)
  const turns = findWeightTurns(
    rivals.map(({ variant, standing }) => ({
      variant_no: variant.variant_no,
      means: readMeans(side.describe(standing, options.level, options.k)),
    })),
    counting.map(({ weight }) => weight),
  )
  const name = (turn: { weight: number; variant_no: number } | null) => {
    const rival = rivals.find(({ variant }) => variant.variant_no === turn?.variant_no)
    return turn === null || rival === undefined ? null : { ...nameVariant(rival.variant), weight: turn.weight }
  }
  return turns.map(({ place, weight, below, above }) => ({
    scorer: counting[place]?.name ?? '',
    weight,
    below: name(below),
    above: name(above),
  }))
}
