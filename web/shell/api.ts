import { useParams } from '@tanstack/react-router'
import { type Client, createClient } from '#client.ts'
import { askForKey, readApiKey } from './session-key.ts'

const clients = new Map<string, Client>()

/** The client of a project; it asks for an API key where the server wants one, and then sends the request again. */
export function clientOf(project: string): Client {
  const known = clients.get(project)
  if (known !== undefined) return known
  const client = createClient({
    baseUrl: location.origin,
    headers: { 'x-whetstone-project': project },
    fetch: sendWithKey,
  })
  clients.set(project, client)
  return client
}

/** A client of no project: what it asks for is of the server, or of the key's own project. */
export function anyClient(): Client {
  return createClient({ baseUrl: location.origin, fetch: sendWithKey })
}

/** The project of the address, and its client. */
export function useProject(): { project: string; client: Client } {
  const { project = 'default' } = useParams({ strict: false })
  return { project, client: clientOf(project) }
}

async function sendWithKey(request: Request): Promise<Response> {
  for (;;) {
    const key = readApiKey()
    const attempt = request.clone()
    if (key !== null) attempt.headers.set('authorization', `Bearer ${key}`)
    const response = await fetch(attempt)
    if (response.status !== 401) return response
    await askForKey(key, request.signal)
  }
}
