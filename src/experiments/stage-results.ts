import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import type { ModelAnswer, ModelRequest } from '#models/model.ts'

export const stageResultSchema = z
  .object({
    id: z.string(),
    run_id: z.string(),
    stage_index: z.int(),
    stage_name: z.string(),
    output: z.string().nullable().openapi({ description: 'Null when there was no answer' }),
    model: z.string(),
    tokens_in: z.int().nullable(),
    tokens_out: z.int().nullable(),
    duration_ms: z.int().nullable(),
    cached: z.boolean().openapi({ description: 'Whether the answer was there already' }),
    error: z.string().nullable(),
    backend: z.string(),
    cost_estimate: z.number().nullable(),
    messages: z
      .array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.string() }))
      .nullable()
      .openapi({ description: 'What was asked, word for word; null when there was no answer' }),
    tool_calls: z.array(z.object({ name: z.string(), arguments: z.unknown() })),
  })
  .openapi('StageResult')
export type StageResult = z.infer<typeof stageResultSchema>

/** The request comes whole: PostgreSQL cannot look into JSON that holds a NUL. */
interface StageRow extends Omit<StageResult, 'run_id' | 'output' | 'messages' | 'tool_calls'> {
  request: ModelRequest | null
  answer: ModelAnswer | null
}

/** What a run's stages came to, in their order. Outputs are the ledger's answers. */
export async function readStageResults(
  db: Db,
  projectId: number,
  runId: string,
  runNo: number,
): Promise<StageResult[]> {
  const rows = await query<StageRow>(
    db,
    sql`
      select s.id, s.stage_index, s.stage_name, s.model, s.tokens_in, s.tokens_out, s.duration_ms, s.cached, s.error,
        s.backend, s.cost_usd::float8 as cost_estimate, l.request, l.answer
      from stage_results s
      left join ledger l
        on l.project_id = s.project_id and l.question = s.question and l.repeat = s.ledger_repeat
      where s.project_id = ${projectId} and s.run_no = ${runNo} order by s.stage_index`,
  )
  return rows.map(({ request, answer, ...stage }) => ({
    ...stage,
    messages: request?.messages ?? null,
    run_id: runId,
    output: answer?.text ?? null,
    tool_calls: (answer?.tool_calls ?? []).map(({ name, arguments: given }) => ({ name, arguments: given })),
  }))
}
