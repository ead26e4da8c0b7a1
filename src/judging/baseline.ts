/**
 * The baseline expert: seven axes from countable signals, without any model. It works offline, costs nothing, and is the
 * control that a model's judgement has to beat. What it cannot see stands in `docs/baseline.md`.
 */
import type { Transcript } from '#sessions/transcript.ts'
import type { Scores } from './axes.ts'
import { writeBaselineComment } from './baseline-comment.ts'
import { type BaselineSignals, readSignals } from './baseline-signals.ts'
import { BASELINE_WEIGHTS } from './baseline-weights.ts'

export interface BaselineVerdict {
  /** Whole numbers 0–100; `subagent_orchestration` and `self_extension` null where nothing of the kind happened. */
  scores: Scores
  /** Two to five sentences: the signals that were seen, with their counts. */
  comment: string
}

/** Judges a transcript. Deterministic: the same transcript gets the same verdict; linear in the transcript's size. */
export function judgeByBaseline(transcript: Transcript): BaselineVerdict {
  const signals = readSignals(transcript)
  return { scores: weighSignals(signals), comment: writeBaselineComment(signals) }
}

/** The scores that `BASELINE_WEIGHTS` give for these signals. */
function weighSignals(signals: BaselineSignals): Scores {
  const complexity = weighComplexity(signals)
  return {
    task_complexity: complexity,
    goal_completion: weighGoal(signals),
    tool_usage_quality: weighTools(signals),
    efficiency: weighEfficiency(signals, complexity),
    communication: weighCommunication(signals),
    subagent_orchestration: weighSubagents(signals),
    self_extension: weighExtension(signals),
  }
}

/** From the request alone: what the agent did with it does not enter. No request: 0. */
function weighComplexity({ request }: BaselineSignals): number {
  const { length, demands, constraints, materials } = BASELINE_WEIGHTS.task_complexity
  const doublings = Math.log2(1 + request.words / length.from_words)
  return toScore(
    Math.min(length.most, length.each * doublings) +
      counted(request.demands - 1, demands) +
      counted(request.constraints, constraints) +
      counted(request.materials, materials),
  )
}

function weighGoal({ talk, tools, likes, dislikes }: BaselineSignals): number {
  const weights = BASELINE_WEIGHTS.goal_completion
  if (talk.agent_steps === 0) return talk.user_messages === 0 ? weights.nothing_asked : weights.never_answered
  const earlierInabilities = talk.inabilities - (talk.ends_unable ? 1 : 0)
  return toScore(
    weights.start +
      (talk.thanked ? weights.thanked : 0) +
      (talk.last_unanswered ? weights.last_unanswered : 0) +
      (talk.ends_midway ? weights.ends_midway : 0) +
      (talk.ends_unable ? weights.ends_unable : 0) +
      counted(likes, weights.likes) +
      counted(dislikes, weights.dislikes) +
      counted(talk.complaints, weights.complaints) +
      counted(talk.corrections, weights.corrections) +
      counted(talk.repeated_requests, weights.repeated_requests) +
      counted(earlierInabilities, weights.inabilities) +
      counted(talk.transfers, weights.transfers) +
      counted(tools.unrecovered.length, weights.unrecovered),
  )
}

function weighTools({ tools }: BaselineSignals): number {
  const weights = BASELINE_WEIGHTS.tool_usage_quality
  if (tools.calls === 0) return weights.no_calls
  const faults = tools.failed * weights.failed + tools.malformed * weights.malformed + tools.repeated * weights.repeated
  const streak = counted(tools.longest_failure_streak - weights.streak.from, weights.streak)
  return toScore(weights.start + (weights.fault * faults) / tools.calls + streak)
}

function weighEfficiency({ talk, tools }: BaselineSignals, complexity: number): number {
  const weights = BASELINE_WEIGHTS.efficiency
  const steps = talk.agent_texts + tools.calls
  if (steps === 0) return weights.no_steps
  const expected = weights.expected_steps.least + weights.expected_steps.per_complexity_point * complexity
  const wasted = tools.calls === 0 ? 0 : (tools.failed + tools.malformed + tools.repeated) / tools.calls
  return toScore(
    weights.start +
      counted(Math.log2(steps / expected), weights.doubling) +
      weights.wasted_share * wasted +
      counted(talk.corrections, weights.corrections),
  )
}

function weighCommunication({ talk, likes, dislikes }: BaselineSignals): number {
  const weights = BASELINE_WEIGHTS.communication
  if (talk.user_messages === 0) return weights.no_user
  if (talk.agent_texts === 0) return weights.never_answered
  return toScore(
    weights.start +
      (talk.thanked ? weights.thanked : 0) +
      counted(likes, weights.likes) +
      counted(dislikes, weights.dislikes) +
      counted(talk.complaints, weights.complaints) +
      counted(talk.corrections, weights.corrections) +
      counted(talk.repeated_requests, weights.repeated_requests) +
      counted(talk.unanswered, weights.unanswered) +
      counted(talk.apologies - weights.apologies.from, weights.apologies),
  )
}

function weighSubagents({ subagents }: BaselineSignals): number | null {
  if (subagents.started === 0) return null
  const weights = BASELINE_WEIGHTS.subagent_orchestration
  const faults =
    subagents.failed * weights.failed + subagents.silent * weights.silent + subagents.duplicated * weights.duplicated
  return toScore(weights.start + (weights.fault * faults) / subagents.started)
}

function weighExtension({ extension }: BaselineSignals): number | null {
  const all = extension.writes + extension.uses + extension.failed
  if (all === 0) return null
  const weights = BASELINE_WEIGHTS.self_extension
  return toScore(
    weights.start +
      counted(extension.writes, weights.writes) +
      counted(extension.uses, weights.uses) +
      (weights.failed_share * extension.failed) / all,
  )
}

/** `each` per unit of the count, up to `most`; nothing for a count below zero. */
function counted(count: number, { each, most }: { each: number; most: number }): number {
  const points = Math.max(0, count) * each
  return each < 0 ? Math.max(most, points) : Math.min(most, points)
}

function toScore(points: number): number {
  return Math.round(Math.min(100, Math.max(0, points)))
}
