import { Invalid } from '#errors.ts'
import type { Backends } from '#models/backend.ts'
import { CallFailure } from '#models/call-failure.ts'
import { type AskOptions, ask, type Ledger, type LedgerAnswer, markUseless } from '#models/ledger.ts'
import type { FailureKind, ModelMessage } from '#models/model.ts'
import { buildJudgeCorrection, buildJudgePrompt, judgeReplySchema, type RunJudge } from './scorers/judge-prompt.ts'
import { type JudgeReading, readJudgeReply } from './scorers/judge-reply.ts'
import type { JudgeScorer } from './scorers/llm-judge.ts'
import type { ScoredCase, ScoredOutput } from './scorers/scorer.ts'

/** What a judge looks at, and on whose bill. */
export interface JudgedOutput {
  project_id: number
  /** The project's secret, for the fences around foreign text. */
  secret: Buffer
  scored: ScoredCase
  output: ScoredOutput
  /** The run (or experiment) whose bill it is on. */
  paid_by: string | null
}

/** Why there is no score. */
export interface JudgeFailure {
  kind: FailureKind | 'unusable'
  reason: string
  /** Every other call to this model would fail the same way. */
  fatal: boolean
  /** The breaker holds the backend's calls back. */
  stopped: boolean
}

/** What is kept with a score: the reasons, and where several judged, each one's score. */
export interface JudgeMetadata {
  explanation: string
  [field: string]: unknown
}

export type JudgeVerdict = ({ value: number; metadata: JudgeMetadata } | { failure: JudgeFailure }) & {
  calls: LedgerAnswer[]
}

/** Room that the answer needs in the model's window, thinking included. */
const ANSWER_TOKENS = 4_096

/**
 * Asks all judges of a scorer. The value is the mean of their scores of 1 to 10, mapped to 0 to 1 by (s − 1) / 9; `spread`
 * in the metadata is the highest score minus the lowest. Without a usable reply of each there is no score.
 */
export async function judgeOutput(
  ledger: Ledger,
  backends: Backends,
  scorer: JudgeScorer,
  judged: JudgedOutput,
  options: AskOptions,
): Promise<JudgeVerdict> {
  const asked = scorer.judges.map(judge => askJudge(ledger, backends, scorer, judge, judged, options))
  const settled = await Promise.allSettled(asked)
  const replies = settled.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))
  const broken = settled.find(one => one.status === 'rejected')
  if (broken !== undefined) throw broken.reason
  const calls = replies.flatMap(reply => reply.calls)
  const failed = replies.filter(reply => 'failure' in reply)
  const [first] = failed
  if (first !== undefined) {
    const worst = failed.find(({ failure }) => failure.fatal || failure.stopped) ?? first
    const reasons = failed.map(({ judge, failure }) => `${judge.name}: ${failure.reason}`)
    return { failure: { ...worst.failure, reason: reasons.join(' · ') }, calls }
  }
  return { ...summarise(replies.filter(reply => 'tenths' in reply)), calls }
}

interface JudgeReply {
  judge: RunJudge
  calls: LedgerAnswer[]
  tenths: number
  reason: string
  cut: boolean
}

interface FailedReply {
  judge: RunJudge
  calls: LedgerAnswer[]
  failure: JudgeFailure
}

function summarise(replies: JudgeReply[]): { value: number; metadata: JudgeMetadata } {
  const total = replies.reduce((sum, { tenths }) => sum + tenths, 0)
  const scores = replies.map(({ tenths }) => tenths / 10)
  const judges = replies.map(({ judge, tenths, reason, cut }) => ({
    name: judge.name,
    model: judge.model,
    score: tenths / 10,
    reason,
    ...(cut ? { cut } : {}),
  }))
  const explanation =
    judges.length === 1
      ? (judges[0]?.reason ?? '')
      : judges.map(({ name, score, reason }) => `${name} (${score}): ${reason}`).join('\n')
  const spread = (Math.max(...scores) * 10 - Math.min(...scores) * 10) / 10
  return {
    value: (total - 10 * replies.length) / (90 * replies.length),
    metadata: { explanation, judges, ...(judges.length === 1 ? {} : { spread }) },
  }
}

/**
 * Asks one judge. A reply that cannot be used is sent back once with what was wrong, which is a call of its own; after a
 * second one both are kept as useless, so that scoring again really asks.
 */
async function askJudge(
  ledger: Ledger,
  backends: Backends,
  scorer: JudgeScorer,
  judge: RunJudge,
  judged: JudgedOutput,
  options: AskOptions,
): Promise<JudgeReply | FailedReply> {
  const calls: LedgerAnswer[] = []
  const fail = (kind: JudgeFailure['kind'], reason: string, more = { fatal: false, stopped: false }) => ({
    judge,
    calls,
    failure: { kind, reason, fatal: more.fatal, stopped: more.stopped },
  })
  if (!backends.names().includes(judge.backend)) {
    const reason = `there is no backend "${judge.backend}" in whetstone.yaml; see: whetstone backend list`
    return fail('configuration', reason, { fatal: true, stopped: false })
  }
  const backend = backends.get(judge.backend)
  try {
    const askFor = async (messages: ModelMessage[]) => {
      const request = { model: judge.model, messages, parameters: judge.params, schema: judgeReplySchema() }
      const { project_id, paid_by } = judged
      const answer = await ask(ledger, backend, { project_id, paid_by, since: null, request }, options)
      calls.push(answer)
      return answer
    }
    const window = backend.contextWindow(judge.model)
    const budgetTokens = Math.max(0, window - readLimit(judge.params.max_tokens ?? backend.config.max_tokens))
    const { scored, output, secret } = judged
    const prompt = buildJudgePrompt({ scorer, judge, scored, output, nonceKey: secret, budgetTokens })
    const first = await askFor(prompt.messages)
    const reading = readAnswer(first)
    if (reading.ok) return { judge, calls, ...reading, cut: prompt.cut }
    const second = await askFor(buildJudgeCorrection(prompt.messages, first.answer.text, reading.reason))
    const corrected = readAnswer(second)
    if (corrected.ok) return { judge, calls, ...corrected, cut: prompt.cut }
    await markUseless(ledger.db, judged.project_id, calls)
    return fail('unusable', `no usable reply, also when asked again: ${corrected.reason}`)
  } catch (error) {
    if (error instanceof Invalid) return fail('configuration', error.message)
    if (!(error instanceof CallFailure) || error.kind === 'cancelled') throw error
    return fail(error.kind, error.message, error)
  }
}

function readLimit(limit: unknown): number {
  return typeof limit === 'number' ? limit : ANSWER_TOKENS
}

function readAnswer({ answer }: LedgerAnswer): JudgeReading {
  const reading = readJudgeReply(answer.text)
  if (reading.ok || answer.finish_reason !== 'length') return reading
  return { ok: false, reason: `the reply was cut off at the greatest length; be brief; ${reading.reason}` }
}
