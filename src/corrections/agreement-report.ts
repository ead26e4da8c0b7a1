import { setImmediate } from 'node:timers/promises'
import { z } from '@hono/zod-openapi'
import type { Db } from '#db/connect.ts'
import { computeAlpha, computeKappa, computePercentAgreement } from '#statistics/agreement.ts'
import { boundPercentiles, drawKinds } from '#statistics/bootstrap.ts'
import { listRatedPairs, type RatedPair } from './adjudication.ts'

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
 * How far first and second reviewers agree, on the action and on the category (where having none is a category too).
 * Intervals are 95 %, by resampling candidates. What is not defined is null: α and κ where only one value was ever given.
 */
export async function reportAgreement(db: Db, projectId: number): Promise<AgreementReport> {
  const pairs = await listRatedPairs(db, projectId)
  const clusters = [...Map.groupBy(pairs, pair => pair.candidate_no).values()]
  const kinds = Map.groupBy(clusters, cluster => JSON.stringify(cluster.map(pair => [pair.actions, pair.categories])))
  const samples = await resample([...kinds.values()].map(alike => alike.length))
  const examples = [...kinds.values()].flatMap(alike => alike.slice(0, 1))
  return {
    candidates: clusters.length,
    action: measureAgreement(pairs, examples, samples, pair => pair.actions),
    category: measureAgreement(pairs, examples, samples, pair => pair.categories),
  }
}

type Labels = readonly [string, string]

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

function measureAgreement(
  pairs: RatedPair[],
  kinds: RatedPair[][],
  samples: number[][],
  read: (pair: RatedPair) => Labels,
): z.infer<typeof agreementSchema> {
  const units = kinds.flatMap(kind => kind.map(read))
  const spread = (counts: number[]) => kinds.flatMap((kind, index) => kind.map(() => counts[index] ?? 0))
  const times = samples.map(spread)
  return {
    percent: bound(times.map(own => computePercentAgreement(units, own))),
    alpha: bound(times.map(own => computeAlpha(units, own))),
    kappas: [...groupByReviewers(pairs)].map(([, group]) => {
      const reviewers = sortReviewers(group[0])
      const labels = group.map(pair => orientLabels(pair, read(pair), reviewers[0]))
      return { reviewers, n: group.length, kappa: computeKappa(labels) }
    }),
  }
}

/** @param values of the data, then of each resample. */
function bound([estimate = null, ...values]: (number | null)[]): z.infer<typeof intervalSchema> {
  if (estimate === null) return { estimate, low: null, high: null }
  return { estimate, ...boundPercentiles(values.filter(value => value !== null)) }
}

function groupByReviewers(pairs: RatedPair[]): Map<string, RatedPair[]> {
  const groups = Map.groupBy(pairs, pair => JSON.stringify(sortReviewers(pair)))
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function sortReviewers(pair: RatedPair | undefined): string[] {
  return pair === undefined ? [] : [pair.first, pair.second].sort()
}

/** κ tells the two apart, so each keeps a side, whoever of them came first on a candidate. */
function orientLabels(pair: RatedPair, [first, second]: Labels, left: string | undefined): Labels {
  return pair.first === left ? [first, second] : [second, first]
}
