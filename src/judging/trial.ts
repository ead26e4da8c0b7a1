/** A session judged on trial: by versions that need not be in force, with nothing written but the ledger. */
import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, queryOne, queryRow } from '#db/connect.ts'
import { Invalid, NotFound } from '#errors.ts'
import { foreignIdSchema } from '#http/schemas.ts'
import type { Backends } from '#models/backend.ts'
import { type Ledger, markUseless } from '#models/ledger.ts'
import { ModelFailure } from '#models/model.ts'
import { readTranscript } from '#sessions/read-transcript.ts'
import type { Transcript } from '#sessions/transcript.ts'
import { estimateSchema, priceCalls, rateSession, tokensIn } from './estimate.ts'
import { answerByBaseline, askExperts, type ExpertFailure, type ExpertVerdict } from './expert.ts'
import { averageScores } from './mean.ts'
import { computeRubricVersion } from './rubric.ts'
import { BASELINE, runInputSchema } from './runs.ts'
import { meansSchema } from './scores.ts'
import { identifyPanel } from './shipped.ts'
import { sumAnswers } from './usage.ts'
import { choosePanel, findPanel, findRubric, type PanelAndRubric, pinsInputSchema, readPins } from './versions.ts'

export const trialInputSchema = z
  .strictObject({
    session_id: foreignIdSchema,
    panel: pinsInputSchema.shape.panel.openapi({
      description: 'A judge version, or a name, which means its newest version; left out, the one that a run would use',
    }),
    rubric: pinsInputSchema.shape.rubric.openapi({
      description: 'A rubric version, or a name, which means its newest version; left out, the pinned one',
    }),
    backend: runInputSchema.shape.backend,
    model: runInputSchema.shape.model,
  })
  .openapi('TrialInput')
export type TrialInput = z.output<typeof trialInputSchema>

const versions = { judge_version: z.string(), rubric_version: z.string() }

export const trialEstimateSchema = z.object({ ...versions, ...estimateSchema.shape }).openapi('TrialEstimate')
export type TrialEstimate = z.infer<typeof trialEstimateSchema>

const trialExpertSchema = z.object({
  expert_id: z.string(),
  scores: meansSchema.nullable().openapi({ description: 'An axis is null where it was not used' }),
  comment: z.string().nullable(),
  error: z.string().nullable().openapi({ description: 'Why there are no scores' }),
  response_model: z.string().nullable(),
  tokens_in: z.int().nullable(),
  tokens_out: z.int().nullable(),
  cost_usd: z.number().nullable().openapi({ description: 'Of its answers, also those that were known' }),
})

export const trialSchema = z
  .object({
    session_id: z.string(),
    ...versions,
    backend: z.string(),
    judge_model: z.string(),
    msg_count: z.int(),
    experts: z.array(trialExpertSchema).openapi({ description: "In the panel's order" }),
    avg: meansSchema.nullable().openapi({ description: 'Over all experts; null when one has no scores' }),
    cut: z.unknown().openapi({ description: 'What the judge did not see of a session longer than its window' }),
    calls: z.int().openapi({ description: 'Answers that were asked for now; the others were known' }),
  })
  .openapi('SessionTrial')
export type SessionTrial = z.infer<typeof trialSchema>

/** What trying needs beside the database. */
export interface TrialParts {
  backends: Backends
  ledger: Ledger
}

/**
 * Judges a session as a run would, but keeps no pass: nothing of it is in the session's standing, in a list, a trend or on a
 * run's bill. The answers are in the ledger, on nobody's bill, so that the same trial again, and a run that asks the same,
 * pay nothing. An expert that fails is told in its place.
 *
 * @param signal aborted when nobody waits for the answer any more; calls that are under way are given up.
 * @throws NotFound for an unknown session or version. @throws Invalid for a backend that is not there or does not suit the
 * panel. @throws ModelFailure of kind `cancelled` when it was given up.
 */
export async function trySession(
  db: Db,
  { backends, ledger }: TrialParts,
  projectId: number,
  input: TrialInput,
  signal: AbortSignal,
): Promise<SessionTrial> {
  const { session_no, secret } = await findSession(db, projectId, input.session_id)
  const chosen = await chooseTrialVersions(db, projectId, input)
  const backend = input.backend === BASELINE ? null : backends.get(input.backend)
  const { transcript, msg_count } = await readTranscript(db, projectId, session_no)
  const judging = { project_id: projectId, secret, versions: chosen, transcript, model: input.model }
  const { said, broken } =
    backend === null
      ? describeBaseline(chosen, transcript)
      : await askExperts(ledger, backend, { ...judging, paid_by: null, since: null }, { signal })
  if (signal.aborted) throw new ModelFailure('cancelled', 'The trial was given up.')
  if (broken !== null) throw broken.reason
  const failures = said.filter(one => 'kind' in one)
  await markUseless(
    db,
    projectId,
    failures.flatMap(failure => failure.calls),
  )
  return {
    session_id: transcript.session_id,
    judge_version: identifyPanel(chosen.panel),
    rubric_version: computeRubricVersion(chosen.rubric),
    backend: input.backend,
    judge_model: backend === null ? BASELINE : input.model,
    msg_count,
    ...describeAnswers(said),
  }
}

/** What a trial would take, where none of its answers is known yet. @throws as `trySession` */
export async function estimateTrial(
  db: Db,
  backends: Backends,
  projectId: number,
  input: TrialInput,
): Promise<TrialEstimate> {
  const { session_no } = await findSession(db, projectId, input.session_id)
  const chosen = await chooseTrialVersions(db, projectId, input)
  const rate = rateSession(backends, input.backend, input.model, chosen)
  const { tokens_in } = await queryRow<{ tokens_in: number }>(
    db,
    sql`
      select coalesce(sum(${tokensIn(rate)}), 0)::bigint as tokens_in
      from sessions s where project_id = ${projectId} and session_no = ${session_no}`,
  )
  return {
    judge_version: identifyPanel(chosen.panel),
    rubric_version: computeRubricVersion(chosen.rubric),
    sessions: 1,
    calls: rate.experts,
    tokens_in,
    tokens_out: rate.experts * rate.tokens_out,
    cost_usd: priceCalls(rate, rate.experts, tokens_in),
  }
}

async function findSession(
  db: Db,
  projectId: number,
  sessionId: string,
): Promise<{ session_no: number; secret: Buffer }> {
  const row = await queryOne<{ session_no: number; secret: Buffer }>(
    db,
    sql`
      select session_no, secret from sessions join projects using (project_id)
      where project_id = ${projectId} and session_id = ${sessionId}`,
  )
  if (row === null) throw new NotFound(`There is no session "${sessionId}".`)
  return row
}

async function chooseTrialVersions(db: Db, projectId: number, input: TrialInput): Promise<PanelAndRubric> {
  const kind = input.backend === BASELINE ? 'baseline' : 'model'
  const pins = await readPins(db, projectId)
  const panel = input.panel === undefined ? choosePanel(pins, kind) : await findPanel(db, projectId, input.panel)
  const rubric = input.rubric === undefined ? pins.rubric : await findRubric(db, projectId, input.rubric)
  if (panel.kind === kind) return { panel, rubric }
  const remedy =
    kind === 'baseline'
      ? `The panel "${panel.name}" asks models; name a backend that has one`
      : `The panel "${panel.name}" is judged without a model; its backend is "${BASELINE}"`
  throw new Invalid(`${remedy}.`, ['body', 'backend'])
}

function describeBaseline({ panel }: PanelAndRubric, transcript: Transcript) {
  return { said: answerByBaseline(panel, transcript), broken: null }
}

function describeAnswers(
  said: (ExpertVerdict | ExpertFailure)[],
): Pick<SessionTrial, 'experts' | 'avg' | 'cut' | 'calls'> {
  const verdicts = said.filter(one => 'scores' in one)
  return {
    experts: said.map(describeExpert),
    avg: verdicts.length === said.length ? averageScores(verdicts.map(one => one.scores)) : null,
    cut: verdicts[0]?.cut ?? null,
    calls: said.flatMap(one => one.calls).filter(call => !call.replayed).length,
  }
}

function describeExpert(one: ExpertVerdict | ExpertFailure): SessionTrial['experts'][number] {
  const { response_model, tokens_in, tokens_out, cost_usd } = sumAnswers(one.calls)
  const { expert_id } = one
  const use = { response_model, tokens_in, tokens_out, cost_usd }
  return 'scores' in one
    ? { expert_id, scores: one.scores, comment: one.comment, error: null, ...use }
    : { expert_id, scores: null, comment: null, error: one.message, ...use }
}
