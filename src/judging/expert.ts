import { Invalid } from '#errors.ts'
import type { Backend } from '#models/backend.ts'
import { CallFailure } from '#models/call-failure.ts'
import { type AskOptions, ask, type CallRef, type Ledger, type LedgerAnswer } from '#models/ledger.ts'
import type { FailureKind, ModelMessage } from '#models/model.ts'
import type { Transcript } from '#sessions/transcript.ts'
import type { Scores } from './axes.ts'
import { judgeByBaseline } from './baseline.ts'
import type { Cut } from './cut.ts'
import type { Expert, Panel } from './panel.ts'
import { buildPrompt, type Prompt } from './prompt.ts'
import { buildCorrection, readVerdict, verdictSchema } from './verdict.ts'
import type { PanelAndRubric } from './versions.ts'

/** What one expert said of one session, and which answers of the ledger stand behind it. */
export interface ExpertVerdict {
  expert_id: string
  scores: Scores
  comment: string
  cut: Cut | null
  calls: LedgerAnswer[]
}

/** Why an expert has no verdict. Its answers are kept, but are not given out again. */
export interface ExpertFailure {
  expert_id: string
  kind: FailureKind | 'unusable'
  message: string
  /** Every other call to this model would fail the same way. */
  fatal: boolean
  /** The breaker holds the backend's calls back. */
  stopped: boolean
  calls: LedgerAnswer[]
}

/** Everything that one judging of one session is made of, the same for all its experts. */
export interface Judging {
  project_id: number
  secret: Buffer
  versions: PanelAndRubric
  transcript: Transcript
  model: string
  paid_by: string | null
  since: string | null
}

/** Room that the answer needs in the model's window: scores and five sentences, and some thinking before them. */
const ANSWER_TOKENS = 4_096

/** What the experts of a panel say where no model is asked: the same, each of them. */
export function answerByBaseline(panel: Panel, transcript: Transcript): ExpertVerdict[] {
  const verdict = judgeByBaseline(transcript)
  return panel.experts.map(({ id }) => ({ expert_id: id, ...verdict, cut: null, calls: [] }))
}

/** What came of asking all experts of a panel, in its order; `broken` says why one neither answered nor failed. */
export interface PanelAnswers {
  said: (ExpertVerdict | ExpertFailure)[]
  broken: { reason: unknown } | null
}

/**
 * Asks all experts at once. Waits for all of them, also when one cannot go on: an answer that is on its way belongs in the
 * ledger before anything else is done.
 */
export async function askExperts(
  ledger: Ledger,
  backend: Backend,
  judging: Judging,
  options: AskOptions,
): Promise<PanelAnswers> {
  const asked = judging.versions.panel.experts.map(expert => askExpert(ledger, backend, judging, expert, options))
  const settled = await Promise.allSettled(asked)
  return {
    said: settled.flatMap(one => (one.status === 'fulfilled' ? [one.value] : [])),
    broken: settled.find(one => one.status === 'rejected') ?? null,
  }
}

/**
 * Asks one expert. A reply that cannot be used is sent back once with what was wrong, which is a call of its own; a second
 * such reply, or a call that fails, is a failure, never a score.
 */
async function askExpert(
  ledger: Ledger,
  backend: Backend,
  judging: Judging,
  expert: Expert,
  options: AskOptions,
): Promise<ExpertVerdict | ExpertFailure> {
  const calls: LedgerAnswer[] = []
  const askFor = async (messages: ModelMessage[]) => {
    const answer = await ask(ledger, backend, toAsking(judging, messages), options)
    calls.push(answer)
    return answer
  }
  try {
    const prompt = buildExpertPrompt(backend, judging, expert)
    const first = await askFor(prompt.messages)
    const reading = readAnswer(first)
    if (reading.ok) return { expert_id: expert.id, ...reading.verdict, cut: prompt.cut, calls }
    const second = await askFor(buildCorrection(prompt.messages, first.answer.text, reading.reason))
    const corrected = readAnswer(second)
    if (corrected.ok) return { expert_id: expert.id, ...corrected.verdict, cut: prompt.cut, calls }
    return fail(expert, 'unusable', `no usable reply, also when asked again: ${corrected.reason}`, calls)
  } catch (error) {
    if (error instanceof Invalid) return fail(expert, 'configuration', error.message, calls)
    if (!(error instanceof CallFailure) || error.kind === 'cancelled') throw error
    return { ...fail(expert, error.kind, error.message, calls), fatal: error.fatal, stopped: error.stopped }
  }
}

function buildExpertPrompt(backend: Backend, judging: Judging, expert: Expert): Prompt {
  const { panel, rubric } = judging.versions
  const window = backend.contextWindow(judging.model)
  const answer = panel.parameters?.max_tokens ?? backend.config.max_tokens ?? ANSWER_TOKENS
  return buildPrompt({
    transcript: judging.transcript,
    rubric,
    panel,
    expert,
    nonceKey: judging.secret,
    budgetTokens: Math.max(0, window - answer),
  })
}

function toAsking(judging: Judging, messages: ModelMessage[]) {
  const { project_id, paid_by, since, model, versions } = judging
  const parameters = { ...versions.panel.parameters }
  return { project_id, paid_by, since, request: { model, messages, parameters, schema: verdictSchema() } }
}

function readAnswer({ answer }: LedgerAnswer): ReturnType<typeof readVerdict> {
  const reading = readVerdict(answer.text)
  if (reading.ok || answer.finish_reason === 'stop') return reading
  const ends: { [reason: string]: string } = {
    length: 'the reply was cut off at the greatest length; be brief',
    content_filter: 'the reply was withheld by a filter',
  }
  const end = ends[answer.finish_reason]
  return end === undefined ? reading : { ok: false, reason: `${end}; ${reading.reason}` }
}

function fail(expert: Expert, kind: ExpertFailure['kind'], message: string, calls: LedgerAnswer[]): ExpertFailure {
  return { expert_id: expert.id, kind, message, fatal: false, stopped: false, calls }
}

/** The answers behind a verdict, by name. */
export function nameCalls(calls: LedgerAnswer[]): CallRef[] {
  return calls.map(({ question, repeat }) => ({ question, repeat }))
}
