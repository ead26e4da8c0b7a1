/** What the address says of a session's page; defaults are left out of it. */
export interface SessionPlace {
  /** The message that is looked at. */
  m?: number
  /** The pass that is shown; the newest without. */
  pass?: string
  /** A subagent's conversation instead of the session's own. */
  thread?: number
  /** In a narrow page what is shown instead of the transcript. */
  tab?: 'judgement'
}

/** Reads the address; what it cannot mean is left out. */
export function readSessionPlace(given: { [name: string]: unknown }): SessionPlace {
  const m = readIndex(given.m)
  const thread = readIndex(given.thread)
  return {
    ...(m === null ? {} : { m }),
    ...(thread === null || thread === 0 ? {} : { thread }),
    ...(typeof given.pass === 'string' && given.pass !== '' ? { pass: given.pass } : {}),
    ...(given.tab === 'judgement' ? { tab: given.tab } : {}),
  }
}

function readIndex(given: unknown): number | null {
  const text = String(given)
  return /^\d{1,9}$/.test(text) ? Number(text) : null
}
