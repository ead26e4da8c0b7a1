/** A rubric: what each axis means, anchored in words at several scores. Versioned by its content. */
import { z } from '@hono/zod-openapi'
import { AXES, type Axis, NULLABLE_AXES } from './axes.ts'
import { computeLabel } from './version.ts'
import { describeTextSchema, nameSchema, parseYamlText } from './yaml-text.ts'

const anchorsSchema = z
  .record(z.string().regex(/^(0|[1-9][0-9]?|100)$/), describeTextSchema(2000), {
    error: issue =>
      issue.code === 'invalid_key'
        ? 'expected a whole score from 0 to 100 as the key'
        : 'expected what some scores mean, as in `0: …` and `100: …`',
  })
  .refine(anchors => Object.keys(anchors).length >= 2, 'expected at least two scores with what they mean')

const axisSchema = z.strictObject({
  title: describeTextSchema(100),
  description: describeTextSchema(4000),
  anchors: anchorsSchema,
})

const nullableAxisSchema = axisSchema.extend({
  /** When the axis is to be left null. */
  unused: describeTextSchema(1000).exactOptional(),
})

const axisSchemas = {
  task_complexity: axisSchema,
  goal_completion: axisSchema,
  tool_usage_quality: axisSchema,
  efficiency: axisSchema,
  communication: axisSchema,
  subagent_orchestration: nullableAxisSchema,
  self_extension: nullableAxisSchema,
}

export const rubricSchema = z.strictObject({
  name: nameSchema,
  title: describeTextSchema(200),
  axes: z.strictObject(axisSchemas),
})
export type Rubric = z.infer<typeof rubricSchema>

/** Reads a rubric from YAML. Throws `Invalid` with the field's path and what is expected there. */
export function parseRubric(yamlText: string): Rubric {
  return parseYamlText('rubric', yamlText, rubricSchema)
}

/** The rubric's version: `<name>@<8 hexadecimal digits>` of its content. Layout, comments and key order do not count. */
export function computeRubricVersion(rubric: Rubric): string {
  return computeLabel(rubric.name, { rubric })
}

/** The rubric in words, as it stands in a judge's instructions: axes in their order, anchors by score. */
export function describeRubric(rubric: Rubric): string {
  return AXES.map(axis => describeAxis(axis, rubric.axes[axis])).join('\n\n')
}

function describeAxis(axis: Axis, text: z.infer<typeof nullableAxisSchema>): string {
  const anchors = Object.keys(text.anchors)
    .sort((one, other) => Number(one) - Number(other))
    .map(score => `- ${score}: ${text.anchors[score]}`)
  const range = NULLABLE_AXES.includes(axis) ? 'a whole number from 0 to 100, or null' : 'a whole number from 0 to 100'
  const unused = text.unused === undefined ? [] : [`- null: ${text.unused}`]
  return [`${axis} (${text.title}), ${range}`, text.description, ...anchors, ...unused].join('\n')
}
