/** What a cell of the matrix has room for: how an input and an answer begin. */
import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { isJsonObject } from '#json.ts'
import type { ModelAnswer } from '#models/model.ts'
import type { Contest } from './contest.ts'

export const matrixRunSchema = z.object({
  run_id: z.string(),
  status: z.string(),
  error: z.string().nullable(),
  output: z.string().nullable().openapi({ description: 'How the answer of the last stage begins' }),
})
type MatrixRun = z.infer<typeof matrixRunSchema>

export interface MatrixTexts {
  /** By `variant:case`, of each cell the first repeat. */
  runs: Map<string, MatrixRun>
  /** By number of the case. */
  previews: Map<number, string>
}

/** Four lines of a cell. */
const SHOWN_CHARACTERS = 400

/** The first runs of some cells, and how the inputs of their cases begin. */
export async function readMatrixTexts(
  db: Db,
  { project_id, experiment_no }: Contest,
  variantNos: readonly number[],
  caseNos: readonly number[],
): Promise<MatrixTexts> {
  const rows = await query<MatrixRun & { variant_no: number; case_no: number; answer: ModelAnswer | null }>(
    db,
    sql`
      select cell.variant_no, cell.case_no, r.run_id, r.status, r.error, last.answer
      from (
        select variant_no, case_no
        from unnest(${variantNos}::integer[]) variant_no cross join unnest(${caseNos}::bigint[]) case_no
      ) cell
      cross join lateral (
        select run_no, run_id, status, error from runs
        where project_id = ${project_id} and experiment_no = ${experiment_no}
          and variant_no = cell.variant_no and case_no = cell.case_no
        order by repeat limit 1
      ) r
      left join lateral (
        select l.answer from stage_results s
        left join ledger l on l.project_id = s.project_id and l.question = s.question and l.repeat = s.ledger_repeat
        where s.project_id = ${project_id} and s.run_no = r.run_no order by s.stage_index desc limit 1
      ) last on true`,
  )
  const inputs = await query<{ case_no: number; input: unknown }>(
    db,
    sql`
      select case_no, input from cases where project_id = ${project_id} and case_no = any(${caseNos}::bigint[])`,
  )
  return {
    runs: new Map(
      rows.map(({ variant_no, case_no, answer, ...run }) => [
        `${variant_no}:${case_no}`,
        { ...run, output: describeAnswer(answer) },
      ]),
    ),
    previews: new Map(inputs.map(({ case_no, input }) => [case_no, previewInput(input)])),
  }
}

/** How a case's input begins: the text where it has one field, else a line for each of its fields. */
export function previewInput(input: unknown): string {
  const fields = isJsonObject(input) ? Object.entries(input) : []
  const show = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
  const [only] = fields
  if (only === undefined) return cut(show(input))
  return cut(fields.length === 1 ? show(only[1]) : fields.map(([name, value]) => `${name}: ${show(value)}`).join('\n'))
}

function describeAnswer(answer: ModelAnswer | null): string | null {
  if (answer === null) return null
  const calls = (answer.tool_calls ?? []).map(call => `${call.name} ${call.arguments}`)
  return cut([answer.text, ...calls].filter(part => part !== '').join('\n'))
}

function cut(text: string): string {
  const characters = [...text.slice(0, 2 * SHOWN_CHARACTERS)]
  return characters.length <= SHOWN_CHARACTERS && text.length <= 2 * SHOWN_CHARACTERS
    ? text
    : `${characters.slice(0, SHOWN_CHARACTERS - 1).join('')}…`
}
