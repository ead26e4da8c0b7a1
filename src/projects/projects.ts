import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query, queryOne } from '#db/connect.ts'
import { Conflict, NotFound } from '#errors.ts'
import { timeSchema } from '#http/schemas.ts'

export const projectNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'Expected 1 to 63 of a-z, 0-9, - and _, not beginning with - or _')

export const projectSchema = z.object({ name: projectNameSchema, created_at: timeSchema }).openapi('Project')
export type Project = z.infer<typeof projectSchema>

/** @throws Conflict if the name is taken. */
export async function createProject(db: Db, name: string): Promise<Project> {
  const row = await queryOne<Project>(
    db,
    sql`insert into projects (name) values (${name}) on conflict do nothing returning name, created_at`,
  )
  if (row === null) throw new Conflict(`There is a project "${name}" already.`)
  return row
}

/** @throws NotFound with the names that there are. */
export async function findProject(db: Db, name: string): Promise<{ project_id: number; name: string }> {
  const row = await queryOne<{ project_id: number; name: string }>(
    db,
    sql`select project_id, name from projects where name = ${name}`,
  )
  if (row === null)
    throw new NotFound(`There is no project "${name}". Create it with: whetstone project create ${name}`)
  return row
}

/** Every project, by number. */
export async function listProjects(db: Db): Promise<Project[]> {
  return query<Project>(db, sql`select name, created_at from projects order by project_id`)
}
