/** The shape of an experiment's document for editors: JSON Schema, each kind of scorer with its settings. */
import { z } from '@hono/zod-openapi'
import { isJsonObject } from '#json.ts'
import { experimentInputSchema } from './definition.ts'
import { humanSettingsSchema } from './scorers/human.ts'
import { judgeSettingsSchema } from './scorers/llm-judge.ts'
import { PURE_SCORERS } from './scorers/registry.ts'

let described: { [keyword: string]: unknown } | undefined

/**
 * JSON Schema (2020-12) of what `POST /api/experiments` takes. What only the server can know (datasets, models, templates) it
 * does not say.
 */
export function describeDefinition(): { [keyword: string]: unknown } {
  described ??= buildSchema()
  return described
}

function buildSchema(): { [keyword: string]: unknown } {
  const definition = toSchema(experimentInputSchema)
  const scoring = findObject(definition, ['properties', 'scoring_config'])
  const places = [scoring, ...(Array.isArray(scoring?.anyOf) ? scoring.anyOf.filter(isJsonObject) : [])]
  for (const place of places) {
    const scorers = findObject(place ?? {}, ['properties', 'scorers'])
    if (scorers !== null) scorers.items = describeScorers()
  }
  return definition
}

function describeScorers(): { [keyword: string]: unknown } {
  const others = [
    { kind: 'llm_judge', schema: judgeSettingsSchema },
    { kind: 'human', schema: humanSettingsSchema },
  ]
  const objects = [
    ...PURE_SCORERS.map(({ schema }) => toSchema(schema)),
    ...others.map(({ kind, schema }) => {
      const settings = toSchema(schema)
      const required = Array.isArray(settings.required) ? settings.required : []
      const head = { kind: { type: 'string', const: kind }, name: { type: 'string', default: kind } }
      const own = isJsonObject(settings.properties) ? settings.properties : {}
      return { ...settings, properties: { ...head, ...own }, required: ['kind', ...required] }
    }),
  ]
  const kinds = [...PURE_SCORERS.map(({ kind }) => kind), ...others.map(({ kind }) => kind)]
  return { anyOf: [{ type: 'string', enum: kinds }, ...objects] }
}

function toSchema(schema: z.ZodType): { [keyword: string]: unknown } {
  const { $schema: _, ...described } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return described
}

function findObject(value: unknown, path: string[]): { [keyword: string]: unknown } | null {
  const found = path.reduce<unknown>((node, step) => (isJsonObject(node) ? node[step] : undefined), value)
  if (!isJsonObject(found)) return null
  if (isJsonObject(found.properties)) return found
  const branch = Array.isArray(found.anyOf) ? found.anyOf.find(isJsonObject) : undefined
  return branch !== undefined && isJsonObject(branch.properties) ? branch : found
}
