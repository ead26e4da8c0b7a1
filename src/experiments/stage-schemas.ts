/** Whether JSON Schemas that a stage hands to its model are any: what a model is told in vain is paid all the same. */
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { Invalid, type Location } from '#errors.ts'
import type { StageInput } from './definition.ts'

/**
 * Checks the schemas of a stage's output and of its tools' arguments by the meta-schema of their draft, 7 or 2020-12. Words
 * that a draft does not know are let through, since providers have some of their own.
 *
 * @param loc the stage's place. @throws Invalid at the schema's.
 */
export function checkStageSchemas({ schema, tools = [] }: Pick<StageInput, 'schema' | 'tools'>, loc: Location): void {
  if (schema !== undefined) checkSchema(schema, [...loc, 'schema'])
  for (const [index, { parameters }] of tools.entries()) {
    if (parameters !== undefined) checkSchema(parameters, [...loc, 'tools', index, 'parameters'])
  }
}

const options = { strict: false, logger: false } as const
const draft7 = new Ajv(options)
const draft2020 = new Ajv2020(options)

function checkSchema(schema: { [field: string]: unknown }, loc: Location): void {
  const { $schema, ...rest } = schema
  const ajv = /draft-07/.test(String($schema ?? '')) ? draft7 : draft2020
  if (ajv.validateSchema(rest) === true) return
  const [first] = ajv.errors ?? []
  const where = first?.instancePath ? `${first.instancePath.slice(1).replaceAll('/', '.')} ` : ''
  throw new Invalid(`This is no JSON schema: ${where}${first?.message ?? 'it does not fit'}.`, loc, 'schema_invalid')
}
