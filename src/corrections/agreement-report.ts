import { z } from '@hono/zod-openapi'
import type { Db } from '#db/connect.ts'
import { computeAlpha, computeKappa, computePercentAgreement } from '#statistics/agreement.ts'
import { clusterBootstrap } from '#statistics/bootstrap.ts'
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

/**
 * How far first and second reviewers agree, on the action and on the category (where having none is a category too).
 * Intervals are 95 %, by resampling candidates. What is not defined is null: α and κ where only one value was ever given.
 */
export async function reportAgreement(db: Db, projectId: number): Promise<AgreementReport> {
  const pairs = await listRatedPairs(db, projectId)
  return {
    candidates: new Set(pairs.map(pair => pair.candidate_no)).size,
    action: measureAgreement(pairs, pair => pair.actions),
    category: measureAgreement(pairs, pair => pair.categories),
  }
}

type Labels = readonly [string, string]

function measureAgreement(pairs: RatedPair[], read: (pair: RatedPair) => Labels): z.infer<typeof agreementSchema> {
  const clusters = [...Map.groupBy(pairs, pair => pair.candidate_no).values()].map(group => group.map(read))
  return {
    percent: resample(clusters, computePercentAgreement),
    alpha: resample(clusters, computeAlpha),
    kappas: [...groupByReviewers(pairs)].map(([, group]) => {
      const reviewers = sortReviewers(group[0])
      const labels = group.map(pair => orientLabels(pair, read(pair), reviewers[0]))
      return { reviewers, n: group.length, kappa: computeKappa(labels) }
    }),
  }
}

function resample(clusters: Labels[][], statistic: (units: readonly Labels[]) => number | null) {
  const { estimate, low, high } = clusterBootstrap({ clusters, statistic, seed: 1, resamples: 1000 })
  return { estimate, low, high }
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
