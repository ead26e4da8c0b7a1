/** The seven axes of the wire contract, in the order that holds everywhere: answers, arrays in the database, tables. */
export const AXES = [
  'task_complexity',
  'goal_completion',
  'tool_usage_quality',
  'efficiency',
  'communication',
  'subagent_orchestration',
  'self_extension',
] as const

export type Axis = (typeof AXES)[number]

/** Axes that may be null, which means "not used in this session", never zero. */
export const NULLABLE_AXES: readonly Axis[] = ['subagent_orchestration', 'self_extension']

/** A score per axis, 0–100; null only on the nullable axes. */
export type Scores = { [axis in Axis]: number | null }

/** An object with a value for each axis. */
export function mapAxes<Value>(of: (axis: Axis, index: number) => Value): { [axis in Axis]: Value } {
  return {
    task_complexity: of('task_complexity', 0),
    goal_completion: of('goal_completion', 1),
    tool_usage_quality: of('tool_usage_quality', 2),
    efficiency: of('efficiency', 3),
    communication: of('communication', 4),
    subagent_orchestration: of('subagent_orchestration', 5),
    self_extension: of('self_extension', 6),
  }
}
