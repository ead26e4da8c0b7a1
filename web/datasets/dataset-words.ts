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

/** Which part a case belongs to at this share of test, in percent. Pure. */
export function nameSplit(split: number, share: string): 'test' | 'train' {
  return split < Math.round(Number(share) * 100) ? 'test' : 'train'
}
