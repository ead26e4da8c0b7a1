import type { BriefCandidate } from './brief-candidate.ts'

/** So many candidates a search looks at before it answers. */
export const SEARCHED = 1_000

/** Whether what a line of a list shows has the words, in any case. Pure. */
export function hasWords(line: BriefCandidate, words: string): boolean {
  const wanted = words.toLowerCase()
  const shown = [line.request, line.task_name, line.response, line.correction, line.id, line.decided_by]
  return shown.some(text => text?.toLowerCase().includes(wanted))
}
