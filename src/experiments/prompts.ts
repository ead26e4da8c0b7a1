import { z } from '@hono/zod-openapi'
import sql, { type Sql } from 'sql-template-tag'
import { type Db, query, queryOne, queryRow } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import { Conflict, Invalid, NotFound } from '#errors.ts'
import { foreignIdSchema, timeSchema } from '#http/schemas.ts'
import { computeLabel } from '#judging/version.ts'
import { compileTemplate } from './template.ts'

export const promptNameSchema = foreignIdSchema

export const promptInputSchema = z
  .strictObject({
    system: z.string().nullish().openapi({ description: 'Template of the system message' }),
    user: z.string().min(1).openapi({ description: "Template of the user's message" }),
  })
  .openapi('PromptTemplates')
export type PromptTemplates = z.infer<typeof promptInputSchema>

export const promptSchema = z
  .object({
    name: z.string(),
    version: z.string(),
    system: z.string().nullable(),
    user: z.string(),
    author: z.string().nullable(),
    created_at: timeSchema,
  })
  .openapi('Prompt')
export type PromptVersion = z.infer<typeof promptSchema>

export const promptSummarySchema = z
  .object({
    name: z.string(),
    version: z.string().openapi({ description: 'The newest' }),
    version_count: z.int(),
    labels: z.record(z.string(), z.string()).openapi({ description: 'The version that each stands at' }),
    created_at: timeSchema,
    changed_at: timeSchema,
  })
  .openapi('PromptSummary')

export const savedPromptSchema = z
  .object({
    name: z.string(),
    version: z.string(),
    created: z.boolean().openapi({ description: 'False: this text was there before' }),
  })
  .openapi('SavedPrompt')

/** Which version of a prompt: where a label stands, or by its own name. Neither means the label `production`. */
export interface PromptChoice {
  name: string
  label?: string | undefined
  version?: string | undefined
}

/** What a prompt is asked for by when nobody says otherwise. */
export const DEFAULT_LABEL = 'production'
/** Means the newest version, and cannot be put anywhere. */
export const NEWEST_LABEL = 'latest'

/**
 * Saves a version of a prompt, which is made if need be. The same text is the same version, as `name@8hexdigits`.
 *
 * @throws Invalid with the line and column of what is wrong with a template.
 */
export function savePrompt(
  db: Db,
  projectId: number,
  userId: number,
  name: string,
  input: PromptTemplates,
): Promise<z.infer<typeof savedPromptSchema>> {
  const { user } = input
  const system = input.system || null
  if (system !== null) compileTemplate(system, ['body', 'system'])
  compileTemplate(user, ['body', 'user'])
  const version = computeLabel(name, { system, user })
  return transact(db, async tx => {
    const prompt = await holdPrompt(tx, projectId, name)
    const known = await queryOne<{ system: string | null; user: string }>(
      tx,
      sql`
        select system_template as system, user_template as "user" from prompt_versions
        where project_id = ${projectId} and prompt_no = ${prompt.prompt_no} and version = ${version}`,
    )
    if (known !== null) {
      if (known.system === system && known.user === user) return { name, version, created: false }
      throw new Conflict(`Another text has the version ${version} by chance; change a word.`)
    }
    await addVersion(tx, projectId, userId, { ...prompt, version, system, user })
    return { name, version, created: true }
  })
}

/** All prompts by name, with where their labels stand. */
export function listPrompts(db: Db, projectId: number): Promise<z.infer<typeof promptSummarySchema>[]> {
  return query(
    db,
    sql`
      select p.name, p.version, p.version_no as version_count, p.created_at, p.changed_at,
        (select coalesce(json_object_agg(l.label, v.version order by l.label), '{}')
          from prompt_labels l join prompt_versions v using (project_id, prompt_no, version_no)
          where l.project_id = p.project_id and l.prompt_no = p.prompt_no) as labels
      from prompts p where p.project_id = ${projectId} order by p.name`,
  )
}

/**
 * Finds a version of a prompt.
 *
 * @param choice.version as it stands in answers, or its eight digits alone.
 * @throws NotFound that says what there is; Invalid for a label and a version at once.
 */
export async function resolvePrompt(db: Db, projectId: number, choice: PromptChoice): Promise<PromptVersion> {
  const { name, version } = choice
  if (version !== undefined && choice.label !== undefined) {
    throw new Invalid('Name a label or a version, not both.', ['query', 'version'])
  }
  const label = choice.label ?? DEFAULT_LABEL
  const prompt = await queryOne<PromptVersion>(
    db,
    sql`
      select p.name, v.version, v.system_template as system, v.user_template as "user", u.name as author, v.created_at
      from prompts p ${joinVersion(name, label, version)} left join users u on u.user_id = v.user_id
      where p.project_id = ${projectId} and p.name = ${name}`,
  )
  if (prompt !== null) return prompt
  const { version: newest } = await findPrompt(db, projectId, name)
  throw new NotFound(
    version === undefined
      ? `No version of the prompt "${name}" has the label "${label}"; its newest is ${newest}.`
      : `The prompt "${name}" has no version "${version}"; its newest is ${newest}.`,
  )
}

/** The versions of a prompt, newest first. @throws NotFound */
export async function listPromptVersions(
  db: Db,
  projectId: number,
  name: string,
  limit: number,
): Promise<PromptVersion[]> {
  const { prompt_no } = await findPrompt(db, projectId, name)
  return query<PromptVersion>(
    db,
    sql`
      select ${name}::text as name, v.version, v.system_template as system, v.user_template as "user", u.name as author,
        v.created_at
      from prompt_versions v left join users u using (user_id)
      where v.project_id = ${projectId} and v.prompt_no = ${prompt_no} order by v.version_no desc limit ${limit}`,
  )
}

/** @throws NotFound */
export async function findPrompt(
  db: Db,
  projectId: number,
  name: string,
): Promise<{ prompt_no: number; version_no: number; version: string }> {
  const prompt = await queryOne<{ prompt_no: number; version_no: number; version: string }>(
    db,
    sql`select prompt_no, version_no, version from prompts where project_id = ${projectId} and name = ${name}`,
  )
  if (prompt === null) throw new NotFound(`There is no prompt "${name}".`)
  return prompt
}

/** The prompt of that name, which is made if need be, held until the transaction ends. */
function holdPrompt(tx: Db, projectId: number, name: string): Promise<{ prompt_no: number; version_no: number }> {
  return queryRow(
    tx,
    sql`
      insert into prompts (project_id, name) values (${projectId}, ${name})
      on conflict (project_id, name) do update set name = excluded.name returning prompt_no, version_no`,
  )
}

async function addVersion(
  tx: Db,
  projectId: number,
  userId: number,
  added: { prompt_no: number; version_no: number; version: string; system: string | null; user: string },
): Promise<void> {
  const { prompt_no, version, system, user } = added
  const next = added.version_no + 1
  await query(
    tx,
    sql`
      with version as (
        insert into prompt_versions (project_id, prompt_no, version_no, version, system_template, user_template, user_id)
        values (${projectId}, ${prompt_no}, ${next}, ${version}, ${system}, ${user}, ${userId})
      )
      update prompts set version_no = ${next}, version = ${version}, changed_at = clock_timestamp()
      where project_id = ${projectId} and prompt_no = ${prompt_no}`,
  )
}

function joinVersion(name: string, label: string, version: string | undefined): Sql {
  const join = sql`join prompt_versions v on v.project_id = p.project_id and v.prompt_no = p.prompt_no`
  if (version !== undefined) {
    const whole = /^[0-9a-f]{8}$/.test(version) ? `${name}@${version}` : version
    return sql`${join} and v.version = ${whole}`
  }
  if (label === NEWEST_LABEL) return sql`${join} and v.version_no = p.version_no`
  return sql`
    join prompt_labels l on l.project_id = p.project_id and l.prompt_no = p.prompt_no and l.label = ${label}
    ${join} and v.version_no = l.version_no`
}
