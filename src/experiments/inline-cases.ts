import { markCase } from '#datasets/case.ts'
import { type PlacedCase, saveVersion } from '#datasets/staging.ts'
import type { Db } from '#db/connect.ts'
import type { ExperimentInput } from './definition.ts'

/** Cases that are written at the same time. */
const BATCH = 1000

/**
 * Makes the cases that stand in a document a version of its dataset, in the place of those that the dataset has.
 *
 * @returns the document with the version in their place.
 */
export async function keepInlineCases(
  tx: Db,
  projectId: number,
  userId: number,
  input: ExperimentInput,
): Promise<ExperimentInput> {
  const { dataset } = input
  if (typeof dataset !== 'object' || dataset === null || dataset.cases === undefined) return input
  const { cases, ...named } = dataset
  const options = { user_id: userId, made_by: 'experiment', mode: 'replace' } as const
  const { version_no } = await saveVersion(tx, projectId, named.name, listBatches(cases), options)
  return { ...input, dataset: { ...named, version: String(version_no) } }
}

function* listBatches(
  cases: NonNullable<Extract<ExperimentInput['dataset'], { cases?: unknown }>['cases']>,
): Generator<PlacedCase[]> {
  for (let start = 0; start < cases.length; start += BATCH) {
    yield cases.slice(start, start + BATCH).map(({ input, expected, metadata, source }, index) => ({
      position: start + index + 1,
      marked: markCase({
        id: null,
        input,
        expected: expected ?? null,
        metadata: metadata ?? {},
        source: source ?? null,
      }),
    }))
  }
}
