import { z } from '@hono/zod-openapi'
import sql, { type Sql } from 'sql-template-tag'
import { type Db, queryRow } from '#db/connect.ts'
import { type ExportFilter, narrowApproved, readApproved } from './approved-rows.ts'
import { writeBlankPattern } from './blank.ts'
import { type ExportFormat, writeExportLines } from './export-formats.ts'
import type { ExportWish } from './export-records.ts'
import { readSftSamples } from './sft-lines.ts'

export const exportPreviewSchema = z
  .object({
    approved: z.int().openapi({ description: 'Corrections that could be exported, before any filter' }),
    without_text: z.int().openapi({ description: 'Approved candidates whose correction shows nothing; in no export' }),
    matching: z.int().openapi({ description: 'Corrections that pass the filter' }),
    left_out: z
      .object({ no_prompt: z.int(), blank_original: z.int(), same_text: z.int() })
      .openapi({ description: 'Of them, those that the format has no place for, by the first reason' }),
    records: z.int().openapi({ description: 'Lines that the file would have' }),
    samples: z
      .array(z.object({ text: z.string(), characters: z.int() }))
      .openapi({ description: 'The first lines, each cut at 4,000 characters' }),
  })
  .openapi('ExportPreview')
export type ExportPreview = z.infer<typeof exportPreviewSchema>

const SAMPLES = 3
const SAMPLE_LENGTH = 4_000
/** A sample is looked for among so many corrections. */
const LOOKED_AT = 1_000

interface Counted {
  matching: number
  no_prompt: number
  blank_original: number
  same_text: number
}

/** What an export would come to, before it is made. Reads as many rows as pass the filter; without one, counters alone. */
export async function previewExport(db: Db, projectId: number, wish: ExportWish): Promise<ExportPreview> {
  const [totals, counted, samples] = await Promise.all([
    countApproved(db, projectId),
    countExported(db, projectId, wish),
    readSamples(db, projectId, wish),
  ])
  const { no_prompt, blank_original, same_text } = counted
  const matching = counted.matching ?? totals.approved
  const kept = matching - no_prompt - blank_original - same_text
  return {
    ...totals,
    matching,
    left_out: { no_prompt, blank_original, same_text },
    records: wish.format === 'kto' ? 2 * kept : kept,
    samples: samples.map(line => ({ text: line.slice(0, SAMPLE_LENGTH), characters: line.length })),
  }
}

function countApproved(db: Db, projectId: number): Promise<{ approved: number; without_text: number }> {
  return queryRow(
    db,
    sql`
      select coalesce(sum(ready), 0)::bigint as approved, coalesce(sum(n - ready), 0)::bigint as without_text
      from candidate_cells where project_id = ${projectId} and status = 'approved'`,
  )
}

/** `matching` is null where nothing narrows, so that the counters say it. */
async function countExported(
  db: Db,
  projectId: number,
  { format, filter }: ExportWish,
): Promise<Omit<Counted, 'matching'> & { matching: number | null }> {
  const { test_share: _, ...narrowing } = filter
  const whole = Object.values(narrowing).every(value => value === undefined)
  const none = { no_prompt: 0, blank_original: 0, same_text: 0 }
  const simple = format === 'sft' || format === 'sft_tools'
  if (simple && whole) return { matching: null, ...none }
  const from = sql`from candidates c where c.project_id = ${projectId} and c.ready and ${narrowApproved(filter)}`
  if (simple)
    return { ...none, ...(await queryRow<{ matching: number }>(db, sql`select count(*) as matching ${from}`)) }
  return queryRow<Counted>(
    db,
    sql`
      select count(*) as matching, count(*) filter (where reason = 1) as no_prompt,
        count(*) filter (where reason = 2) as blank_original, count(*) filter (where reason = 3) as same_text
      from (select ${writeReason()} as reason ${from}) reasons`,
  )
}

/** Why a preference has no place for a candidate `c`: the conditions of `writeExportLines`, in its order. */
function writeReason(): Sql {
  const blank = writeBlankPattern()
  return sql`
    case
      when c.prompt_messages::text = '[]' then 1
      when left(c.model_response, 200) ~ ${blank} and c.model_response ~ ${blank} then 2
      when c.model_response = c.corrected_response then 3
    end`
}

async function readSamples(db: Db, projectId: number, { format, filter }: ExportWish): Promise<string[]> {
  if (format === 'sft') return readSftSamples(db, projectId, filter, SAMPLES)
  return readFormatSamples(db, projectId, format, filter)
}

async function readFormatSamples(
  db: Db,
  projectId: number,
  format: Exclude<ExportFormat, 'sft'>,
  filter: ExportFilter,
): Promise<string[]> {
  const lines: string[] = []
  let looked = 0
  for await (const rows of readApproved(db, projectId, filter)) {
    for (const row of rows) if (lines.length < SAMPLES) lines.push(...writeExportLines(format, row))
    looked += rows.length
    if (lines.length >= SAMPLES || looked >= LOOKED_AT) break
  }
  return lines.slice(0, SAMPLES).map(line => line.trimEnd())
}
