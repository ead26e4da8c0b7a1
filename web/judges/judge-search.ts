/** What the address says of a version: with which other one it is compared, and on which session it is tried. */
export interface JudgeSearch {
  from?: string
  /** Whether what tries it is open. */
  open?: 'try'
  session?: string
}

/** Reads the address; what it cannot mean is left out. */
export function readJudgeSearch(given: { [name: string]: unknown }): JudgeSearch {
  return {
    ...(isText(given.from) ? { from: given.from } : {}),
    ...(given.open === 'try' ? { open: 'try' as const } : {}),
    ...(isText(given.session) ? { session: given.session } : {}),
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
