import type { Backends } from '#models/backend.ts'
import type { AskOptions, Ledger, LedgerAnswer } from '#models/ledger.ts'
import { type DeclaredScorer, restoreScorer } from './declared-scorers.ts'
import { type JudgedOutput, type JudgeFailure, judgeOutput } from './run-judge.ts'
import type { ExperimentScorer } from './weights.ts'

/** A score to be written. */
export interface GradedScore {
  scorer_no: number
  version: string
  /** 0 to 1. */
  value: number
  metadata: { explanation: string; [field: string]: unknown }
}

/** Why a run has no score of a scorer that asked a model for it; kept with the run. */
export interface UnscoredReason {
  scorer_no: number
  reason: string
}

export interface GradedOutput {
  /** A scorer that has no word on the case has no score. */
  scores: GradedScore[]
  unscored: UnscoredReason[]
  /** What of it every other run would meet as well, so that a sweep ends with it. */
  stop: JudgeFailure | null
  /** What judges answered; belongs on the run's bill. */
  calls: LedgerAnswer[]
}

/** The scorers of an experiment, ready to grade many runs. */
export type Grader = { scorer_no: number; scorer: DeclaredScorer }[]

/** Makes the declared scorers ready; they are kept by the process, so it costs little to do it for every batch. */
export function prepareGrader(scorers: readonly ExperimentScorer[]): Grader {
  return scorers.flatMap(row => {
    const scorer = row.declared ? restoreScorer(row) : null
    return scorer === null ? [] : [{ scorer_no: row.scorer_no, scorer }]
  })
}

/**
 * Grades the output of a run that came to its end with all scorers; the judges among them are asked at the same time, through
 * the ledger. A judge that fails costs the run its score, not the run.
 *
 * @throws CallFailure of kind `cancelled` when `options` say so, and nothing else but bugs and the database's absence.
 */
export async function gradeOutput(
  ledger: Ledger,
  backends: Backends,
  grader: Grader,
  judged: JudgedOutput,
  options: AskOptions = {},
): Promise<GradedOutput> {
  const graded: GradedOutput = { scores: [], unscored: [], stop: null, calls: [] }
  const asked = grader.map(async ({ scorer_no, scorer }) => {
    if ('grade' in scorer) {
      const { value, explanation } = scorer.grade(judged.scored, judged.output)
      if (value === null) return
      graded.scores.push({ scorer_no, version: scorer.version, value, metadata: { explanation } })
    } else if ('judges' in scorer) {
      const verdict = await judgeOutput(ledger, backends, scorer, judged, options)
      graded.calls.push(...verdict.calls)
      if ('failure' in verdict) {
        const { failure } = verdict
        graded.unscored.push({ scorer_no, reason: failure.reason })
        if (failure.fatal || failure.stopped) graded.stop = failure
      } else
        graded.scores.push({ scorer_no, version: scorer.version, value: verdict.value, metadata: verdict.metadata })
    }
  })
  const broken = (await Promise.allSettled(asked)).find(one => one.status === 'rejected')
  if (broken !== undefined) throw broken.reason
  graded.scores.sort((one, other) => one.scorer_no - other.scorer_no)
  graded.unscored.sort((one, other) => one.scorer_no - other.scorer_no)
  return graded
}

/** The scores as a run's `grades`: each at `scorer_no - 1`, null where there is none. */
export function placeGrades(scores: readonly { scorer_no: number; value: number }[]): (number | null)[] {
  const grades: (number | null)[] = new Array(Math.max(0, ...scores.map(one => one.scorer_no))).fill(null)
  for (const { scorer_no, value } of scores) grades[scorer_no - 1] = value
  return grades
}
