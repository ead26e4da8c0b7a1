/** Two variants case by case: which cases were won and lost, and what was answered. */
import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { Invalid } from '#errors.ts'
import { type CutPage, cutPage, pageEdgesSchema } from '#http/list-place.ts'
import type { ModelAnswer } from '#models/model.ts'
import { showFamily } from './comparisons.ts'
import { type Contest, type ContestVariant, pickVariant } from './contest.ts'
import { type Field, withField } from './field.ts'
import { isProvisional, nameVariant } from './leaderboard.ts'
import { differenceSchema, namedVariantSchema } from './leaderboard-schemas.ts'
import { previewInput } from './matrix-texts.ts'
import { pairStandings, type SplitName, type VariantStanding } from './standings.ts'

export const compareFilterSchema = z.enum(['all', 'regressed', 'improved', 'same'])
type CompareFilter = z.infer<typeof compareFilterSchema>

const comparedRunSchema = z.object({
  run_id: z.string(),
  repeat: z.int(),
  status: z.string(),
  error: z.string().nullable(),
  output: z.string().nullable().openapi({ description: 'Of the last stage' }),
  tool_calls: z.array(z.object({ name: z.string(), arguments: z.string() })),
  weighted: z.number().nullable(),
  scores: z.array(z.object({ scorer: z.string(), value: z.number() })),
  duration_ms: z.int().nullable(),
  cost_usd: z.number().nullable(),
})
type ComparedRun = z.infer<typeof comparedRunSchema>

const comparedSideSchema = z.object({
  score: z.number().nullable().openapi({ description: 'The mean over its runs' }),
  runs: z.array(comparedRunSchema),
})

export const comparisonSchema = z
  .object({
    a: namedVariantSchema,
    b: namedVariantSchema,
    split: z.enum(['all', 'train', 'test']),
    difference: differenceSchema.nullable().openapi({ description: 'b minus a over the cases of both' }),
    counts: z
      .object({
        all: z.int(),
        regressed: z.int(),
        improved: z.int(),
        same: z.int(),
        unscored: z.int(),
        unpaired: z.int(),
      })
      .openapi({ description: 'Cases; unpaired ones have runs of one variant only, and are not part of all' }),
    cases: z.array(
      z.object({
        case_id: z.string().nullable(),
        id: z.string().nullable(),
        preview: z.string().nullable().openapi({ description: 'How its input begins' }),
        input: z.unknown(),
        expected: z.unknown(),
        difference: z.number().nullable(),
        winner: z.enum(['a', 'b', 'tie']).nullable(),
        a: comparedSideSchema,
        b: comparedSideSchema,
      }),
    ),
    ...pageEdgesSchema.shape,
  })
  .openapi('VariantComparison')
export type VariantComparison = z.infer<typeof comparisonSchema>

export interface CompareOptions {
  a: string
  b: string
  filter: CompareFilter
  split: SplitName
  level: number
  limit: number
  after?: string | undefined
  before?: string | undefined
}

/** A case that both variants have. */
interface Duel {
  case_no: number
  /** b − a; null where a score is missing. */
  difference: number | null
  a: number | null
  b: number | null
}

/** Scores are whole numbers of 1e-9, so less is rounding. */
const SAME = 1e-9

/**
 * Compares b with a, case by case over the cases of both: the largest loss of b first, or the largest gain where only
 * improvements are asked for; what lacks a score comes last. Counts and the paired difference are over all of them, whatever
 * the filter and the page.
 *
 * @throws NotFound for the experiment, Invalid for a variant or a cursor that there is not.
 */
export async function compareVariants(
  db: Db,
  projectId: number,
  reference: string,
  options: CompareOptions,
): Promise<VariantComparison> {
  const found = await withField(db, projectId, reference, field => {
    const a = pickVariant(field.variants, options.a, ['query', 'a'])
    const b = pickVariant(field.variants, options.b, ['query', 'b'])
    const side = field.standOn(options.split)
    const [left, right] = [a, b].map(one => side.list.find(standing => standing.variant_no === one.variant_no))
    return {
      a,
      b,
      contest: field.contest,
      ...listDuels(field, left, right),
      difference: describe(field, left, right, options),
    }
  })
  const { a, b, contest, duels, unpaired, difference } = found
  const page = choosePage(duels, options)
  const outputs = await readRuns(db, contest, [a, b], page.items)
  const inputs = await readInputs(db, contest, page.items)
  const side = (variant: ContestVariant, { case_no }: Duel, score: number | null) => ({
    score,
    runs: outputs.get(`${variant.variant_no}:${case_no}`) ?? [],
  })
  return {
    a: nameVariant(a),
    b: nameVariant(b),
    split: options.split,
    difference,
    counts: { ...countDuels(duels), unpaired },
    cases: page.items.map(duel => ({
      ...(inputs.get(duel.case_no) ?? { case_id: null, id: null, preview: null, input: null, expected: null }),
      difference: duel.difference,
      winner: nameWinner(duel),
      a: side(a, duel, duel.a),
      b: side(b, duel, duel.b),
    })),
    next: page.next,
    previous: page.previous,
  }
}

function describe(
  { contest }: Field,
  a: VariantStanding | undefined,
  b: VariantStanding | undefined,
  { level }: CompareOptions,
) {
  const difference = a === undefined || b === undefined ? null : pairStandings(b, a)
  const [shown] = difference === null ? [] : showFamily([difference], { level, provisional: isProvisional(contest) })
  return shown ?? null
}

function listDuels(field: Field, a: VariantStanding | undefined, b: VariantStanding | undefined) {
  const duels: Duel[] = []
  const others = new Map(b?.frame.cases.entries().map(([place, index]) => [index, place] as const))
  for (const [place, index] of a?.frame.cases.entries() ?? []) {
    const other = others.get(index)
    const one = field.picture.cases[index]
    if (other === undefined || one === undefined) continue
    const [left, right] = [readScore(a, place), readScore(b, other)]
    const gap = left === null || right === null ? null : right - left
    const difference = gap !== null && Math.abs(gap) < SAME ? 0 : gap
    duels.push({ case_no: one.case_no, difference, a: left, b: right })
  }
  return { duels, unpaired: (a?.places.length ?? 0) + (b?.places.length ?? 0) - 2 * duels.length }
}

function readScore(standing: VariantStanding | undefined, place: number): number | null {
  const score = standing?.scores[place] ?? Number.NaN
  return Number.isNaN(score) ? null : score
}

function countDuels(duels: readonly Duel[]) {
  const counts = { all: duels.length, regressed: 0, improved: 0, same: 0, unscored: 0 }
  for (const { difference } of duels) {
    if (difference === null) counts.unscored++
    else if (difference === 0) counts.same++
    else if (difference < 0) counts.regressed++
    else counts.improved++
  }
  return counts
}

function nameWinner({ difference }: Duel): 'a' | 'b' | 'tie' | null {
  if (difference === null) return null
  return difference === 0 ? 'tie' : difference > 0 ? 'b' : 'a'
}

/** Where a case stands in the order of a filter: rank first, then its number. */
function rankDuel({ difference }: Duel, filter: CompareFilter): number {
  // JSON has no infinity.
  if (difference === null) return 9
  return filter === 'improved' ? -difference : difference
}

function choosePage(duels: readonly Duel[], { filter, limit, after, before }: CompareOptions): CutPage<Duel> {
  const wanted = duels
    .filter(({ difference }) => {
      if (filter === 'all') return true
      if (difference === null) return false
      return filter === 'same' ? difference === 0 : filter === 'regressed' ? difference < 0 : difference > 0
    })
    .map(duel => ({ duel, rank: rankDuel(duel, filter) }))
    .sort((one, other) => one.rank - other.rank || one.duel.case_no - other.duel.case_no)
  const backwards = before !== undefined
  const edge =
    before !== undefined ? readCursor(before, 'before') : after !== undefined ? readCursor(after, 'after') : null
  const place = edge === null ? -1 : wanted.findLastIndex(({ duel, rank }) => isBefore(rank, duel, edge, backwards))
  const rest = backwards ? wanted.slice(0, place + 1).reverse() : wanted.slice(place + 1)
  const rows = rest.slice(0, limit + 1).map(({ duel }) => duel)
  return cutPage(rows, { limit, backwards, inside: edge !== null }, duel =>
    Buffer.from(JSON.stringify([rankDuel(duel, filter), duel.case_no])).toString('base64url'),
  )
}

interface Cursor {
  rank: number
  case_no: number
}

/** Whether a case stands before the edge; forwards also the case at the edge, which was on the page before. */
function isBefore(rank: number, { case_no }: Duel, edge: Cursor, strictly: boolean): boolean {
  if (rank !== edge.rank) return rank < edge.rank
  return strictly ? case_no < edge.case_no : case_no <= edge.case_no
}

const cursorSchema = z.tuple([z.number(), z.int()])

function readCursor(text: string, parameter: string): Cursor {
  try {
    const [rank, case_no] = cursorSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString()))
    return { rank, case_no }
  } catch {
    throw new Invalid('Expected what another page gave as next or previous.', ['query', parameter])
  }
}

type CaseInput = Pick<VariantComparison['cases'][number], 'case_id' | 'id' | 'preview' | 'input' | 'expected'>

async function readInputs(db: Db, contest: Contest, duels: readonly Duel[]): Promise<Map<number, CaseInput>> {
  const rows = await query<Omit<CaseInput, 'preview'> & { case_no: number }>(
    db,
    sql`
      select case_no, case_id, id, input, expected from cases
      where project_id = ${contest.project_id} and case_no = any(${duels.map(({ case_no }) => case_no)})`,
  )
  return new Map(rows.map(({ case_no, ...input }) => [case_no, { ...input, preview: previewInput(input.input) }]))
}

interface RunRow extends Omit<ComparedRun, 'output' | 'tool_calls' | 'scores'> {
  variant_no: number
  case_no: number
  grades: (number | null)[]
  answer: ModelAnswer | null
}

async function readRuns(
  db: Db,
  contest: Contest,
  variants: readonly ContestVariant[],
  duels: readonly Duel[],
): Promise<Map<string, ComparedRun[]>> {
  const rows = await query<RunRow>(
    db,
    sql`
      select r.variant_no, r.case_no, r.run_id, r.repeat, r.status, r.error, r.weighted, r.grades, r.duration_ms,
        r.cost_usd::float8 as cost_usd, last.answer
      from runs r left join lateral (
        select l.answer from stage_results s
        left join ledger l on l.project_id = s.project_id and l.question = s.question and l.repeat = s.ledger_repeat
        where s.project_id = r.project_id and s.run_no = r.run_no order by s.stage_index desc limit 1
      ) last on true
      where r.project_id = ${contest.project_id} and r.experiment_no = ${contest.experiment_no}
        and r.variant_no = any(${variants.map(({ variant_no }) => variant_no)}::integer[])
        and r.case_no = any(${duels.map(({ case_no }) => case_no)}::bigint[])
      order by r.variant_no, r.case_no, r.repeat`,
  )
  const runs = new Map<string, ComparedRun[]>()
  for (const { variant_no, case_no, grades, answer, ...run } of rows) {
    const scores = contest.scorers.flatMap(({ place, name }) => {
      const value = grades[place] ?? null
      return value === null ? [] : [{ scorer: name, value }]
    })
    const key = `${variant_no}:${case_no}`
    const shown = { ...run, output: answer?.text ?? null, tool_calls: answer?.tool_calls ?? [], scores }
    runs.set(key, [...(runs.get(key) ?? []), shown])
  }
  return runs
}
