import { z } from '@hono/zod-openapi'
import sql, { empty } from 'sql-template-tag'
import { type Db, query, queryOne } from '#db/connect.ts'
import { transact } from '#db/transact.ts'
import { Invalid, NotFound } from '#errors.ts'
import { foreignIdSchema, timeSchema } from '#http/schemas.ts'
import { findPrompt, NEWEST_LABEL, resolvePrompt } from './prompts.ts'

export const promptLabelSchema = foreignIdSchema

export const labelMoveSchema = z
  .object({
    label: z.string(),
    version: z.string().nullable().openapi({ description: 'Null: it was taken away' }),
    author: z.string().nullable(),
    moved_at: timeSchema,
  })
  .openapi('PromptLabelMove')
export type LabelMove = z.infer<typeof labelMoveSchema>

export const labelStateSchema = z
  .object({
    name: z.string(),
    label: z.string(),
    version: z.string(),
    previous: z.string().nullable().openapi({ description: 'Where it stood before; null: nowhere' }),
  })
  .openapi('PromptLabel')

/**
 * Puts a label at a version of a prompt; it leaves the version that it stood at. Who does so, and when, stays on record.
 *
 * @throws NotFound for a prompt or version that is not there; Invalid for the label `latest`.
 */
export function labelPrompt(
  db: Db,
  projectId: number,
  userId: number,
  wanted: { name: string; label: string; version: string },
): Promise<z.infer<typeof labelStateSchema>> {
  const { name, label } = wanted
  if (label === NEWEST_LABEL) {
    throw new Invalid(`"${NEWEST_LABEL}" always means the newest version; choose another label.`, ['path', 'label'])
  }
  return transact(db, async tx => {
    const { version } = await resolvePrompt(tx, projectId, { name, version: wanted.version })
    const { prompt_no } = await findPrompt(tx, projectId, name)
    await holdLabels(tx, projectId, prompt_no)
    const previous = await findLabel(tx, projectId, prompt_no, label)
    if (previous === version) return { name, label, version, previous }
    await query(
      tx,
      sql`
        with target as (
          select version_no from prompt_versions
          where project_id = ${projectId} and prompt_no = ${prompt_no} and version = ${version}
        ), moved as (
          insert into prompt_label_moves (project_id, prompt_no, label, version_no, user_id)
          select ${projectId}, ${prompt_no}, ${label}, version_no, ${userId} from target
        )
        insert into prompt_labels (project_id, prompt_no, label, version_no, user_id)
        select ${projectId}, ${prompt_no}, ${label}, version_no, ${userId} from target
        on conflict (project_id, prompt_no, label) do update
          set version_no = excluded.version_no, user_id = excluded.user_id, moved_at = clock_timestamp()`,
    )
    return { name, label, version, previous }
  })
}

/** What was done with a prompt's labels, or with one of them, newest first. @throws NotFound */
export async function listLabelMoves(
  db: Db,
  projectId: number,
  name: string,
  filter: { label?: string | undefined; limit: number },
): Promise<LabelMove[]> {
  const { prompt_no } = await findPrompt(db, projectId, name)
  return query<LabelMove>(
    db,
    sql`
      select m.label, v.version, u.name as author, m.moved_at
      from prompt_label_moves m left join prompt_versions v using (project_id, prompt_no, version_no)
      left join users u on u.user_id = m.user_id
      where m.project_id = ${projectId} and m.prompt_no = ${prompt_no}
        ${filter.label === undefined ? empty : sql`and m.label = ${filter.label}`}
      order by m.move_no desc limit ${filter.limit}`,
  )
}

/** Takes a label away; its versions and its past stay. @throws NotFound */
export function removeLabel(
  db: Db,
  projectId: number,
  userId: number,
  gone: { name: string; label: string },
): Promise<void> {
  const { name, label } = gone
  return transact(db, async tx => {
    const { prompt_no } = await findPrompt(tx, projectId, name)
    await holdLabels(tx, projectId, prompt_no)
    if ((await findLabel(tx, projectId, prompt_no, label)) === null) {
      throw new NotFound(`No version of the prompt "${name}" has the label "${label}".`)
    }
    await query(
      tx,
      sql`
        with moved as (
          insert into prompt_label_moves (project_id, prompt_no, label, version_no, user_id)
          values (${projectId}, ${prompt_no}, ${label}, null, ${userId})
        )
        delete from prompt_labels
        where project_id = ${projectId} and prompt_no = ${prompt_no} and label = ${label}`,
    )
  })
}

/** Labels of a prompt move one after the other, so that their history says how they stand. */
async function holdLabels(tx: Db, projectId: number, promptNo: number): Promise<void> {
  await query(tx, sql`select from prompts where project_id = ${projectId} and prompt_no = ${promptNo} for update`)
}

async function findLabel(tx: Db, projectId: number, promptNo: number, label: string): Promise<string | null> {
  const row = await queryOne<{ version: string }>(
    tx,
    sql`
      select v.version from prompt_labels l join prompt_versions v using (project_id, prompt_no, version_no)
      where l.project_id = ${projectId} and l.prompt_no = ${promptNo} and l.label = ${label}`,
  )
  return row?.version ?? null
}
