/** Cases by variants: the score of each cell. */
import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { CELL, findCase } from './case-sums.ts'
import { pickVariant } from './contest.ts'
import { type Field, withField } from './field.ts'
import { nameVariant, placeVariants } from './leaderboard.ts'
import { namedVariantSchema } from './leaderboard-schemas.ts'
import type { SplitName, VariantStanding } from './standings.ts'

const matrixCellSchema = z.object({
  score: z.number().nullable().openapi({ description: 'The mean over its runs; null while a score is missing' }),
  runs: z.int(),
  failed: z.int(),
  passes: z.int(),
})

export const matrixSchema = z
  .object({
    variants: z.array(namedVariantSchema),
    cases: z.array(
      z.object({
        case_no: z.int(),
        case_id: z.string().nullable(),
        id: z.string().nullable(),
        split: z.enum(['train', 'test']),
        cells: z
          .array(matrixCellSchema.nullable())
          .openapi({ description: 'In the order of the variants; null where there is no run' }),
      }),
    ),
    total: z.int(),
    next: z.int().nullable().openapi({ description: 'As `after` it brings the next page' }),
  })
  .openapi('CaseMatrix')
export type CaseMatrix = z.infer<typeof matrixSchema>

export interface MatrixOptions {
  /** Those that are wanted; otherwise the best so many. */
  variants: readonly string[]
  most_variants: number
  split: SplitName
  limit: number
  after: number
}

/** A page of cases by number, each with its cell of every variant that is shown. @throws NotFound, Invalid for a variant */
export async function readMatrix(
  db: Db,
  projectId: number,
  reference: string,
  options: MatrixOptions,
): Promise<CaseMatrix> {
  const { page, shown, total, below } = await withField(db, projectId, reference, field => {
    const { list } = field.standOn(options.split)
    const chosen = chooseVariants(field, list, options)
    const indices = new Set(list.flatMap(({ frame }) => [...frame.cases]))
    const cases = [...indices].flatMap(index => {
      const one = field.picture.cases[index]
      return one === undefined ? [] : [{ ...one, index }]
    })
    const rest = cases
      .filter(({ case_no }) => case_no > options.after)
      .sort((one, other) => one.case_no - other.case_no)
      .slice(0, options.limit + 1)
    const width = field.picture.width
    const page = rest.map(one => ({
      ...one,
      cells: chosen.map(({ standing }) => readCell(standing, one.index, width)),
    }))
    return { page, shown: chosen, total: cases.length, below: field.contest.test_below }
  })
  const rows = page.slice(0, options.limit)
  const names = await query<{ case_no: number; case_id: string; id: string | null }>(
    db,
    sql`
      select case_no, case_id, id from cases
      where project_id = ${projectId} and case_no = any(${rows.map(({ case_no }) => case_no)})`,
  )
  const byNumber = new Map(names.map(({ case_no, ...name }) => [case_no, name]))
  return {
    variants: shown.map(({ variant }) => nameVariant(variant)),
    cases: rows.map(({ case_no, split, cells }) => ({
      case_no,
      ...(byNumber.get(case_no) ?? { case_id: null, id: null }),
      split: split < below ? 'test' : 'train',
      cells,
    })),
    total,
    next: page.length > rows.length ? (rows.at(-1)?.case_no ?? null) : null,
  }
}

function chooseVariants(field: Field, list: readonly VariantStanding[], { variants, most_variants }: MatrixOptions) {
  if (variants.length === 0) return placeVariants(list, field.variants).slice(0, most_variants)
  return variants.map(wish => {
    const variant = pickVariant(field.variants, wish, 'variant')
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
