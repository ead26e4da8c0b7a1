import { readFile } from 'node:fs/promises'
import { basename, dirname, extname, resolve } from 'node:path'
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { ExperimentRequest, Refusal } from '#client.ts'
import { Invalid, NotFound } from '#errors.ts'
import { isJsonObject } from '#json.ts'
import { showText } from './terminal-text.ts'

/** An experiment as it stands in a file. */
export interface ExperimentFile {
  path: string
  request: ExperimentRequest
  /** A file of cases that the dataset names; its path, absolute. */
  cases: { path: string; name: string } | null
  /** The place in the file, as `file.yaml:12:3`, of a field or of what is nearest to it. */
  locate: (field: (string | number)[]) => string
}

/** Files of cases; other names are those of datasets. */
const CASES = /\.(jsonl|ndjson|csv|tsv)$/i
const ERRORS_SHOWN = 10

/**
 * Reads an experiment from YAML (JSON is YAML too).
 *
 * @throws NotFound if the file cannot be read. @throws Invalid with line and column of what is no YAML.
 */
export async function readExperimentFile(path: string): Promise<ExperimentFile> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new NotFound(`${path} cannot be read: ${error.code ?? error.message}.`)
  })
  return parseExperiment(path, text)
}

/** Like `readExperimentFile`, of a text. Pure. @throws Invalid */
export function parseExperiment(path: string, text: string): ExperimentFile {
  const counter = new LineCounter()
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false })
  const place = (offset: number) => {
    const { line, col } = counter.linePos(offset)
    return `${path}:${line}:${col}`
  }
  if (document.errors.length > 0) {
    const shown = document.errors.slice(0, ERRORS_SHOWN).map(error => `${place(error.pos[0])} ${error.message}`)
    throw new Invalid(shown.join('; '), ['file'])
  }
  const request: unknown = document.toJS()
  if (!isRequest(request)) throw new Invalid(`${path}:1:1 Expected an experiment: name, pipeline, dataset, …`, ['file'])
  return {
    path,
    request,
    cases: findCases(path, request),
    locate: field => place(findOffset(document, field)),
  }
}

/** What the server refused, a line for each field with its place in the file. */
export function explainRefusal(file: ExperimentFile, refusal: Refusal): string[] {
  return refusal.fields.map(({ path, message }) => {
    const field = path.length === 0 ? '' : ` ${path.join('.')}`
    return showText(`${file.locate(path)}${field}: ${message}`)
  })
}

// What it says is checked by the server.
function isRequest(value: unknown): value is ExperimentRequest {
  return isJsonObject(value)
}

function findCases(path: string, { dataset }: ExperimentRequest): ExperimentFile['cases'] {
  const named = isJsonObject(dataset) ? dataset.name : dataset
  if (typeof named !== 'string' || !CASES.test(named)) return null
  return { path: resolve(dirname(path), named), name: basename(named, extname(named)) }
}

function findOffset(document: Document, field: (string | number)[]): number {
  let node: unknown = document.contents
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0
  for (const step of field) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
      if (pair === undefined || !isScalar(pair.key)) return offset
      offset = pair.key.range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(step)]
      if (!isNode(item)) return offset
      offset = item.range?.[0] ?? offset
      node = item
    } else return offset
  }
  return offset
}
