import { Invalid } from '#errors.ts'
import type { NewCase } from './case.ts'
import { readCaseFields } from './case-fields.ts'

/** What columns mean, where their names do not say it. */
export interface ColumnOptions {
  /** The columns that are fields of the input; all others that have no meaning are metadata then. */
  input?: string[] | undefined
  /** The column that is expected; of several, an object of theirs. */
  expected?: string[] | undefined
  id?: string | undefined
  source?: string | undefined
}

/** Makes a case of a record's cells. @throws Invalid */
export type ReadRecord = (cells: string[]) => NewCase

type Part = 'id' | 'source' | 'expected' | 'input' | 'metadata'

interface Column {
  part: Part
  /** The field below the part; null: the cell is the part itself. */
  field: string | null
}

/**
 * Says how the records below a heading are read. By its name a column is `id`, `expected`, `source` or `session_id`, or a
 * field `input.X`, `expected.X`, `metadata.X`; any other column is the input's field of that name. `options` go before
 * names. Cells are texts as they stand; an empty one is no id, no source and nothing expected.
 *
 * @throws Invalid for a heading that cannot be meant like this.
 */
export function planColumns(heading: string[], options: ColumnOptions): ReadRecord {
  checkHeading(heading, options)
  const columns = heading.map(name => nameColumn(name, options))
  if (!columns.some(column => column.part === 'input')) {
    throw new Invalid(`None of the columns ${heading.join(', ')} is a field of the input.`, ['body'])
  }
  for (const part of ['id', 'source', 'expected'] as const) {
    const own = columns.filter(column => column.part === part)
    if (own.length > 1 && own.some(column => column.field === null)) {
      throw new Invalid(`More than one column is the case's ${part}.`, ['body'])
    }
  }
  const taken = columns.map(({ part, field }) => `${part}.${field}`)
  const doubled = taken.find((place, index) => taken.indexOf(place) !== index)
  if (doubled !== undefined) throw new Invalid(`Two columns are ${doubled}.`, ['body'])
  return cells => {
    if (cells.length !== columns.length) {
      throw new Invalid(`The record has ${cells.length} cells, the heading ${columns.length}.`)
    }
    return readCaseFields({
      id: readCell(columns, cells, 'id'),
      source: readCell(columns, cells, 'source'),
      expected: readCell(columns, cells, 'expected') ?? readFields(columns, cells, 'expected'),
      input: readFields(columns, cells, 'input'),
      metadata: readFields(columns, cells, 'metadata'),
    })
  }
}

function checkHeading(heading: string[], options: ColumnOptions): void {
  const empty = heading.findIndex(name => name.trim() === '')
  if (empty >= 0) throw new Invalid(`Column ${empty + 1} has no name; the first line has to name them.`, ['body'])
  const doubled = heading.find((name, index) => heading.indexOf(name) !== index)
  if (doubled !== undefined) throw new Invalid(`Two columns are called "${doubled}".`, ['body'])
  for (const [option, named] of Object.entries(options)) {
    const missing = [named ?? []].flat().find(name => !heading.includes(name))
    if (missing !== undefined) {
      throw new Invalid(`There is no column "${missing}"; there are ${heading.join(', ')}.`, ['query', option])
    }
  }
}

function nameColumn(name: string, options: ColumnOptions): Column {
  if (options.id === name) return { part: 'id', field: null }
  if (options.source === name) return { part: 'source', field: null }
  if (options.expected?.includes(name)) {
    return { part: 'expected', field: options.expected.length === 1 ? null : name }
  }
  if (options.input?.includes(name)) return { part: 'input', field: name.replace(/^input\./, '') }
  if (name === 'id' && options.id === undefined) return { part: 'id', field: null }
  if ((name === 'source' || name === 'session_id') && options.source === undefined) {
    return { part: 'source', field: null }
  }
  if (name === 'expected' && options.expected === undefined) return { part: 'expected', field: null }
  const [, part, field = ''] = /^(input|expected|metadata)\.(.+)$/s.exec(name) ?? []
  if (part === 'metadata') return { part, field }
  if (part === 'expected' && options.expected === undefined) return { part, field }
  if (options.input !== undefined) return { part: 'metadata', field: name }
  return { part: 'input', field: part === 'input' ? field : name }
}

function readCell(columns: Column[], cells: string[], part: Part): string | null {
  const index = columns.findIndex(column => column.part === part && column.field === null)
  return cells[index] || null
}

/** Null when there are none of that part. */
function readFields(columns: Column[], cells: string[], part: Part): { [field: string]: string } | null {
  const fields = columns.flatMap((column, index): [string, string][] =>
    column.part === part && column.field !== null ? [[column.field, cells[index] ?? '']] : [],
  )
  if (part === 'expected' && fields.every(([, text]) => text === '')) return null
  return fields.length === 0 ? null : Object.fromEntries(fields)
}
