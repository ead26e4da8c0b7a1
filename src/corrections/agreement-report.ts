import { setImmediate } from 'node:timers/promises'
import { z } from '@hono/zod-openapi'
import type { Db } from '#db/connect.ts'
import { computeAlpha, computeKappa, computePercentAgreement } from '#statistics/agreement.ts'
import { boundPercentiles, drawKinds } from '#statistics/bootstrap.ts'
import { boundUnseen } from '#statistics/clusters.ts'
import { listRatedCandidates, type RatedCandidate, type ReviewRating } from './adjudication.ts'

const intervalSchema = z.object({
  estimate: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
})

const agreementSchema = z.object({
  percent: intervalSchema.openapi({ description: '0 to 100' }),
  alpha: intervalSchema.openapi({ description: "Krippendorff's α, nominal" }),
  kappas: z
    .array(z.object({ reviewers: z.array(z.string()), n: z.int(), kappa: z.number().nullable() }))
    .openapi({ description: "Cohen's κ of each pair of reviewers" }),
})

export const agreementReportSchema = z
  .object({ candidates: z.int(), action: agreementSchema, category: agreementSchema })
  .openapi('AgreementReport')
export type AgreementReport = z.infer<typeof agreementReportSchema>

const RESAMPLES = 1000
/** Resamples between two looks at what else there is to do: 10,000 candidates take 0.3 s in all. */
const AT_A_TIME = 10

/**
 * How far reviewers of the same candidate agree, on the action and on the category (where having none is a category too):
 * whoever decided, and whoever gave an opinion. Intervals are 95 %, by resampling candidates; where these are all alike, that
 * of the percentage is Clopper and Pearson's and α has none. What is not defined is null: α and κ where only one value was
 * ever given.
 */
export async function reportAgreement(db: Db, projectId: number): Promise<AgreementReport> {
  const candidates = await listRatedCandidates(db, projectId)
  const kinds = Map.groupBy(candidates, ratings =>
    JSON.stringify(ratings.map(({ action, category }) => [action, category])),
  )
  const samples = await resample([...kinds.values()].map(alike => alike.length))
  const examples = [...kinds.values()].flatMap(alike => alike.slice(0, 1))
  return {
    candidates: candidates.length,
    action: measureAgreement(candidates, examples, samples, rating => rating.action),
    category: measureAgreement(candidates, examples, samples, rating => rating.category),
  }
}

/** @param sizes how many candidates there are of each kind. @returns how often each kind was drawn, first of all as it is. */
async function resample(sizes: number[]): Promise<number[][]> {
  const kinds = sizes.flatMap((size, kind) => Array<number>(size).fill(kind))
  const samples = [sizes]
  for (const counts of drawKinds(kinds, sizes.length, { resamples: RESAMPLES, seed: 1 })) {
    samples.push(counts)
    if (samples.length % AT_A_TIME === 0) await setImmediate()
  }
  return samples
}

/** @param kinds a candidate of each kind. */
function measureAgreement(
  candidates: RatedCandidate[],
  kinds: RatedCandidate[],
  samples: number[][],
  read: (rating: ReviewRating) => string,
): z.infer<typeof agreementSchema> {
  const units = kinds.map(ratings => ratings.map(read))
  const pairs = Map.groupBy(candidates.flatMap(pairRatings), ([one, other]) =>
    JSON.stringify([one.reviewer, other.reviewer]),
  )
  const groups = [...pairs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group)
  return {
    percent: widen(bound(samples.map(times => computePercentAgreement(units, times))), candidates.length),
    alpha: bound(samples.map(times => computeAlpha(units, times))),
    kappas: groups.map(group => ({
      reviewers: group[0]?.map(rating => rating.reviewer) ?? [],
      n: group.length,
      kappa: computeKappa(group.map(([one, other]) => [read(one), read(other)])),
    })),
  }
}

type Interval = z.infer<typeof intervalSchema>

/** @param values of the data, then of each resample. Where none differs, they say nothing of how far it could be off. */
function bound([estimate = null, ...values]: (number | null)[]): Interval {
  if (estimate === null) return { estimate, low: null, high: null }
  const { low, high } = boundPercentiles(values.filter(value => value !== null))
  return low === high ? { estimate, low: null, high: null } : { estimate, low, high }
}

/** Where all candidates are alike: as many as may be unlike those that were seen, see `boundUnseen`, are unlike in full. */
function widen({ estimate, low, high }: Interval, candidates: number): Interval {
  if (estimate === null || low !== null) return { estimate, low, high }
  const unseen = boundUnseen(candidates, 0.025)
  return { estimate, low: estimate * (1 - unseen), high: estimate + unseen * (100 - estimate) }
}

/** Every two ratings of a candidate. κ tells the two sides apart, so each reviewer keeps one, whoever of them came first. */
function pairRatings(ratings: RatedCandidate): [ReviewRating, ReviewRating][] {
  const sorted = ratings.toSorted((one, other) => (one.reviewer < other.reviewer ? -1 : 1))
  return sorted.flatMap((one, index) =>
    sorted.slice(index + 1).map((other): [ReviewRating, ReviewRating] => [one, other]),
  )
}
