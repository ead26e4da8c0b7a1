import { z } from '@hono/zod-openapi'
import sql, { type Sql } from 'sql-template-tag'
import { type Db, query, queryOne, queryRow } from '#db/connect.ts'
import { liftDeadline, transact } from '#db/transact.ts'
import { NotFound } from '#errors.ts'
import { timeSchema } from '#http/schemas.ts'
import { type Panel, parsePanel } from './panel.ts'
import { computeRubricVersion, parseRubric, type Rubric } from './rubric.ts'
import { identifyPanel, readShipped } from './shipped.ts'

/** What a session is judged by, in words. */
export interface PanelAndRubric {
  panel: Panel
  rubric: Rubric
}

/** A pair of versions with what they stand for. */
export interface VersionPair extends PanelAndRubric {
  pins_id: number
  judge_version: string
  rubric_version: string
}

export const pinsSchema = z
  .object({ judge_version: z.string(), rubric_version: z.string(), pinned_at: timeSchema })
  .openapi('Pins')

export const pinsInputSchema = z
  .strictObject({
    panel: z.string().optional().openapi({ description: 'A judge version, or a name, which means its newest version' }),
    rubric: z
      .string()
      .optional()
      .openapi({ description: 'A rubric version, or a name, which means its newest version' }),
  })
  .openapi('PinsInput')

export const versionSchema = z
  .object({ version: z.string(), name: z.string(), pinned: z.boolean(), created_at: timeSchema })
  .openapi('Version')

/**
 * The pair in force. A new project is pinned to the shipped panel and rubric on first sight.
 *
 * The judge version of the pinned panel is the one under which it was pinned; a newer Whetstone may build prompts
 * differently and then judges under another version, see `chooseVersions`.
 */
export async function readPins(db: Db, projectId: number): Promise<VersionPair> {
  const pinned = await findPair(
    db,
    sql`v.project_id = ${projectId} and v.pins_id = (select pins_id from pins where project_id = ${projectId})`,
  )
  if (pinned !== null) return pinned
  const { rubric, model } = readShipped()
  return transact(db, async tx => {
    const pair = await registerPair(tx, projectId, model, rubric)
    await query(
      tx,
      sql`insert into pins (project_id, pins_id) values (${projectId}, ${pair.pins_id}) on conflict do nothing`,
    )
    return pair
  })
}

/** The number of the pair in force, for queries that compare with it. */
export async function readPinsId(db: Db, projectId: number): Promise<number> {
  const row = await queryOne<{ pins_id: number }>(db, sql`select pins_id from pins where project_id = ${projectId}`)
  return row?.pins_id ?? (await readPins(db, projectId)).pins_id
}

/**
 * The versions that a run uses: the pinned rubric, and the pinned panel if it suits the backend, else the one shipped for
 * it. The panel's version is computed by the code at hand, so an evaluation never carries a version that did not make it.
 */
export async function chooseVersions(db: Db, projectId: number, kind: Panel['kind']): Promise<VersionPair> {
  const pins = await readPins(db, projectId)
  const panel = choosePanel(pins, kind)
  if (panel === pins.panel && identifyPanel(panel) === pins.judge_version) return pins
  return transact(db, tx => registerPair(tx, projectId, panel, pins.rubric))
}

/** The pinned panel if it is of this kind, else the one shipped. */
export function choosePanel(pins: VersionPair, kind: Panel['kind']): Panel {
  return pins.panel.kind === kind ? pins.panel : readShipped()[kind]
}

/** First of the two keys of an advisory lock; the second is the project. */
const PINS_LOCK = 4_780_003

/**
 * Keeps the pins of projects as they are until the transaction ends. To be called first by whoever writes passes: a pass
 * and a change of pins that did not see each other would leave the session with the standing of neither.
 */
export async function holdPins(tx: Db, projectIds: number[]): Promise<void> {
  for (const projectId of [...new Set(projectIds)].sort((one, other) => one - other)) {
    await query(tx, sql`select pg_advisory_xact_lock_shared(${PINS_LOCK}, ${projectId}::integer)`)
  }
}

/**
 * Puts other versions in force. Sessions judged under the former ones become `stale`, those with a pass under the new
 * ones `evaluated`; only those whose latest pass is another one now are written.
 *
 * @throws NotFound for a version that is not there.
 */
export function setPins(db: Db, projectId: number, input: z.infer<typeof pinsInputSchema>): Promise<VersionPair> {
  return transact(db, async tx => {
    await query(tx, sql`select pg_advisory_xact_lock(${PINS_LOCK}, ${projectId}::integer)`)
    const former = await readPins(tx, projectId)
    const panel = input.panel === undefined ? former.panel : await findPanel(tx, projectId, input.panel)
    const rubric = input.rubric === undefined ? former.rubric : await findRubric(tx, projectId, input.rubric)
    const pair = await registerPair(tx, projectId, panel, rubric)
    if (pair.pins_id === former.pins_id) return pair
    await query(tx, sql`update pins set pins_id = ${pair.pins_id}, pinned_at = now() where project_id = ${projectId}`)
    await query(
      await liftDeadline(tx),
      sql`
        select refresh_standing(${projectId}, array_agg(session_no order by session_no)) from sessions s
        where project_id = ${projectId} and latest_pins <> ${pair.pins_id} and latest_pins <> 0
          and (
            exists (
              select from passes p
              where p.project_id = s.project_id and p.session_no = s.session_no and p.pins_id = ${pair.pins_id}
            )
            or latest_pins = ${former.pins_id} and latest_pass_no < (
              select max(pass_no) from passes p where p.project_id = s.project_id and p.session_no = s.session_no
            )
          )`,
    )
    return pair
  })
}

/** When the pair in force was pinned. */
export async function describePins(db: Db, projectId: number): Promise<z.infer<typeof pinsSchema>> {
  const { judge_version, rubric_version } = await readPins(db, projectId)
  const { pinned_at } = await queryRow<{ pinned_at: string }>(
    db,
    sql`select pinned_at from pins where project_id = ${projectId}`,
  )
  return { judge_version, rubric_version, pinned_at }
}

/** Adds a rubric from YAML; the same content is the same version. @throws Invalid with the field's path. */
export async function addRubric(db: Db, projectId: number, yaml: string): Promise<{ version: string }> {
  await readPins(db, projectId)
  return { version: await storeRubric(db, projectId, parseRubric(yaml)) }
}

/** Adds a panel from YAML; the same content is the same version. @throws Invalid with the field's path. */
export async function addPanel(db: Db, projectId: number, yaml: string): Promise<{ version: string }> {
  await readPins(db, projectId)
  return { version: await storePanel(db, projectId, parsePanel(yaml)) }
}

/** Every rubric version of a project, the newest first. */
export async function listRubrics(db: Db, projectId: number): Promise<z.infer<typeof versionSchema>[]> {
  const pins = await readPins(db, projectId)
  return query(
    db,
    sql`
      select rubric_version as version, name, rubric_version = ${pins.rubric_version} as pinned, created_at
      from rubrics where project_id = ${projectId} order by created_at desc, rubric_version`,
  )
}

/** Every panel version of a project, the newest first. */
export async function listPanels(db: Db, projectId: number): Promise<z.infer<typeof versionSchema>[]> {
  const pins = await readPins(db, projectId)
  await storePanel(db, projectId, readShipped().baseline)
  return query(
    db,
    sql`
      select judge_version as version, name, judge_version = ${pins.judge_version} as pinned, created_at
      from panels where project_id = ${projectId} order by created_at desc, judge_version`,
  )
}

/** A rubric by its version, or the newest of that name. @throws NotFound */
export async function findRubric(db: Db, projectId: number, version: string): Promise<Rubric> {
  const row = await queryOne<{ body: Rubric }>(
    db,
    sql`
      select body from rubrics where project_id = ${projectId} and (rubric_version = ${version} or name = ${version})
      order by created_at desc limit 1`,
  )
  if (row === null) throw new NotFound(`There is no rubric "${version}" in this project.`)
  return row.body
}

/** A panel by its version, or the newest of that name; the shipped ones are always there. @throws NotFound */
export async function findPanel(db: Db, projectId: number, version: string): Promise<Panel> {
  const shipped = Object.values(readShipped()).find(one => 'kind' in one && one.name === version)
  const row = await queryOne<{ body: Panel }>(
    db,
    sql`
      select body from panels where project_id = ${projectId} and (judge_version = ${version} or name = ${version})
      order by created_at desc limit 1`,
  )
  if (row !== null) return row.body
  if (shipped !== undefined && 'kind' in shipped) return shipped
  throw new NotFound(`There is no panel "${version}" in this project.`)
}

/** Gives a pair of versions its number, a small one of the project's own. */
export async function registerPair(tx: Db, projectId: number, panel: Panel, rubric: Rubric): Promise<VersionPair> {
  await query(tx, sql`select from projects where project_id = ${projectId} for no key update`)
  const rubric_version = await storeRubric(tx, projectId, rubric)
  const judge_version = await storePanel(tx, projectId, panel)
  const row = await queryRow<{ pins_id: number }>(
    tx,
    sql`
      with added as (
        insert into version_pairs (project_id, pins_id, judge_version, rubric_version)
        select ${projectId}, coalesce(max(pins_id), 0) + 1, ${judge_version}, ${rubric_version}
        from version_pairs where project_id = ${projectId}
        on conflict (project_id, judge_version, rubric_version) do nothing
        returning pins_id
      )
      select pins_id from added union all
      select pins_id from version_pairs
      where project_id = ${projectId} and judge_version = ${judge_version} and rubric_version = ${rubric_version}`,
  )
  return { pins_id: row.pins_id, judge_version, rubric_version, panel, rubric }
}

/** Finds a pair by its number. @throws NotFound */
export type VersionReader = (projectId: number, pinsId: number) => Promise<VersionPair>

const PAIRS_KEPT = 100

/** Finds pairs and keeps the last ones at hand: what a number stands for never changes. */
export function createVersionReader(db: Db): VersionReader {
  const pairs = new Map<string, VersionPair>()
  return async (projectId, pinsId) => {
    const key = `${projectId}/${pinsId}`
    const pair = pairs.get(key) ?? (await findVersionPair(db, projectId, pinsId))
    pairs.set(key, pair)
    const [oldest] = pairs.keys()
    if (pairs.size > PAIRS_KEPT && oldest !== undefined) pairs.delete(oldest)
    return pair
  }
}

/** A pair by its number. @throws NotFound */
export async function findVersionPair(db: Db, projectId: number, pinsId: number): Promise<VersionPair> {
  const pair = await findPair(db, sql`v.project_id = ${projectId} and v.pins_id = ${pinsId}`)
  if (pair === null) throw new NotFound(`There is no pair of versions ${pinsId}.`)
  return pair
}

async function findPair(db: Db, condition: Sql): Promise<VersionPair | null> {
  return queryOne<VersionPair>(
    db,
    sql`
      select v.pins_id, v.judge_version, v.rubric_version, p.body as panel, r.body as rubric
      from version_pairs v join panels p using (project_id, judge_version) join rubrics r using (project_id, rubric_version)
      where ${condition}`,
  )
}

async function storeRubric(db: Db, projectId: number, rubric: Rubric): Promise<string> {
  const version = computeRubricVersion(rubric)
  await query(
    db,
    sql`
      insert into rubrics (project_id, rubric_version, name, body)
      values (${projectId}, ${version}, ${rubric.name}, ${JSON.stringify(rubric)}) on conflict do nothing`,
  )
  return version
}

async function storePanel(db: Db, projectId: number, panel: Panel): Promise<string> {
  const version = identifyPanel(panel)
  await query(
    db,
    sql`
      insert into panels (project_id, judge_version, name, kind, body)
      values (${projectId}, ${version}, ${panel.name}, ${panel.kind}, ${JSON.stringify(panel)}) on conflict do nothing`,
  )
  return version
}
