/** The baseline's comment: what it saw, in words and counts. */
import type { BaselineSignals } from './baseline-signals.ts'

/** Two to five sentences that name the signals seen and say that no model was involved. */
export function writeBaselineComment(signals: BaselineSignals): string {
  const { messages, talk, tools } = signals
  const size = `${count(messages, 'message')}, ${talk.user_messages} of them from the user, and ${count(tools.calls, 'tool call')}`
  const sentences = [
    `Counted without a model: ${size}.`,
    describeRequest(signals),
    describeTools(signals),
    describeTalk(signals),
    describeExtras(signals),
  ]
  return sentences.filter(sentence => sentence !== null).join(' ')
}

function describeRequest({ request }: BaselineSignals): string {
  if (request.words === 0) return 'There is no request in words.'
  const parts = [
    count(request.words, 'word'),
    count(request.demands, 'sign of a demand', 'signs of a demand'),
    count(request.constraints, 'condition'),
    count(request.materials, 'piece of material', 'pieces of material'),
  ]
  return `The request has ${joinList(parts)}.`
}

function describeTools({ tools }: BaselineSignals): string | null {
  if (tools.calls === 0) return null
  const names = [...tools.failed_by_name].toSorted(([, a], [, b]) => b - a).slice(0, 3)
  const failures = names.map(([name, failed]) => `${shortName(name)} ${failed}`).join(', ')
  const parts = [
    tools.failed > 0 && `${tools.failed} failed (${failures})`,
    tools.longest_failure_streak > 2 && `${tools.longest_failure_streak} of them in a row`,
    tools.malformed > 0 && `${tools.malformed} had arguments that are no JSON`,
    tools.repeated > 0 && `${tools.repeated} repeated an earlier call with the same result`,
    tools.unrecovered.length > 0 && `${count(tools.unrecovered.length, 'tool')} failed to the end`,
  ].filter(part => part !== false)
  return parts.length === 0 ? 'No call failed or was repeated in vain.' : `Of the calls ${joinList(parts)}.`
}

function describeTalk({ talk, likes, dislikes }: BaselineSignals): string {
  const parts = [
    likes > 0 && count(likes, 'like'),
    dislikes > 0 && count(dislikes, 'dislike'),
    talk.corrections > 0 && count(talk.corrections, 'correction by the user', 'corrections by the user'),
    talk.complaints > 0 && count(talk.complaints, 'complaint'),
    talk.repeated_requests > 0 && count(talk.repeated_requests, 'repeated request'),
    talk.unanswered > 0 && count(talk.unanswered, 'unanswered request'),
    talk.apologies > 0 && count(talk.apologies, 'apology', 'apologies'),
    talk.inabilities > 0 && count(talk.inabilities, 'answer that it cannot be done', 'answers that it cannot be done'),
    talk.transfers > 0 && count(talk.transfers, 'transfer to a person', 'transfers to a person'),
    talk.ends_midway && 'an end in the middle of the work',
    talk.thanked && 'thanks at the end',
  ].filter(part => part !== false)
  return parts.length === 0 ? 'Nothing in the talk stood out.' : `In the talk there were: ${joinList(parts)}.`
}

function describeExtras({ subagents, extension }: BaselineSignals): string | null {
  const { started, failed, silent, duplicated } = subagents
  const parts = [
    started > 0 && `${count(started, 'subagent')} (${failed} failed, ${silent} silent, ${duplicated} started twice)`,
    extension.writes > 0 &&
      count(
        extension.writes,
        'change to its own settings, skills or memory',
        'changes to its own settings, skills or memory',
      ),
    extension.uses > 0 && count(extension.uses, 'use of a skill', 'uses of a skill'),
    extension.failed > 0 && count(extension.failed, 'such call that failed', 'such calls that failed'),
  ].filter(part => part !== false)
  return parts.length === 0 ? null : `The agent made use of ${joinList(parts)}.`
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}

function joinList(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}

/** A foreign name in a sentence: one line, at most 40 characters. */
function shortName(name: string): string {
  const flat = name.replace(/\s+/g, ' ')
  return flat.length > 40 ? `${flat.slice(0, 39)}…` : flat
}
