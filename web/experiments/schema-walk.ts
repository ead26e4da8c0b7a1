/** What a JSON Schema says of a document: what is wrong with it, and what may stand where. Pure. */
import type { Path } from './document.ts'
import { isFields } from './fields.ts'

export type Schema = { [keyword: string]: unknown }

/** A mistake, at the field whose name or value is meant. */
export interface SchemaTrouble {
  path: Path
  /** Whether the field's name is wrong, not its value. */
  key: boolean
  message: string
}

/** A field or a value that may stand somewhere. */
export interface Offer {
  label: string
  detail: string
}

/** What is wrong with a value that no server needs to be asked for: names that there are not, kinds of values. */
export function findSchemaTroubles(value: unknown, schema: Schema): SchemaTrouble[] {
  return check(value, schema, schema, [])
}

/** The fields that an object at this place may have. `value` is the document, as far as it can be read. */
export function listFields(schema: Schema, path: Path, value: unknown): Offer[] {
  const offers = new Map<string, Offer>()
  for (const branch of walk(schema, path, value)) {
    if (!isFields(branch.properties)) continue
    for (const [label, property] of Object.entries(branch.properties)) {
      if (!offers.has(label)) offers.set(label, { label, detail: describe(property, schema) })
    }
  }
  return [...offers.values()]
}

/** The values that may stand at a place, as far as they can be counted. */
export function listValues(schema: Schema, path: Path, value: unknown): Offer[] {
  const offers = new Map<string, Offer>()
  for (const branch of walk(schema, path, value)) {
    const values = Array.isArray(branch.enum) ? branch.enum : 'const' in branch ? [branch.const] : []
    const all = branch.type === 'boolean' ? [true, false] : values
    for (const one of all) {
      const label = String(one)
      const detail = branch.default === one ? 'by default' : ''
      if (typeof one !== 'object') offers.set(label, { label, detail })
    }
  }
  return [...offers.values()]
}

/** All schemas that may hold at a path; of several forms those that the value, as far as it is there, can be meant for. */
function walk(root: Schema, path: Path, value: unknown): Schema[] {
  let here = spread(root, root)
  let node = value
  for (const step of path) {
    here = choose(here, node, root)
    here = here.flatMap(branch => {
      if (typeof step === 'number') return isFields(branch.items) ? spread(branch.items, root) : []
      const own = isFields(branch.properties) ? branch.properties[step] : undefined
      if (isFields(own)) return spread(own, root)
      return isFields(branch.additionalProperties) ? spread(branch.additionalProperties, root) : []
    })
    node = typeof node === 'object' && node !== null ? Reflect.get(node, step) : undefined
  }
  return choose(here, node, root)
}

/** Of forms of objects those whose fixed fields agree with what is there. */
function choose(branches: Schema[], value: unknown, root: Schema): Schema[] {
  if (!isFields(value)) return branches
  const fitting = branches.filter(branch =>
    Object.entries(isFields(branch.properties) ? branch.properties : {}).every(([name, property]) => {
      const fixed = spread(isFields(property) ? property : {}, root).find(one => 'const' in one)
      return fixed === undefined || value[name] === undefined || value[name] === fixed.const
    }),
  )
  const known = fitting.filter(branch =>
    Object.keys(value).every(
      name => branch.additionalProperties !== false || (isFields(branch.properties) && name in branch.properties),
    ),
  )
  return known.length > 0 ? known : fitting
}

/** References followed, alternatives side by side. */
function spread(schema: Schema, root: Schema, depth = 0): Schema[] {
  if (depth > 20) return []
  if (typeof schema.$ref === 'string') {
    const found = schema.$ref
      .slice(2)
      .split('/')
      .reduce<unknown>((node, step) => (isFields(node) ? node[step] : undefined), root)
    return isFields(found) ? spread(found, root, depth + 1) : []
  }
  const alternatives = [schema.anyOf, schema.oneOf].find(Array.isArray)
  if (alternatives === undefined) return [schema]
  return alternatives.filter(isFields).flatMap(one => spread(one, root, depth + 1))
}

function check(value: unknown, schema: Schema, root: Schema, path: Path): SchemaTrouble[] {
  const branches = spread(schema, root)
  if (branches.length === 0 || branches.some(branch => Object.keys(branch).length === 0)) return []
  // What is left empty is seen to by the server, which knows what is needed.
  if (value === null || value === undefined) return []
  const alike = branches.filter(branch => fitsType(value, branch))
  if (alike.length === 0) {
    const wanted = [...new Set(branches.map(nameType))].filter(name => name !== 'null')
    return [{ path, key: false, message: `expected ${listChoices(wanted)}, not ${nameValue(value)}` }]
  }
  if (isFields(value)) return checkFields(value, alike, root, path)
  if (Array.isArray(value)) {
    const items = alike.find(branch => isFields(branch.items))?.items
    if (!isFields(items)) return []
    return value.flatMap((item, index) => check(item, items, root, [...path, index]))
  }
  return checkChoice(value, alike, path)
}

function checkChoice(value: unknown, alike: Schema[], path: Path): SchemaTrouble[] {
  const choices = alike.map(branch =>
    Array.isArray(branch.enum) ? branch.enum : 'const' in branch ? [branch.const] : null,
  )
  if (choices.some(values => values === null || values.includes(value))) return []
  return [{ path, key: false, message: `unknown ${nameChoice(path)} \`${String(value).slice(0, 40)}\`` }]
}

function checkFields(value: { [field: string]: unknown }, alike: Schema[], root: Schema, path: Path): SchemaTrouble[] {
  const fixed = alike.filter(branch => choose([branch], value, root).length > 0)
  if (fixed.length === 0) {
    const name = Object.keys(value).find(one => alike.some(branch => hasFixed(branch, one, root))) ?? ''
    const message = `unknown ${nameChoice(path)} \`${String(value[name]).slice(0, 40)}\``
    return [{ path: [...path, name], key: false, message }]
  }
  const [best = []] = fixed
    .map(branch => checkMembers(value, branch, root, path))
    .sort((one, other) => one.length - other.length)
  return best
}

function checkMembers(value: { [field: string]: unknown }, branch: Schema, root: Schema, path: Path): SchemaTrouble[] {
  return Object.entries(value).flatMap(([name, inner]) => {
    const own = isFields(branch.properties) ? branch.properties[name] : undefined
    if (isFields(own)) return check(inner, own, root, [...path, name])
    if (isFields(branch.additionalProperties)) return check(inner, branch.additionalProperties, root, [...path, name])
    if (branch.additionalProperties !== false) return []
    return [{ path: [...path, name], key: true, message: `there is no field \`${name.slice(0, 40)}\` here` }]
  })
}

function hasFixed(branch: Schema, name: string, root: Schema): boolean {
  const property = isFields(branch.properties) ? branch.properties[name] : undefined
  return isFields(property) && spread(property, root).some(one => 'const' in one)
}

function fitsType(value: unknown, { type }: Schema): boolean {
  if (type === undefined) return true
  const types = Array.isArray(type) ? type : [type]
  if (typeof value === 'number')
    return types.includes('number') || (Number.isInteger(value) && types.includes('integer'))
  if (Array.isArray(value)) return types.includes('array')
  return types.includes(isFields(value) ? 'object' : typeof value)
}

const TYPES: { [type: string]: string } = {
  ...{ string: 'text', number: 'a number', integer: 'a whole number', boolean: 'true or false' },
  ...{ array: 'a list', object: 'fields' },
}

function nameType({ type }: Schema): string {
  return TYPES[String(type)] ?? String(type)
}

function nameValue(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (isFields(value)) return 'fields'
  return `\`${String(value).slice(0, 40)}\``
}

/** `unknown scorer`, `unknown method`: what is chosen there. */
function nameChoice(path: Path): string {
  if (path.includes('scorers'))
    return path.at(-1) === 'scorers' || typeof path.at(-1) === 'number' ? 'scorer' : String(path.at(-1))
  const last = path.findLast(step => typeof step === 'string')
  return typeof last === 'string' ? last : 'value'
}

function listChoices(names: string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}

/** What a field takes, in a few letters. */
function describe(property: unknown, root: Schema): string {
  if (!isFields(property)) return ''
  const branches = spread(property, root)
  const given = property.default ?? branches.find(branch => branch.default !== undefined)?.default
  const shown = typeof given === 'object' || given === undefined ? '' : `, ${String(given)} by default`
  const values = branches.flatMap(branch => (Array.isArray(branch.enum) ? branch.enum.map(String) : []))
  if (values.length > 0 && values.length < 6) return `${values.join(' · ')}${shown}`
  return `${listChoices([...new Set(branches.map(nameType))].filter(name => name !== 'null' && name !== 'undefined'))}${shown}`
}
