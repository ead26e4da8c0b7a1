import { z } from '@hono/zod-openapi'
import sql, { join, raw, type Sql } from 'sql-template-tag'
import { AXES, mapAxes } from './axes.ts'

const score = z.int().min(0).max(100)

/** The seven axes on the wire. Null means "not used in this session". */
export const scoresSchema = z
  .object({
    task_complexity: score,
    goal_completion: score,
    tool_usage_quality: score,
    efficiency: score,
    communication: score,
    subagent_orchestration: score.nullable(),
    self_extension: score.nullable(),
  })
  .openapi('Scores')

/** Means may be null on every axis, where nobody had a score. */
export const meansSchema = z.object(mapAxes(() => z.int().nullable())).openapi('Means')
export type Means = z.infer<typeof meansSchema>

/** SQL for the object of the seven axes out of an array in their order. */
export function axesObject(array: Sql): Sql {
  return sql`json_build_object(${join(AXES.map((axis, index) => sql`${raw(`'${axis}'`)}, (${array})[${raw(String(index + 1))}]`))})`
}
