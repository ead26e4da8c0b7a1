/** The seven axes as they are shown: complexity apart, since it is a property of the request and no quality. */
export const SHOWN_AXES = [
  { axis: 'task_complexity', letter: 'C', label: 'Complexity' },
  { axis: 'goal_completion', letter: 'G', label: 'Goal' },
  { axis: 'tool_usage_quality', letter: 'T', label: 'Tools' },
  { axis: 'efficiency', letter: 'E', label: 'Efficiency' },
  { axis: 'communication', letter: 'M', label: 'Communication' },
  { axis: 'subagent_orchestration', letter: 'S', label: 'Subagents' },
  { axis: 'self_extension', letter: 'X', label: 'Self-extension' },
] as const

export type ShownAxis = (typeof SHOWN_AXES)[number]['axis']

/** A score per axis; null means "not used in this session". */
export type AxisScores = { [axis in ShownAxis]: number | null }

/** The scores in words, for whoever does not see the bars. */
export function describeScores(scores: AxisScores | null, stale = false): string {
  if (scores === null) return 'not judged'
  const parts = SHOWN_AXES.map(({ axis, label }) => `${label} ${scores[axis] ?? 'not used'}`)
  return `${stale ? 'stale: ' : ''}${parts.join(', ')}`
}
