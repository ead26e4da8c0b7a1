/** Cases by variants: the score of each cell. */
import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { CELL, findCase } from './case-sums.ts'
import { pickVariant } from './contest.ts'
import { type Field, withField } from './field.ts'
import { nameVariant, placeVariants } from './leaderboard.ts'
import { namedVariantSchema } from './leaderboard-schemas.ts'
import { matrixRunSchema, readMatrixTexts } from './matrix-texts.ts'
import type { SplitName, VariantStanding } from './standings.ts'

const matrixCellSchema = z.object({
  score: z.number().nullable().openapi({ description: 'The mean over its runs; null while a score is missing' }),
  runs: z.int(),
  failed: z.int(),
  passes: z.int(),
  run: matrixRunSchema.nullable().openapi({ description: 'The first repeat, with `texts`' }),
})

/** Which cases: all, those that a variant which is shown failed, or those on which their scores differ. */
export const matrixFilterSchema = z.enum(['all', 'failed', 'differ'])
type MatrixFilter = z.infer<typeof matrixFilterSchema>

export const matrixSchema = z
  .object({
    variants: z.array(namedVariantSchema),
    cases: z.array(
      z.object({
        case_no: z.int(),
        case_id: z.string().nullable(),
        id: z.string().nullable(),
        split: z.enum(['train', 'test']),
        preview: z.string().nullable().openapi({ description: 'How its input begins, with `texts`' }),
        cells: z
          .array(matrixCellSchema.nullable())
          .openapi({ description: 'In the order of the variants; null where there is no run' }),
      }),
    ),
    total: z.int().openapi({ description: 'Of the cases that the filter leaves' }),
    previous: z.int().nullable().openapi({ description: 'As `before` it brings the page before' }),
    next: z.int().nullable().openapi({ description: 'As `after` it brings the next page' }),
  })
  .openapi('CaseMatrix')
export type CaseMatrix = z.infer<typeof matrixSchema>

export interface MatrixOptions {
  /** Those that are wanted; otherwise the best so many. */
  variants: readonly string[]
  most_variants: number
  split: SplitName
  filter: MatrixFilter
  /** Whether inputs and answers are shown as well, as far as a cell has room for them. */
  texts: boolean
  limit: number
  after: number
  /** The page ends before this case. */
  before?: number | undefined
}

/** A page of cases by number, each with its cell of every variant that is shown. @throws NotFound, Invalid for a variant */
export async function readMatrix(
  db: Db,
  projectId: number,
  reference: string,
  options: MatrixOptions,
): Promise<CaseMatrix> {
  const { contest, page, shown, ...rest } = await withField(db, projectId, reference, field => {
    const { list } = field.standOn(options.split)
    const chosen = chooseVariants(field, list, options)
    const width = field.picture.width
    const indices = new Set(list.flatMap(({ frame }) => [...frame.cases]))
    const cases = [...indices].flatMap(index => {
      const one = field.picture.cases[index]
      if (one === undefined) return []
      const cells = chosen.map(({ standing }) => readCell(standing, index, width))
      return fitsFilter(cells, options.filter) ? [{ ...one, cells }] : []
    })
    const page = cutMatrix(cases, options)
    return { contest: field.contest, shown: chosen.map(({ variant }) => variant), total: cases.length, ...page }
  })
  const caseNos = page.map(({ case_no }) => case_no)
  const names = await query<{ case_no: number; case_id: string; id: string | null }>(
    db,
    sql`
      select case_no, case_id, id from cases
      where project_id = ${projectId} and case_no = any(${caseNos})`,
  )
  const byNumber = new Map(names.map(({ case_no, ...name }) => [case_no, name]))
  const numbers = shown.map(({ variant_no }) => variant_no)
  const texts = options.texts ? await readMatrixTexts(db, contest, numbers, caseNos) : null
  return {
    variants: shown.map(nameVariant),
    cases: page.map(({ case_no, split, cells }) => ({
      case_no,
      ...(byNumber.get(case_no) ?? { case_id: null, id: null }),
      split: split < contest.test_below ? 'test' : 'train',
      preview: texts?.previews.get(case_no) ?? null,
      cells: cells.map((cell, at) => cell && { ...cell, run: texts?.runs.get(`${numbers[at]}:${case_no}`) ?? null }),
    })),
    ...rest,
  }
}

type BareCell = NonNullable<ReturnType<typeof readCell>>

function fitsFilter(cells: readonly (BareCell | null)[], filter: MatrixFilter): boolean {
  if (filter === 'all') return true
  if (filter === 'failed') return cells.some(cell => cell !== null && cell.failed > 0)
  const scores = cells.flatMap(cell => cell?.score ?? [])
  return Math.max(...scores) - Math.min(...scores) > SAME
}

/** Scores are whole numbers of 1e-9, so less is rounding. */
const SAME = 1e-9

/** The page after a case, or before one, and whether there is more on both sides. */
function cutMatrix<Case extends { case_no: number }>(cases: Case[], { limit, after, before }: MatrixOptions) {
  const sorted = cases.sort((one, other) => one.case_no - other.case_no)
  const from = sorted.findIndex(({ case_no }) => case_no > after)
  const start = from < 0 ? sorted.length : from
  const end = before === undefined ? -1 : sorted.findIndex(({ case_no }) => case_no >= before)
  const until = end < 0 ? sorted.length : end
  const page =
    before === undefined ? sorted.slice(start, start + limit) : sorted.slice(Math.max(start, until - limit), until)
  const [first, last] = [page[0], page.at(-1)]
  return {
    page,
    previous: first !== undefined && first !== sorted[0] ? first.case_no : null,
    next: last !== undefined && last !== sorted.at(-1) ? last.case_no : null,
  }
}

function chooseVariants(field: Field, list: readonly VariantStanding[], { variants, most_variants }: MatrixOptions) {
  if (variants.length === 0) return placeVariants(list, field.variants).slice(0, most_variants)
  return variants.map(wish => {
    const variant = pickVariant(field.variants, wish, ['query', 'variant'])
    return { variant, standing: list.find(({ variant_no }) => variant_no === variant.variant_no) }
  })
}

function readCell(standing: VariantStanding | undefined, index: number, width: number) {
  const at = standing === undefined ? -1 : findCase(standing.frame.cases, index)
  if (standing === undefined || at < 0) return null
  const cell = (standing.places[at] ?? 0) * width
  const score = standing.scores[at] ?? Number.NaN
  const read = (place: number) => standing.sums.cells[cell + place] ?? 0
  return {
    score: Number.isNaN(score) ? null : score,
    runs: read(CELL.runs),
    failed: read(CELL.failed),
    passes: read(CELL.passes),
  }
}
