import { hash } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import { copyLine } from '#db/copy.ts'
import { timeSchema } from '#http/schemas.ts'
import { canonicalJson } from '#json.ts'
import { nameCluster } from './cluster.ts'

const jsonObjectSchema = z.record(z.string(), z.unknown())

export const caseSchema = z
  .object({
    case_id: z.string(),
    id: z.string().nullable().openapi({ description: 'What its makers call it' }),
    input: jsonObjectSchema,
    expected: z.unknown(),
    metadata: jsonObjectSchema,
    source: z.string().nullable().openapi({ description: 'The session that it comes from' }),
    cluster: z.string().openapi({ description: 'What it must not be torn apart from between train and test' }),
    split: z.int().openapi({ description: '0 to 9999; a test split takes those below its share' }),
    created_at: timeSchema,
  })
  .openapi('Case')
export type Case = z.infer<typeof caseSchema>

/** A case as its makers give it. `expected` null: nothing is expected. */
export interface NewCase {
  /** Names it across versions; null if it has no name of its own. */
  id: string | null
  input: { [field: string]: unknown }
  expected: unknown
  metadata: { [field: string]: unknown }
  source: string | null
}

/** A case that is known by its content. */
export interface MarkedCase extends NewCase {
  /** SHA-256 of the canonical JSON of everything that its makers gave. */
  content_hash: Buffer
  cluster: string
  split: number
}

/** Computes what a case is known by. Pure. */
export function markCase(given: NewCase): MarkedCase {
  const { id, input, metadata, source } = given
  const expected = given.expected ?? null
  const content_hash = hash('sha256', canonicalJson({ id, input, expected, metadata, source }), 'buffer')
  return { id, input, expected, metadata, source, content_hash, ...nameCluster(source, input) }
}

export const STAGED_COLUMNS =
  'project_id, upload_id, position, id, input, expected, metadata, source, cluster, split, content_hash'

/** The row of a case that is coming in, for COPY. */
export function packStagedCase(projectId: number, uploadId: string, position: number, marked: MarkedCase): string {
  return copyLine([
    projectId,
    uploadId,
    position,
    marked.id,
    JSON.stringify(marked.input),
    marked.expected === null ? null : JSON.stringify(marked.expected),
    JSON.stringify(marked.metadata),
    marked.source,
    marked.cluster,
    marked.split,
    `\\x${marked.content_hash.toString('hex')}`,
  ])
}
