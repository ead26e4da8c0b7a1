import { z } from '@hono/zod-openapi'
import sql, { empty, type Sql } from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { cutPage, pageEdgesSchema } from '#http/list-place.ts'
import { type BriefRow, briefCandidateSchema, describeBrief, selectBriefs } from './brief-candidate.ts'
import {
  type CandidateEdge,
  type CandidateList,
  type candidateListSchema,
  readCandidateEdge,
  writeCandidateEdge,
} from './candidate-edge.ts'
import { hasWords, SEARCHED } from './candidate-search.ts'
import { type CandidateFilter, narrow } from './candidates.ts'

export const briefPageSchema = pageEdgesSchema
  .extend({
    items: z.array(briefCandidateSchema),
    searched: z
      .object({ candidates: z.int(), all: z.boolean() })
      .nullable()
      .openapi({ description: 'How many a search looked at, and whether these were all; null without one' }),
  })
  .openapi('BriefCandidatePage')
export type BriefPage = z.infer<typeof briefPageSchema>

/** Which part of a list: from its beginning, or after or before a place that a page named. */
export interface BriefPlace {
  limit: number
  after?: string | undefined
  before?: string | undefined
  /** Of the decided: those decided before this time. */
  until?: string | undefined
  /** Words that a line has to show. */
  search?: string | undefined
}

export interface BriefChoice {
  list: z.infer<typeof candidateListSchema>
  filter: CandidateFilter
}

/**
 * A page of candidates in both directions, each in brief: those that wait in import order, or those that are decided, the
 * newest decision first. Reads the page's rows alone, from the front of each kind, at any depth.
 *
 * @throws Invalid for a place that this list did not give out.
 */
export async function listBriefCandidates(
  db: Db,
  projectId: number,
  { list, filter }: BriefChoice,
  place: BriefPlace,
): Promise<BriefPage> {
  if (place.search !== undefined && place.search !== '') return searchBriefs(db, projectId, { list, filter }, place)
  const backwards = place.before !== undefined
  const edge = chooseEdge(list, place)
  const page = chooseBriefs(projectId, { list, filter }, { edge, backwards, limit: place.limit + 1 })
  const rows = await query<BriefRow>(db, selectBriefs(projectId, page))
  const briefs = rows.map(row => describeBrief(row, nameEdge(list, row)))
  const paged = cutPage(briefs, { limit: place.limit, backwards, inside: edge !== null }, brief => brief.place)
  return { ...paged, searched: null }
}

/** Looks at the next thousand of the list, at what their lines show; `next` goes on where the looking ended. */
async function searchBriefs(db: Db, projectId: number, choice: BriefChoice, place: BriefPlace): Promise<BriefPage> {
  const { list } = choice
  const page = chooseBriefs(projectId, choice, { edge: chooseEdge(list, place), backwards: false, limit: SEARCHED })
  const rows = await query<BriefRow>(db, selectBriefs(projectId, page))
  const lines = rows.map(row => describeBrief(row, nameEdge(list, row)))
  const hits = lines.filter(line => hasWords(line, place.search ?? ''))
  const items = hits.slice(0, place.limit)
  const all = rows.length < SEARCHED
  const last = hits.length > items.length ? items.at(-1) : all ? undefined : lines.at(-1)
  return {
    items,
    next: last?.place ?? null,
    previous: null,
    searched: { candidates: lines.length, all: last === undefined },
  }
}

interface Reading {
  edge: CandidateEdge | null
  backwards: boolean
  limit: number
}

/** The first rows of the choice in its order, with what orders them. */
export function chooseBriefs(projectId: number, choice: BriefChoice, reading: Reading): Sql {
  const { status, source, model_name, task_type, ready, ...rest } = choice.filter
  const waiting = choice.list === 'waiting'
  const order = orderBriefs(choice.list, reading.backwards)
  const beside = besideEdge(choice.list, reading)
  if (waiting && source === undefined && model_name === undefined && task_type === undefined) {
    return sql`
      select c.candidate_no, c.decided_at from candidates c
      where ${narrow(projectId, rest)} and c.status = 'needs_review' ${beside} ${order} limit ${reading.limit}`
  }
  const kinds = { source, model_name, task_type, status: waiting ? ('needs_review' as const) : status }
  const decided = sql`and c.status <> 'needs_review'`
  return sql`
    select c.candidate_no, c.decided_at from (
      select c.status, c.source, c.model_name, c.task_type from candidate_cells c
      where ${narrow(projectId, kinds)} and ${ready === true ? sql`c.ready` : sql`c.n`} > 0 ${waiting ? empty : decided}
    ) kind
    cross join lateral (
      select c.candidate_no, ${waiting ? NEVER : sql`c.decided_at`} as decided_at from candidates c
      where ${narrow(projectId, { ...rest, ready })} and c.status = kind.status and c.source = kind.source
        and c.model_name = kind.model_name and c.task_type = kind.task_type
        ${waiting ? empty : sql`and c.decided_at is not null`} ${beside}
      ${order} limit ${reading.limit}
    ) c
    ${order} limit ${reading.limit}`
}

/** What waits has no time of a decision; to read it would take the row, which the index does without. */
const NEVER = sql`null::timestamptz`

function chooseEdge(list: CandidateList, { after, before, until }: BriefPlace): CandidateEdge | null {
  if (before !== undefined) return readCandidateEdge(list, before, 'before')
  if (after !== undefined) return readCandidateEdge(list, after, 'after')
  return until === undefined || list === 'waiting' ? null : { candidate_no: 0, decided_at: until }
}

function nameEdge(list: CandidateList, { candidate_no, decided_at }: BriefRow): string {
  return writeCandidateEdge({ candidate_no, decided_at: list === 'waiting' ? null : decided_at })
}

function orderBriefs(list: CandidateList, backwards: boolean): Sql {
  if (list === 'waiting') return backwards ? sql`order by c.candidate_no desc` : sql`order by c.candidate_no`
  return backwards ? sql`order by c.decided_at, c.candidate_no` : sql`order by c.decided_at desc, c.candidate_no desc`
}

function besideEdge(list: CandidateList, { edge, backwards }: Reading): Sql {
  if (edge === null) return empty
  if (list === 'waiting') {
    return backwards ? sql`and c.candidate_no < ${edge.candidate_no}` : sql`and c.candidate_no > ${edge.candidate_no}`
  }
  const place = sql`(${edge.decided_at}::timestamptz, ${edge.candidate_no}::bigint)`
  return backwards
    ? sql`and (c.decided_at, c.candidate_no) > ${place}`
    : sql`and (c.decided_at, c.candidate_no) < ${place}`
}
