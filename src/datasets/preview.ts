import { z } from '@hono/zod-openapi'
import sql from 'sql-template-tag'
import { type Db, query } from '#db/connect.ts'
import { Invalid } from '#errors.ts'
import { openVersion } from './datasets.ts'
import { caseDifferenceSchema, compareVersions, type DatasetDiff } from './diff.ts'
import { type PlacedCase, type SavedVersion, withStaged } from './staging.ts'
import { makeVersion, type VersionMode, versionChangeSchema } from './versions.ts'

export const collectPreviewSchema = versionChangeSchema
  .extend({
    differences: z.array(caseDifferenceSchema).openapi({ description: 'The first 50 of them' }),
  })
  .openapi('CollectPreview')
export type CollectPreview = z.infer<typeof collectPreviewSchema>
/** Null where there is nothing to be collected. */
export const collectAnswerSchema = collectPreviewSchema.nullable()

/** Differences that are shown before anything is saved. */
const SHOWN = 50

/**
 * What collecting these cases would make, without making it; null where there is none to be collected.
 *
 * @param batches throw an Invalid with the slug `no_cases` where there is none.
 */
export async function previewCollected(
  db: Db,
  projectId: number,
  name: string,
  batches: AsyncIterable<PlacedCase[]>,
  mode: VersionMode,
): Promise<CollectPreview | null> {
  try {
    const { doubles, ...preview } = await previewVersion(db, projectId, name, batches, mode)
    return preview
  } catch (error) {
    if (error instanceof Invalid && error.slug === 'no_cases') return null
    throw error
  }
}

/**
 * What `saveVersion` would make of these cases, and the first differences. The version is made and taken back within one
 * transaction, so that what is told is what saving would do, and nothing of it is seen. The dataset is held meanwhile.
 */
export function previewVersion(
  db: Db,
  projectId: number,
  name: string,
  batches: AsyncIterable<PlacedCase[]>,
  mode: VersionMode,
): Promise<SavedVersion & Pick<DatasetDiff, 'differences'>> {
  return withStaged(db, projectId, batches, async (tx, uploadId, doubles) => {
    await query(tx, sql`savepoint before_preview`)
    const change = await makeVersion(tx, projectId, name, uploadId, { user_id: null, made_by: 'upload', mode })
    const to = await openVersion(tx, projectId, { name })
    const differs = change.added + change.removed + change.changed > 0
    const from = { ...to, version_no: differs ? to.version_no - 1 : to.version_no }
    const { differences } = await compareVersions(tx, projectId, from, to, { after: 0, limit: SHOWN })
    await query(tx, sql`rollback to savepoint before_preview`)
    return { ...change, doubles, differences }
  })
}
