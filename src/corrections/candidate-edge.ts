import { z } from 'zod'
import { Invalid } from '#errors.ts'
import { readTimestamp } from '#http/schemas.ts'

/** Waiting in import order; decided with the newest decision first. */
export const candidateListSchema = z.enum(['waiting', 'decided'])
export type CandidateList = z.infer<typeof candidateListSchema>

/** A row's place in its list. */
export interface CandidateEdge {
  candidate_no: number
  /** ISO; null in the list of those that wait. */
  decided_at: string | null
}

/** The place as a word that a client gives back. */
export function writeCandidateEdge({ candidate_no, decided_at }: CandidateEdge): string {
  return decided_at === null ? String(candidate_no) : `${candidate_no}@${decided_at}`
}

/** @throws Invalid for a word that this list did not give out. */
export function readCandidateEdge(list: CandidateList, word: string, parameter: string): CandidateEdge {
  const [, number = '', time] = /^(\d{1,15})(?:@(.{1,40}))?$/.exec(word) ?? []
  const decided_at = time === undefined ? null : readTimestamp(time)
  if (number === '' || (list === 'decided') !== (decided_at !== null)) {
    throw new Invalid('This was not given out by this list', ['query', parameter])
  }
  return { candidate_no: Number(number), decided_at }
}
