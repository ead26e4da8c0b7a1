/** What the judges among an experiment's scorers ask, known before the first call. */
import type { Location } from '#errors.ts'
import { estimateTokens } from '#models/tokens.ts'
import type { AskedModel } from './backend-check.ts'
import { prepareDeclaredScorers } from './declared-scorers.ts'
import type { ScoringConfig } from './definition.ts'
import { JUDGE_TEXT, type RunJudge } from './scorers/judge-prompt.ts'
import type { JudgeScorer } from './scorers/llm-judge.ts'

/** One judge of one scorer: what it asks, where in the request that is said, and the size of what it reads. */
export interface AskedJudge extends AskedModel {
  /** Tokens of its prompt around the material: instructions and rubric. */
  frame_tokens: number
  /** Whether it also reads the case's input. */
  shows_input: boolean
}

/** The judges of the scorers in `list`, which stands at `loc`. @throws Invalid as `prepareDeclaredScorers` */
export function listAskedJudges(list: ScoringConfig['scorers'], loc: Location): AskedJudge[] {
  return prepareDeclaredScorers(list, loc).flatMap((scorer, index) =>
    'judges' in scorer ? scorer.judges.map((judge, turn) => describeJudge(scorer, judge, turn, [...loc, index])) : [],
  )
}

function describeJudge({ config }: JudgeScorer, judge: RunJudge, turn: number, loc: Location): AskedJudge {
  const member = config.panel?.[turn]
  const own = [...loc, 'panel', turn]
  const place = (field: 'model' | 'backend') => [...(member?.[field] === undefined ? loc : own), field]
  const params = Object.keys(judge.params).map((name): [string, Location] => {
    const isOwn = member?.params !== undefined && Object.hasOwn(member.params, name)
    return [name, [...(isOwn ? own : loc), 'params', name]]
  })
  const { system, before, after, shape } = JUDGE_TEXT
  const frame = [system, config.rubric, judge.instructions ?? '', before, after, shape].join('\n')
  return {
    ...{ backend: judge.backend, model: judge.model, params: judge.params },
    loc: { backend: place('backend'), model: place('model'), params: Object.fromEntries(params) },
    frame_tokens: estimateTokens(frame),
    shows_input: config.shows_input,
  }
}
