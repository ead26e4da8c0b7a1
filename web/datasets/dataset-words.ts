import type { ShownDatasetVersion } from '#client.ts'

/** How a version came about. */
export const ORIGINS: { [origin in ShownDatasetVersion['made_by']]: string } = {
  upload: 'uploaded',
  experiment: 'of an experiment',
  sessions: 'from sessions',
  feedback: 'from feedback',
  corrections: 'from corrections',
  retraction: 'a correction was undone',
}

interface CaseContent {
  id: string | null
  input: unknown
  expected?: unknown
  metadata: unknown
  source: string | null
}

/** A case as text whose lines can be compared: what is not there is left out. Pure. */
export function writeCase({ id, input, expected, metadata, source }: CaseContent): string {
  const empty = typeof metadata === 'object' && metadata !== null && Object.keys(metadata).length === 0
  const content = {
    ...(id === null ? {} : { id }),
    input,
    ...(expected === null || expected === undefined ? {} : { expected }),
    ...(empty ? {} : { metadata }),
    ...(source === null ? {} : { source }),
  }
  return JSON.stringify(content, null, 2)
}

/** Which part a case belongs to at this share of test, in percent. Pure. */
export function nameSplit(split: number, share: string): 'test' | 'train' {
  return split < Math.round(Number(share) * 100) ? 'test' : 'train'
}
