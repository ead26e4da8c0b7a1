import { type OpenAPIHono, z } from '@hono/zod-openapi'
import { isJsonObject } from '#json.ts'
import type { AppEnv } from './context.ts'

type Node = Record<string, unknown>

/**
 * The OpenAPI document of all routes of an application.
 *
 * Its generator asks the schema of each field whether it takes `undefined`. One that may be left out and yet not be
 * `undefined` (zod's `exactOptional`) says no, so these are taken out of `required` here, by the JSON Schema that zod itself
 * writes.
 */
export function describeApi(app: OpenAPIHono<AppEnv>, info: { title: string; version: string }): Node {
  const document: Node = { ...app.getOpenAPI31Document({ openapi: '3.1.0', info }) }
  const written = new Map<z.ZodType, Node>()
  const seen = new Set<Node>()
  const relaxContents = (declared: unknown, shown: unknown) => {
    for (const [type, content] of Object.entries(isJsonObject(declared) ? declared : {})) {
      const schema = isJsonObject(content) ? content.schema : undefined
      if (!(schema instanceof z.ZodType)) continue
      const own = written.get(schema) ?? z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
      written.set(schema, own)
      relaxRequired(document, findNode(shown, [type, 'schema']), own, seen)
    }
  }
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type !== 'route') continue
    const { path, method, request, responses } = definition.route
    const operation = findNode(document, ['paths', path, method])
    relaxContents(request?.body?.content, findNode(operation, ['requestBody', 'content']))
    for (const [status, answer] of Object.entries(responses ?? {})) {
      const content = 'content' in answer ? answer.content : undefined
      relaxContents(content, findNode(operation, ['responses', status, 'content']))
    }
  }
  return document
}

/** Walks through a schema of the document and what zod says of the same values, side by side. */
function relaxRequired(document: Node, shown: unknown, written: unknown, seen: Set<Node>): void {
  const node = followReference(document, shown)
  if (node === undefined || !isJsonObject(written) || seen.has(node)) return
  for (const part of listOf(node.allOf)) relaxRequired(document, part, written, seen)
  const branches = listBranches(written)
  for (const [index, part] of listOf(node.anyOf ?? node.oneOf).entries())
    relaxRequired(document, part, branches[index], seen)
  // What may be null is a type among several here, and a branch there.
  const own = branches.find(hasParts) ?? written
  const properties = isJsonObject(node.properties) ? Object.entries(node.properties) : []
  const known = isJsonObject(own.properties) ? own.properties : {}
  if (properties.length > 0 && properties.every(([name]) => Object.hasOwn(known, name))) {
    seen.add(node)
    const required = listOf(node.required).filter(name => listOf(own.required).includes(name))
    if (required.length > 0) node.required = required
    else delete node.required
    for (const [name, property] of properties) relaxRequired(document, property, known[name], seen)
  }
  relaxRequired(document, node.items, own.items, seen)
  relaxRequired(document, node.additionalProperties, own.additionalProperties, seen)
}

/** The branches of a union, those of unions in it among them; of what is none itself. */
function listBranches(written: unknown): unknown[] {
  const branches = isJsonObject(written) ? (written.anyOf ?? written.oneOf) : undefined
  return Array.isArray(branches) ? branches.flatMap(listBranches) : [written]
}

function hasParts(value: unknown): value is Node {
  return isJsonObject(value) && ['properties', 'items', 'additionalProperties'].some(part => isJsonObject(value[part]))
}

function followReference(document: Node, value: unknown): Node | undefined {
  if (!isJsonObject(value)) return undefined
  return typeof value.$ref === 'string' ? findNode(document, value.$ref.split('/').slice(1)) : value
}

function findNode(from: unknown, path: string[]): Node | undefined {
  const found = path.reduce<unknown>((node, step) => (isJsonObject(node) ? node[step] : undefined), from)
  return isJsonObject(found) ? found : undefined
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
