/** Whether a variant may replace a baseline: a test of non-inferiority. */
import { z } from '@hono/zod-openapi'
import type { Db } from '#db/connect.ts'
import { Conflict } from '#errors.ts'
import { judgeNonInferiority } from '#statistics/non-inferiority.ts'
import { type Contest, type ContestVariant, chooseBaseline, pickVariant } from './contest.ts'
import { chooseSplit, type Field, type SplitStandings, withField } from './field.ts'
import { isProvisional, nameVariant, type Placed, placeVariants } from './leaderboard.ts'
import { meanEstimateSchema, namedVariantSchema } from './leaderboard-schemas.ts'
import { pairStandings, type SplitName, type VariantStanding } from './standings.ts'

const gateOutcomeSchema = z.enum(['pass', 'fail', 'open'])

const gateComparisonSchema = z.object({
  variant: namedVariantSchema,
  outcome: gateOutcomeSchema.openapi({
    description: 'pass: not worse by the margin; fail: worse by more than it; open: the data can’t say',
  }),
  difference: z.number().openapi({ description: 'Variant minus baseline, paired by case' }),
  lower_bound: z.number().openapi({ description: 'One-sided, each at the level' }),
  upper_bound: z.number(),
  cases: z.int().openapi({ description: 'Cases of both' }),
  unpaired: z.int().openapi({ description: 'Cases of one of them alone, which do not count' }),
  clusters: z.int(),
  variant_mean: meanEstimateSchema,
  baseline_mean: meanEstimateSchema,
  variant_failed: z.int(),
  baseline_failed: z.int(),
})

export const gateSchema = z
  .object({
    experiment_id: z.string(),
    name: z.string(),
    outcome: gateOutcomeSchema.openapi({ description: 'fail if one comparison fails, else open if one is open' }),
    exit_code: z.int(),
    margin: z.number(),
    level: z.number(),
    split: z.enum(['all', 'train', 'test']),
    selection: z
      .enum(['named', 'selected on these cases', 'selected on the train split'])
      .openapi({ description: 'How the variant was chosen' }),
    baseline: namedVariantSchema,
    comparisons: z.array(gateComparisonSchema),
  })
  .openapi('Gate')
export type Gate = z.infer<typeof gateSchema>
type GateComparison = Gate['comparisons'][number]

export interface GateOptions {
  baseline?: string | undefined
  /** Those to be tested; without one the best, the baseline apart. */
  variants: readonly string[]
  split?: SplitName | undefined
  max_regression: number
  level: number
}

/**
 * Tests variants against the baseline with the margin `max_regression`, see `judgeNonInferiority`. The best variant is
 * chosen on the train split and tested on the test split where there is one; otherwise, and for a variant that is named,
 * on all cases. Several variants must all pass, each at the full level, which keeps the error of a wrong pass at 1 − level
 * (an intersection–union test; Berger, Technometrics 24, 1982).
 *
 * @throws NotFound; Conflict while the experiment has not come to its end, or where scores are missing; Invalid for a
 * variant that there is not.
 */
export function judgeGate(db: Db, projectId: number, reference: string, options: GateOptions): Promise<Gate> {
  return withField(db, projectId, reference, async field => {
    const { contest, variants } = field
    requireEnd(contest)
    const baseline = await chooseBaseline(db, contest, variants, options.baseline)
    if (baseline === null) throw new Conflict(`Experiment "${contest.name}" has no variants to compare.`)
    const isNamed = options.variants.length > 0
    const split = options.split ?? (isNamed || contest.test_below === 0 ? 'all' : 'test')
    const chosen = isNamed
      ? [...new Set(options.variants.map(wish => pickVariant(variants, wish, ['query', 'variant'])))]
      : [findBest(field, baseline)]
    const side = field.standOn(split)
    const comparisons = chosen.map(variant => compareToBaseline(contest, side, variant, baseline, options))
    const codes = comparisons.map(({ outcome }) => outcome)
    const outcome = codes.includes('fail') ? 'fail' : codes.includes('open') ? 'open' : 'pass'
    const isApart = split === 'test' && contest.test_below > 0
    return {
      experiment_id: contest.experiment_id,
      name: contest.name,
      outcome,
      exit_code: { pass: 0, fail: 1, open: 2 }[outcome],
      margin: options.max_regression,
      level: options.level,
      split,
      selection: isNamed ? 'named' : isApart ? 'selected on the train split' : 'selected on these cases',
      baseline: nameVariant(baseline),
      comparisons,
    }
  })
}

function requireEnd(contest: Contest): void {
  const { name, status, done, planned } = contest
  if (isProvisional(contest)) {
    throw new Conflict(`Experiment "${name}" is ${status}, with ${done} of ${planned} runs done; wait for its end.`)
  }
  if (status === 'completed' && done >= planned) return
  throw new Conflict(`Experiment "${name}" ended before its end (${status}, ${done} of ${planned} runs); run it again.`)
}

function findBest(field: Field, baseline: ContestVariant): ContestVariant {
  const { list } = field.standOn(chooseSplit(field.contest, undefined))
  const best = placeVariants(list, field.variants).find(
    ({ variant, standing }: Placed) => standing.mean !== null && variant.variant_no !== baseline.variant_no,
  )
  if (best !== undefined) return best.variant
  throw new Conflict(`Experiment "${field.contest.name}" has no scored variant beside its baseline, ${baseline.label}.`)
}

function compareToBaseline(
  contest: Contest,
  side: SplitStandings,
  variant: ContestVariant,
  baseline: ContestVariant,
  { max_regression, level }: GateOptions,
): GateComparison {
  const [own, base] = [variant, baseline].map(one => requireScores(contest, side, one))
  if (own === undefined || base === undefined) throw new Error('two variants gave fewer standings')
  const difference = pairStandings(own, base)
  const [variantMean, baselineMean] = [own, base].map(one => side.describe(one, level, 1).weighted)
  if (difference === null || !variantMean || !baselineMean) {
    throw new Conflict(`${variant.label} and ${baseline.label} have no case in common.`)
  }
  const { outcome, lower_bound, upper_bound } = judgeNonInferiority(difference, max_regression, level)
  return {
    variant: nameVariant(variant),
    outcome,
    difference: difference.estimate,
    lower_bound,
    upper_bound,
    cases: difference.cases,
    unpaired: own.places.length + base.places.length - 2 * difference.cases,
    clusters: difference.clusters,
    variant_mean: variantMean,
    baseline_mean: baselineMean,
    variant_failed: own.failed,
    baseline_failed: base.failed,
  }
}

function requireScores(contest: Contest, side: SplitStandings, variant: ContestVariant): VariantStanding {
  const standing = side.list.find(({ variant_no }) => variant_no === variant.variant_no)
  if (standing === undefined) throw new Conflict(`${variant.label} has no runs on the ${side.split} cases.`)
  if (standing.mean !== null) return standing
  const missing = standing.missing.map(({ place, runs }) => {
    const scorer = contest.scorers.find(one => one.place === place)
    return `${runs} of its runs ${runs === 1 ? 'has' : 'have'} no score of ${scorer?.name ?? place}`
  })
  throw new Conflict(`${variant.label} cannot be judged: ${missing.join(', ') || 'no scorer counts'}.`)
}
