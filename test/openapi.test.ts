import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createApi } from '../src/api.ts'
import { openTestApp, type TestApp } from './app.ts'

let app: TestApp
let document: Node

/** Any object of the document. */
interface Node {
  [key: string]: unknown
}

before(async () => {
  app = await openTestApp()
  document = asNode(await (await app.fetch('/openapi.json')).json())
})
after(() => app.close())

const METHODS = ['get', 'put', 'post', 'delete', 'patch']

function asNode(value: unknown): Node {
  assert.ok(typeof value === 'object' && value !== null, `${JSON.stringify(value)} is no object`)
  return { ...value }
}

function listOperations(): { name: string; path: string; method: string; operation: Node }[] {
  return Object.entries(asNode(document.paths)).flatMap(([path, item]) =>
    Object.entries(asNode(item)).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      path,
      method,
      operation: asNode(operation),
    })),
  )
}

test('the document is OpenAPI 3.1 with a title, a version and known methods only', () => {
  assert.match(String(document.openapi), /^3\.1\.\d$/)
  const info = asNode(document.info)
  assert.ok(info.title && info.version)
  for (const { name, path, method } of listOperations()) {
    assert.ok(METHODS.includes(method), name)
    assert.match(path, /^\/[\w./{}-]*$/, name)
  }
})

test('every endpoint of the application stands in the document, and nothing else', () => {
  const routes = createApi(app.app).routes.filter(route => route.method !== 'ALL')
  const served = new Set(
    routes.map(route => `${route.method} ${route.path.replace(/:(\w+)/g, '{$1}').replace(/(.)\/$/, '$1')}`),
  )
  assert.deepEqual(
    listOperations()
      .map(one => one.name)
      .sort(),
    [...served].sort(),
  )
})

test('every operation says what it does, its parameters, and the shape of each answer', () => {
  for (const { name, path, operation } of listOperations()) {
    assert.ok(typeof operation.summary === 'string' && operation.summary.length > 5, name)
    assert.ok(Array.isArray(operation.tags) && operation.tags.length > 0, name)
    const parameters = Array.isArray(operation.parameters) ? operation.parameters.map(asNode) : []
    const inPath = parameters.filter(one => one.in === 'path')
    assert.deepEqual(
      inPath.map(one => `{${String(one.name)}}`),
      path.match(/\{\w+\}/g) ?? [],
      name,
    )
    for (const parameter of parameters) {
      assert.ok(['path', 'query', 'header'].includes(String(parameter.in)), name)
      if (parameter.in === 'path') assert.equal(parameter.required, true, name)
      assert.ok(Object.keys(asNode(parameter.schema)).length > 0, `${name}: ${String(parameter.name)}`)
    }
    const answers = Object.entries(asNode(operation.responses))
    assert.ok(
      answers.some(([status]) => status.startsWith('2')),
      name,
    )
    for (const [status, answer] of answers) {
      assert.ok(asNode(answer).description, `${name} ${status}`)
      if (status === '304') continue
      for (const content of Object.values(asNode(asNode(answer).content))) {
        assert.ok(Object.keys(asNode(asNode(content).schema)).length > 0, `${name} ${status}`)
      }
    }
  }
})

test('every operation that takes a body declares its shape', () => {
  const bodiless = /\/(cancel|check|test|start|pause|resume|stop|file|samples)$/
  for (const { name, path, method, operation } of listOperations()) {
    if (!['post', 'put'].includes(method) || bodiless.test(path)) continue
    const body = asNode(operation.requestBody)
    assert.equal(body.required, true, name)
    for (const content of Object.values(asNode(body.content)))
      assert.ok(Object.keys(asNode(asNode(content).schema)).length > 0, name)
  }
})

test('no reference leads nowhere, and every required property is declared', () => {
  const visit = (value: unknown, place: string): void => {
    if (typeof value !== 'object' || value === null) return
    const node = asNode(value)
    if (typeof node.$ref === 'string') assert.ok(resolve(node.$ref) !== undefined, `${place} refers to ${node.$ref}`)
    if (Array.isArray(node.required) && node.properties !== undefined) {
      for (const name of node.required)
        assert.ok(Object.hasOwn(asNode(node.properties), String(name)), `${place}: ${String(name)}`)
    }
    for (const [key, child] of Object.entries(node)) visit(child, `${place}/${key}`)
  }
  visit(document, '#')
})

test('what a request needs is what the server asks for, and each request has its own shape', () => {
  const schemas = asNode(asNode(document.components).schemas)
  const needed = (name: string) => asNode(schemas[name]).required ?? []
  assert.deepEqual([needed('ExperimentInput'), needed('SweepSettings'), needed('ScoringConfig')], [['name'], [], []])
  const properties = (name: string) => Object.keys(asNode(asNode(schemas[name]).properties))
  assert.deepEqual(
    [properties('ExperimentRunInput'), needed('ExperimentRunInput')],
    [
      ['experiment_id', 'config'],
      ['experiment_id', 'config'],
    ],
  )
  const bodyOf = (path: string) => JSON.stringify(asNode(asNode(asNode(document.paths)[path]).post).requestBody)
  for (const path of ['/api/runs', '/api/v1/runs'])
    assert.match(bodyOf(path), /"#\/components\/schemas\/ExperimentRunInput"/)
  for (const path of ['/api/eval/run', '/eval/run']) assert.match(bodyOf(path), /"#\/components\/schemas\/RunInput"/)
  const stage = JSON.stringify(schemas.ExperimentInput)
  assert.ok(stage.includes('"required":["name","prompt"]') && stage.includes('"required":["user"]'), stage)
})

test('the bounds and defaults of the contract stand in the document', () => {
  const paths = asNode(document.paths)
  const parameter = (path: string, name: string) => {
    const parameters = asNode(asNode(paths[path]).get).parameters
    assert.ok(Array.isArray(parameters))
    return asNode(parameters.map(asNode).find(one => one.name === name)?.schema)
  }
  for (const root of ['/api/eval', '/eval']) {
    const limit = parameter(`${root}/sessions`, 'limit')
    assert.deepEqual([limit.minimum, limit.maximum, limit.default], [1, 500, 50])
    const days = parameter(`${root}/stats`, 'days')
    assert.deepEqual([days.minimum, days.maximum, days.default], [1, 365, 30])
  }
})

function resolve(reference: string): unknown {
  assert.ok(reference.startsWith('#/'), reference)
  return reference
    .slice(2)
    .split('/')
    .reduce<unknown>((node, key) => (node === undefined ? undefined : asNode(node)[key]), document)
}
