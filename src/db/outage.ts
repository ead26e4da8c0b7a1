import pg from 'pg'

/** SQLSTATE classes of a server that is going away, starting, full, or gone: nothing is wrong with the statement. */
const OUTAGES = ['08', '53', '57P']

const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'])

/** Whether the error means that the database is away for the moment, so that the same work can succeed later. */
export function isOutage(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return OUTAGES.some(prefix => error.code?.startsWith(prefix))
  if (!(error instanceof Error)) return false
  if ('code' in error && typeof error.code === 'string' && NETWORK.has(error.code)) return true
  return /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error)/.test(
    error.message,
  )
}

/** Whether a unique constraint refused a row that another transaction had brought first. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '23505'
}
