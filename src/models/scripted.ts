import { describeAbort, waitAbortably } from './abort.ts'
import { systemClock } from './clock.ts'
import { createLatencySource } from './latency.ts'
import { type Model, type ModelAnswer, ModelFailure, type ModelRequest } from './model.ts'
import type { ScriptInput } from './script.ts'
import { estimateTokens } from './tokens.ts'

type Step = NonNullable<ScriptInput['default']>
type Rule = NonNullable<ScriptInput['rules']>[number]

/** A scripted model, and what it was asked so far, in the order of arrival. */
export interface ScriptedModel extends Model {
  calls: ModelRequest[]
}

/**
 * A model that answers by a script instead of thinking; an ordinary backend of kind `scripted`, for tests and for
 * working without a model. It chooses the step when the call arrives, then waits, then answers or fails. Without a
 * script every answer is `ok`.
 *
 * @param options.keep whether to keep what it is asked (true).
 */
export function createScriptedModel(
  script: ScriptInput = {},
  backend = 'scripted',
  options: { keep?: boolean } = {},
): ScriptedModel {
  const calls: ModelRequest[] = []
  const choose = createChooser(script)
  return {
    backend,
    origin: `scripted://${backend}`,
    calls,
    ask: async (request, signal) => {
      if (signal.aborted) throw describeAbort(signal)
      if (options.keep !== false) calls.push(request)
      const { step, draw } = choose(request)
      const ms = (step.delay_ms ?? 0) + (draw ? draw() : 0)
      if (ms > 0) await waitAbortably(signal, done => systemClock.schedule(ms, done))
      if (step.fail) throw describeScripted(step.fail)
      return buildAnswer(step, request)
    },
  }
}

interface Choice {
  step: Step
  draw: (() => number) | null
}

/** Each step keeps its own row of latencies, so that the seed decides them whatever else is asked. */
function createChooser(script: ScriptInput): (request: ModelRequest) => Choice {
  const prepare = <Any extends Step>(step: Any) => ({
    step,
    draw: step.latency ? createLatencySource(step.latency) : null,
  })
  const steps = (script.steps ?? []).map(prepare)
  const rules = (script.rules ?? []).map(rule => ({ ...prepare(rule), left: rule.times ?? Number.POSITIVE_INFINITY }))
  const fallback = prepare(script.default ?? {})
  let next = 0
  return request => {
    const step = steps[next]
    if (step) {
      next++
      return step
    }
    const rule = rules.find(({ step, left }) => left > 0 && matchRule(step, request))
    if (rule) rule.left--
    return rule ?? fallback
  }
}

function matchRule({ when = {} }: Rule, request: ModelRequest): boolean {
  if (when.model !== undefined && when.model !== request.model) return false
  if (when.last !== undefined && !request.messages.at(-1)?.content.includes(when.last)) return false
  const { any } = when
  return any === undefined || request.messages.some(message => message.content.includes(any))
}

function buildAnswer(step: Step, request: ModelRequest): ModelAnswer {
  const text = writeReply(step.reply, request)
  const { tool_calls } = step
  const usage = step.usage === undefined ? estimateUsage(request, text) : step.usage
  return {
    text,
    finish_reason: step.finish_reason ?? 'stop',
    response_model: request.model,
    tokens_in: usage?.tokens_in ?? null,
    tokens_out: usage?.tokens_out ?? null,
    tokens_in_cached: usage ? (usage.tokens_in_cached ?? 0) : null,
    ...(tool_calls === undefined ? {} : { tool_calls: tool_calls.map(writeToolCall) }),
  }
}

function writeReply(reply: Step['reply'], request: ModelRequest): string {
  if (reply === undefined) return 'ok'
  if (typeof reply === 'function') return reply(request)
  return typeof reply === 'string' ? reply : JSON.stringify(reply)
}

function writeToolCall(call: NonNullable<Step['tool_calls']>[number]) {
  return { name: call.name, arguments: JSON.stringify(call.arguments ?? {}) }
}

function estimateUsage(request: ModelRequest, text: string) {
  return {
    tokens_in: request.messages.reduce((sum, message) => sum + estimateTokens(message.content), 0),
    tokens_out: estimateTokens(text),
    tokens_in_cached: 0,
  }
}

function describeScripted(fail: NonNullable<Step['fail']>): ModelFailure {
  return new ModelFailure(fail.kind, fail.message ?? `The script says: ${fail.kind}.`, {
    status: fail.status ?? null,
    retryAfterMs: fail.retry_after_ms ?? null,
  })
}
