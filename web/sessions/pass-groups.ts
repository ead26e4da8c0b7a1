import type { EvaluatedSession } from '#client.ts'
import { type AxisScores, SHOWN_AXES, type ShownAxis } from '../ui/axes.ts'

type Evaluation = EvaluatedSession['evaluations'][number]

/** One judging of the session by the whole panel. */
export interface Pass {
  id: string
  first: Evaluation
  experts: Evaluation[]
  average: AxisScores
  /** Against the pass before it; an axis that one of them did not use has none. */
  change: AxisScores
  /** Whether the pass before was made by the same judge, rubric and model; null for the first pass. */
  comparable: boolean | null
  cost: number | null
  tokens: number | null
  /** What the judge did not see, in words. */
  cut: string | null
  /** Messages that came since. */
  since: number
  /** Made by rules, without a model. */
  baseline: boolean
}

/** The passes of a session, newest first. Pure. */
export function groupPasses(session: EvaluatedSession): Pass[] {
  const groups = [...Map.groupBy(session.evaluations, one => one.eval_run_id).entries()]
  return groups.flatMap(([id, experts], index) => {
    const [first] = experts
    if (first === undefined) return []
    const before = groups[index + 1]?.[1][0]
    return {
      id,
      first,
      experts,
      average: first.pass_avg,
      change: mapShownAxes(axis => subtract(first.pass_avg[axis], before?.pass_avg[axis])),
      comparable:
        before === undefined
          ? null
          : before.judge_version === first.judge_version &&
            before.rubric_version === first.rubric_version &&
            before.judge_model === first.judge_model,
      cost: addKnown(experts.map(one => one.cost_usd)),
      tokens: addKnown(experts.map(one => addKnown([one.tokens_in, one.tokens_out]))),
      cut: describeCut(first.cut),
      since: Math.max(0, session.msg_count - first.msg_count),
      baseline: experts.every(one => one.calls.length === 0),
    }
  })
}

function mapShownAxes(of: (axis: ShownAxis) => number | null): AxisScores {
  const scores: AxisScores = {
    task_complexity: null,
    goal_completion: null,
    tool_usage_quality: null,
    efficiency: null,
    communication: null,
    subagent_orchestration: null,
    self_extension: null,
  }
  for (const { axis } of SHOWN_AXES) scores[axis] = of(axis)
  return scores
}

function subtract(now: number | null, before: number | null | undefined): number | null {
  return now === null || before === null || before === undefined ? null : now - before
}

/** Null when any part is not known. Pure. */
export function addKnown(values: (number | null)[]): number | null {
  return values.reduce<number | null>((sum, value) => (sum === null || value === null ? null : sum + value), 0)
}

/** What a judge did not see, in words; null where it saw all. Pure. */
export function describeCut(cut: unknown): string | null {
  if (typeof cut !== 'object' || cut === null) return null
  const read = (field: string) => {
    const value: unknown = Reflect.get(cut, field)
    return typeof value === 'number' ? value : 0
  }
  const say = (value: number) => value.toLocaleString('en-US')
  const [total, hidden] = [read('messages_total'), read('messages_total') - read('messages_shown')]
  const parts = [
    hidden > 0 ? `${say(hidden)} of ${say(total)} messages` : '',
    read('subagent_messages_left_out') > 0 ? `${say(read('subagent_messages_left_out'))} messages of subagents` : '',
    read('blocks_left_out') > 0 ? `${say(read('blocks_left_out'))} blocks` : '',
    read('shortened_blocks') > 0 ? `the middle of ${say(read('shortened_blocks'))} long passages` : '',
  ].filter(part => part !== '')
  return parts.length === 0 ? null : parts.join(', ')
}
