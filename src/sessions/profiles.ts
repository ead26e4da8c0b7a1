import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { foreignIdSchema } from '#http/schemas.ts'

export const profileInputSchema = z
  .strictObject({ name: z.string().max(1_000).nullish(), purpose: z.string().max(100_000).nullish() })
  .openapi('ProfileInput')

export const profileSchema = z
  .object({ profile_id: foreignIdSchema, name: z.string().nullable(), purpose: z.string().nullable() })
  .openapi('Profile')
export type ProfileRow = z.infer<typeof profileSchema>

/** Describes an agent to its judges: its name and what it is for. */
export async function describeProfile(
  db: Db,
  projectId: number,
  profileId: string,
  input: z.infer<typeof profileInputSchema>,
): Promise<void> {
  await query(
    db,
    sql`
      insert into profiles (project_id, profile_id, name, purpose)
      values (${projectId}, ${profileId}, ${input.name ?? null}, ${input.purpose ?? null})
      on conflict (project_id, profile_id) do update set name = excluded.name, purpose = excluded.purpose`,
  )
}

/** A project's profiles, by identity. */
export async function listProfiles(db: Db, projectId: number): Promise<ProfileRow[]> {
  return query<ProfileRow>(
    db,
    sql`select profile_id, name, purpose from profiles where project_id = ${projectId} order by profile_id`,
  )
}

/** The profiles that sessions have, by identity, at most 200: one look into an index for each, whatever the sessions. */
export async function listProfilesInUse(db: Db, projectId: number): Promise<string[]> {
  const rows = await query<{ profile_id: string }>(
    db,
    sql`
      with recursive used as (
        (select profile_id from sessions where project_id = ${projectId} order by profile_id limit 1)
        union all
        select next.profile_id from used cross join lateral (
          select s.profile_id from sessions s
          where s.project_id = ${projectId} and s.profile_id > used.profile_id order by s.profile_id limit 1
        ) next
      )
      select profile_id from used limit 200`,
  )
  return rows.map(row => row.profile_id)
}
