import sql from 'sql-template-tag'
import { query, queryRow } from '#db/connect.ts'
import type { TestApp } from '../app.ts'

/** A week's cell of the trends: `n` sessions, half of them 5 below the mean and half 5 above. */
export interface SeedWeek {
  /** 0 is the week that goes on. */
  back: number
  n: number
  mean: number
  pins_id: number
  profile?: string
  model?: string
}

/** Puts weeks of judging where passes would have put them. */
export async function seedWeeks(app: TestApp, weeks: SeedWeek[]): Promise<void> {
  for (const { back, n, mean, pins_id, profile = '', model = 'm1' } of weeks) {
    const total = Math.round(n * mean * 2520)
    const squares = Math.round((n / 2) * (((mean - 5) * 2520) ** 2 + ((mean + 5) * 2520) ** 2))
    await query(
      app.db,
      sql`
        insert into trend_weeks (project_id, pins_id, basis, week, bucket, profile_id, judge_model, sessions, n, total, squares)
        select 1, ${pins_id}::integer, 'active', date_trunc('week', now() at time zone 'UTC')::date - 7 * ${back}::integer, 1,
          ${profile}, ${model}, ${n}::integer, array_fill(${n}::integer, array[7]), array_fill(${total}::bigint, array[7]),
          array_fill(${squares}::bigint, array[7])`,
    )
  }
}

/** Pins a panel. @returns the number of the pins. */
export async function pinPanel(app: TestApp, panel: string | null): Promise<number> {
  if (panel === null) await app.send('GET', '/api/eval/pins')
  else await app.send('PUT', '/api/eval/pins', { panel })
  return (await queryRow<{ pins_id: number }>(app.db, sql`select pins_id from pins where project_id = 1`)).pins_id
}

/** The Monday so many weeks ago, as the server names it. */
export function nameWeek(back: number): string {
  const now = new Date()
  const days = (now.getUTCDay() + 6) % 7
  return new Date(Date.now() - (days + 7 * back) * 86_400_000).toISOString().slice(0, 10)
}
