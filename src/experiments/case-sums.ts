/** The sums of an experiment in this process's memory, so that a leaderboard reads only what has changed. */
import sql from 'sql-template-tag'
import { type Db, query, queryRow } from '#db/connect.ts'
import { readCopied } from '#db/copy-out.ts'

/** What a cell holds at its place in `VariantSums.cells`; after these come n and total of each scorer. */
export const CELL = {
  runs: 0,
  failed: 1,
  passes: 2,
  cost_n: 3,
  cost: 4,
  duration_n: 5,
  duration: 6,
  grades: 7,
} as const

/** Grades are summed in whole units of this. */
export const GRADE_UNIT = 1e-9

/** One variant's cells. They change in place. */
export interface VariantSums {
  variant_no: number
  /** Indices of its cases, ascending. */
  cases: Int32Array
  /** `width` numbers for each case. */
  cells: Float64Array
  /** Raised with every change. */
  revision: number
  /** Of each number of a cell the revision at which it last changed, in whichever case. */
  changed: Float64Array
}

/** All sums of one experiment, at least as new as the database when it was last refreshed. */
export interface Picture {
  project_id: number
  experiment_no: number
  /** How many scorers a cell has room for, and how many numbers a cell takes. */
  scorers: number
  width: number
  /** The cases by index, in the order in which they were first seen. */
  cases: { case_no: number; cluster: number; split: number }[]
  indices: Map<number, number>
  clusters: Map<string, number>
  variants: Map<number, VariantSums>
  /** Changes of transactions from this one on have yet to be looked for. */
  watermark: string
  revision: number
}

/** An empty picture of an experiment whose runs have grades of so many scorers. */
export function createPicture(projectId: number, experimentNo: number, scorers: number): Picture {
  return {
    project_id: projectId,
    experiment_no: experimentNo,
    scorers,
    width: CELL.grades + 2 * scorers,
    cases: [],
    indices: new Map(),
    clusters: new Map(),
    variants: new Map(),
    watermark: '0',
    revision: 0,
  }
}

/**
 * Brings a picture up to what is committed now, reading what has changed since the last time. No change is ever missed,
 * whatever the order in which transactions end: each row carries the transaction that changed it last, and looked for is
 * everything from the oldest transaction on that was still open when the sums were last read. What was read twice is the same.
 *
 * Not for two callers at the same time.
 */
export async function refreshPicture(db: Db, picture: Picture): Promise<void> {
  const { watermark } = await queryRow<{ watermark: string }>(
    db,
    sql`select pg_snapshot_xmin(pg_current_snapshot())::text as watermark`,
  )
  const isFirst = picture.watermark === '0'
  const incoming = new Incoming(picture)
  if (isFirst) await readCopied(db, selectSums(picture), row => incoming.take(row))
  else for (const row of await readChanged(db, picture)) incoming.put(row)
  await placeCases(db, picture)
  for (const [variantNo, rows] of incoming.finish()) mergeRows(picture, variantNo, rows)
  picture.watermark = watermark
}

/** How many bytes a picture takes, roughly. */
export function measurePicture(picture: Picture): number {
  let bytes = picture.cases.length * 150
  for (const { cases, cells } of picture.variants.values()) bytes += cases.byteLength + cells.byteLength + 200
  return bytes
}

const COLUMNS = `variant_no::bigint, case_no, runs::bigint, failed::bigint, passes::bigint, cost_n::bigint,
  cost_total::float8, duration_n::bigint, duration_total, grade_n::float8[], grade_total::float8[]`

function selectSums({ project_id, experiment_no }: Picture): string {
  return `select ${COLUMNS} from case_sums
    where project_id = ${Math.trunc(project_id)} and experiment_no = ${Math.trunc(experiment_no)} order by variant_no, case_no`
}

interface ChangedRow {
  variant_no: number
  case_no: number
  numbers: number[]
  grade_n: number[]
  grade_total: number[]
}

function readChanged(db: Db, { project_id, experiment_no, watermark }: Picture): Promise<ChangedRow[]> {
  return query<ChangedRow>(
    db,
    sql`
      select variant_no, case_no,
        array[runs, failed, passes, cost_n, cost_total, duration_n, duration_total]::float8[] as numbers,
        grade_n::float8[] as grade_n, grade_total::float8[] as grade_total
      from case_sums
      where project_id = ${project_id} and experiment_no = ${experiment_no} and changed_xid >= ${watermark}::xid8
      order by variant_no, case_no`,
  )
}

/** Rows that have been read, each the index of its case and then its cell, variant by variant. */
class Incoming {
  readonly #picture: Picture
  readonly #variants = new Map<number, Float64Array>()
  #buffer = new Float64Array(0)
  #used = 0
  #variant = 0

  constructor(picture: Picture) {
    this.#picture = picture
  }

  take(row: { integer: (field: number) => number; double: (field: number) => number; doubles: Doubles }): void {
    const { scorers } = this.#picture
    const at = this.#open(row.integer(0), row.integer(1))
    for (let field = 2; field <= 8; field++)
      this.#buffer[at + field - 2] = field === 6 ? row.double(6) : row.integer(field)
    row.doubles(9, this.#buffer, at + CELL.grades, scorers)
    row.doubles(10, this.#buffer, at + CELL.grades + scorers, scorers)
  }

  put({ variant_no, case_no, numbers, grade_n, grade_total }: ChangedRow): void {
    const { scorers } = this.#picture
    const at = this.#open(variant_no, case_no)
    this.#buffer.set(numbers, at)
    this.#buffer.set(grade_n.slice(0, scorers), at + CELL.grades)
    this.#buffer.set(grade_total.slice(0, scorers), at + CELL.grades + scorers)
  }

  finish(): Map<number, Float64Array> {
    if (this.#used > 0) this.#variants.set(this.#variant, this.#buffer.slice(0, this.#used))
    this.#used = 0
    return this.#variants
  }

  #open(variantNo: number, caseNo: number): number {
    if (variantNo !== this.#variant) this.finish()
    this.#variant = variantNo
    const { indices, cases, width } = this.#picture
    let index = indices.get(caseNo)
    if (index === undefined) {
      index = cases.length
      indices.set(caseNo, index)
      // Its cluster follows in `placeCases`.
      cases.push({ case_no: caseNo, cluster: -1, split: -1 })
    }
    if (this.#used + width + 1 > this.#buffer.length) {
      const larger = new Float64Array(Math.max(64 * (width + 1), 2 * this.#buffer.length))
      larger.set(this.#buffer.subarray(0, this.#used))
      this.#buffer = larger
    }
    this.#buffer.fill(0, this.#used, this.#used + width + 1)
    this.#buffer[this.#used] = index
    const at = this.#used + 1
    this.#used += width + 1
    return at
  }
}

type Doubles = (field: number, into: Float64Array, at: number, most: number) => void

const CASES_AT_ONCE = 20_000

/** Looks up clusters and splits of cases that are new to the picture. One that is gone is a cluster of its own. */
async function placeCases(db: Db, picture: Picture): Promise<void> {
  const missing = picture.cases.filter(one => one.split < 0).map(one => one.case_no)
  for (let from = 0; from < missing.length; from += CASES_AT_ONCE) {
    const some = missing.slice(from, from + CASES_AT_ONCE)
    const rows = await query<{ case_no: number; cluster: string; split: number }>(
      db,
      sql`select case_no, cluster, split from cases where project_id = ${picture.project_id} and case_no = any(${some})`,
    )
    const found = new Map(rows.map(row => [row.case_no, row]))
    for (const caseNo of some) {
      const one = picture.cases[picture.indices.get(caseNo) ?? -1]
      if (one === undefined) continue
      const { cluster, split } = found.get(caseNo) ?? { cluster: `case:${caseNo}`, split: 9999 }
      const number = picture.clusters.get(cluster) ?? picture.clusters.size
      picture.clusters.set(cluster, number)
      one.cluster = number
      one.split = split
    }
  }
}

/** Puts rows in the place of those that a variant has of the same cases, and among them where it has none. */
function mergeRows(picture: Picture, variantNo: number, rows: Float64Array): void {
  const { width } = picture
  const revision = ++picture.revision
  const known = picture.variants.get(variantNo)
  const news: number[] = []
  for (let at = 0; at < rows.length; at += width + 1) {
    const place = known === undefined ? -1 : findCase(known.cases, rows[at] ?? 0)
    if (place < 0) news.push(at)
    else if (known !== undefined) {
      for (let field = 0; field < width; field++) {
        const value = rows[at + 1 + field] ?? 0
        if (known.cells[place * width + field] === value) continue
        known.cells[place * width + field] = value
        known.changed[field] = revision
      }
    }
  }
  if (known !== undefined && news.length === 0) {
    known.revision = revision
    return
  }
  const old = known ?? { cases: new Int32Array(), cells: new Float64Array() }
  news.sort((one, other) => (rows[one] ?? 0) - (rows[other] ?? 0))
  const count = old.cases.length + news.length
  const [cases, cells] = [new Int32Array(count), new Float64Array(count * width)]
  let [taken, added] = [0, 0]
  for (let place = 0; place < count; place++) {
    const at = news[added] ?? -1
    const isNew = at >= 0 && (taken >= old.cases.length || (rows[at] ?? 0) < (old.cases[taken] ?? 0))
    cases[place] = isNew ? (rows[at] ?? 0) : (old.cases[taken] ?? 0)
    const source = isNew
      ? rows.subarray(at + 1, at + 1 + width)
      : old.cells.subarray(taken * width, (taken + 1) * width)
    cells.set(source, place * width)
    if (isNew) added++
    else taken++
  }
  picture.variants.set(variantNo, {
    variant_no: variantNo,
    cases,
    cells,
    revision,
    changed: new Float64Array(width).fill(revision),
  })
}

/** Where a case stands among ascending indices; −1 if it is not there. */
export function findCase(cases: Int32Array, index: number): number {
  let [low, high] = [0, cases.length - 1]
  while (low <= high) {
    const middle = (low + high) >> 1
    const found = cases[middle] ?? 0
    if (found === index) return middle
    if (found < index) low = middle + 1
    else high = middle - 1
  }
  return -1
}
