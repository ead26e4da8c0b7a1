import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { readAnswer } from '#client.ts'
import { nameSession } from '../sessions/session-name.ts'
import { useProject } from '../shell/api.ts'
import { useFollowing } from '../shell/follow.ts'
import { readApiKey } from '../shell/session-key.ts'

const FOLLOW_MS = 1_000
/** So many of the newest are looked at: what comes is last active now. */
const NEWEST = 20

/** How an agent's own program sends its sessions; the first that comes takes the place of the waiting. */
export function ConnectCard() {
  const { project } = useProject()
  const [copied, setCopied] = useState<boolean | null>(null)
  const snippet = writeSnippet(location.origin, project, readApiKey() !== null)
  const copy = () =>
    navigator.clipboard.writeText(snippet).then(
      () => setCopied(true),
      () => setCopied(false),
    )
  return (
    <section className="start-card" aria-labelledby="start-connect">
      <h2 id="start-connect">Connect an agent</h2>
      <p>Send each session when it ends, or again when it went on: the same id replaces what was there.</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <pre tabIndex={0} role="group" aria-label="Command that sends a session">
        <code>{snippet}</code>
      </pre>
      <div className="start-copy">
        <Button onClick={() => void copy()}>Copy</Button>
        <span role="status">
          {copied === null ? '' : copied ? 'Copied.' : 'The browser did not allow it: select the text instead.'}
        </span>
      </div>
      <Waiting />
    </section>
  )
}

/** Sessions that were there when the page was opened are not what is waited for. */
function Waiting() {
  const { project, client } = useProject()
  useFollowing([project, 'start', 'newest'], ['sessions'], FOLLOW_MS)
  const newest = useQuery({
    queryKey: [project, 'start', 'newest'],
    queryFn: async ({ signal }) => {
      const query = { limit: String(NEWEST) }
      return (await readAnswer(client.api.eval['session-page'].$get({ query }, { init: { signal } }))).items
    },
    staleTime: 0,
    gcTime: 0,
  })
  const [known, setKnown] = useState<Set<string> | null>(null)
  if (known === null && newest.data !== undefined) setKnown(new Set(newest.data.map(row => row.session_id)))
  const found = known === null ? undefined : newest.data?.find(row => !known.has(row.session_id))
  return (
    <p role="status" className="start-waiting" data-found={found !== undefined || undefined}>
      {found === undefined ? (
        `Waiting for the ${known === null || known.size === 0 ? 'first' : 'next'} session…`
      ) : (
        <>
          A session is here:{' '}
          <Link to="/p/$project/sessions/$id" params={{ project, id: found.session_id }}>
            {nameSession(found)}
          </Link>
        </>
      )}
    </p>
  )
}

function writeSnippet(origin: string, project: string, hasKey: boolean): string {
  const session = {
    session_id: 'my-first-session',
    profile_id: 'my-agent',
    messages: [
      { role: 'user', content: 'Where is my parcel?' },
      { role: 'assistant', content: 'In Bern.' },
    ],
  }
  const headers = [
    'content-type: application/json',
    ...(project === 'default' ? [] : [`x-whetstone-project: ${project}`]),
  ]
  const lines = [
    `curl ${origin}/api/sessions`,
    ...headers.map(header => `-H '${header.replaceAll("'", "'\\''")}'`),
    ...(hasKey ? ['-H "authorization: Bearer $WHETSTONE_API_KEY"'] : []),
    `-d '${JSON.stringify(session, null, 2)}'`,
  ]
  return lines.join(' \\\n  ')
}
