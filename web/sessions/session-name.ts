/** What a session is called, wherever it stands: its name, else what was asked first, else its id. Pure. */
export function nameSession(session: {
  name?: string | null
  first_request?: string | null
  session_id: string
}): string {
  return session.name || session.first_request || session.session_id
}
