import { z } from '@hono/zod-openapi'
import sql, { empty, type Sql } from 'sql-template-tag'
import { type Db, queryRow } from '#db/connect.ts'
import type { Backends } from '#models/backend.ts'
import { estimateTokens } from '#models/tokens.ts'
import { buildPrompt } from './prompt.ts'
import { BASELINE, type RunInput, type Scope } from './runs.ts'
import { chooseVersions, type PanelAndRubric } from './versions.ts'

export const estimateSchema = z
  .object({
    sessions: z.int(),
    calls: z.int(),
    tokens_in: z.int(),
    tokens_out: z.int(),
    cost_usd: z.number().nullable().openapi({ description: 'Null when the price is unknown' }),
  })
  .openapi('Estimate')
export type Estimate = z.infer<typeof estimateSchema>

/** What one session costs to judge, as a function of its length; see `rateSession`. */
export interface Rate {
  experts: number
  /** Tokens of one expert's prompt without the transcript. */
  frame: number
  tokens_per_character: number
  /** The most that one prompt takes: the model's window. */
  window: number
  tokens_out: number
  /** US dollars per token; null when unknown. */
  usd_in: number | null
  usd_out: number | null
}

/** A stored character is JSON; measured on real agent sessions, `estimateTokens` says 0.30 to 0.36 tokens for one. */
const TOKENS_PER_CHARACTER = 0.36
/** Scores and a comment take about 250 tokens; models that think first take more. */
const TOKENS_OUT = 600

/** The sessions of a scope: `from … where …` with the sessions as `s`. Under `limit` the overview's first ones. */
export function selectScope(projectId: number, scope: Scope, pinsId: number): Sql {
  if (scope.scope === 'session')
    return sql`from sessions s where project_id = ${projectId} and session_id = ${scope.session_id}`
  if (scope.scope === 'sessions') {
    return sql`from sessions s where project_id = ${projectId} and session_id = any(${scope.session_ids ?? []}::text[])`
  }
  const since = scope.since ? sql`and created_at >= ${scope.since}` : empty
  const unevaluated = scope.scope === 'unevaluated' ? sql`and not ${hasPass(pinsId)}` : empty
  const limit = scope.limit ? sql`limit ${scope.limit}` : empty
  return sql`
    from (
      select * from sessions s where project_id = ${projectId} ${since} ${unevaluated}
      order by pinned desc, last_active desc, session_id ${limit}
    ) s where true`
}

/** Whether session `s` has a complete pass under these versions on its present content. */
export function hasPass(pinsId: number): Sql {
  return sql`
    exists (
      select from passes p
      where p.project_id = s.project_id and p.session_no = s.session_no and p.pins_id = ${pinsId}
        and p.content_hash = s.content_hash
    )`
}

/** What a run would take, before it starts. */
export async function estimateRun(db: Db, backends: Backends, projectId: number, input: RunInput): Promise<Estimate> {
  const versions = await chooseVersions(db, projectId, input.backend === BASELINE ? 'baseline' : 'model')
  const rate = rateSession(backends, input.backend, input.model, versions)
  const scope = selectScope(projectId, input, versions.pins_id)
  const { sessions, tokens_in } = await queryRow<{ sessions: number; tokens_in: number }>(
    db,
    sql`select count(*) as sessions, coalesce(sum(${tokensIn(rate)}), 0)::bigint as tokens_in ${scope}`,
  )
  const calls = sessions * rate.experts
  const tokens_out = calls * rate.tokens_out
  return { sessions, calls, tokens_in, tokens_out, cost_usd: priceCalls(rate, calls, tokens_in) }
}

/** US dollars of so many calls that read so many tokens together; null when the price is unknown. */
export function priceCalls({ usd_in, usd_out, tokens_out }: Rate, calls: number, tokensRead: number): number | null {
  return usd_in === null || usd_out === null ? null : tokensRead * usd_in + calls * tokens_out * usd_out
}

/** Tokens that the prompts of session `s` take together. */
export function tokensIn(rate: Rate): Sql {
  return sql`(${rate.experts}::bigint * least(${rate.window}::float8, ${rate.frame} + s.characters * ${rate.tokens_per_character}::float8)::bigint)`
}

/** The rate of a backend's model under these versions. The baseline makes no calls. */
export function rateSession(backends: Backends, backendName: string, model: string, versions: PanelAndRubric): Rate {
  const nothing = { experts: 0, frame: 0, tokens_per_character: 0, window: 0, tokens_out: 0, usd_in: 0, usd_out: 0 }
  if (backendName === BASELINE) return nothing
  const backend = backends.get(backendName)
  const price = backend.price(model)
  return {
    experts: versions.panel.experts.length,
    frame: measureFrame(versions),
    tokens_per_character: TOKENS_PER_CHARACTER,
    window: backend.contextWindow(model),
    tokens_out: TOKENS_OUT,
    usd_in: price === null ? null : price.input / 1e6,
    usd_out: price === null ? null : price.output / 1e6,
  }
}

function measureFrame(versions: PanelAndRubric): number {
  const time = '2026-01-01T00:00:00.000Z'
  const transcript = {
    session_id: '',
    name: null,
    profile_id: '',
    profile: null,
    created_at: time,
    last_active: time,
    messages: [],
  }
  const [expert] = versions.panel.experts
  if (expert === undefined) return 0
  const { panel, rubric } = versions
  const { messages } = buildPrompt({ transcript, rubric, panel, expert, nonceKey: '', budgetTokens: 1e9 })
  return messages.reduce((total, message) => total + estimateTokens(message.content), 0)
}
