import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { Failure, Skeleton } from '../ui/states.tsx'
import { Guard, MessageBlocks } from './message-blocks.tsx'
import { useSubagent } from './session-query.ts'
import { useViews, ViewsContext } from './views.ts'

/** From this level on a subagent has the page for itself. */
const DEEPEST = 3
const FIRST = 10
const MOST = 100

/** A subagent's conversation below the call that started it; a long or deep one is a page of its own. */
export function Subagent({ thread, messages }: { thread: number; messages: number }) {
  const { of, depth } = useViews()
  const [shown, setShown] = useState(FIRST)
  const focus = (
    <Link to="/p/$project/sessions/$id" params={{ project: of.project, id: of.id }} search={{ thread }}>
      Open the subagent's conversation
    </Link>
  )
  if (depth + 1 >= DEEPEST) return <p className="subagent-link">{focus}</p>
  return (
    <section className="subagent" aria-label={`Subagent, ${messages} messages`}>
      <p className="subagent-link">
        Subagent · {messages} {messages === 1 ? 'message' : 'messages'} · {focus}
      </p>
      <NestedMessages thread={thread} limit={shown} />
      {messages > shown && shown < MOST && (
        <button type="button" className="plain-button" onClick={() => setShown(Math.min(MOST, shown + 30))}>
          Show {Math.min(30, messages - shown)} more messages
        </button>
      )}
    </section>
  )
}

function NestedMessages({ thread, limit }: { thread: number; limit: number }) {
  const views = useViews()
  const of = { ...views.of, thread }
  const window = useSubagent(of, limit)
  if (window.isPending) return <Skeleton lines={3} />
  if (window.isError) {
    return <Failure what="Couldn't load the subagent" error={window.error} onRetry={() => void window.refetch()} />
  }
  return (
    <ViewsContext value={{ ...views, of, depth: views.depth + 1 }}>
      {window.data.messages.map(message => (
        <Guard key={message.message_index}>
          <MessageBlocks message={message} />
        </Guard>
      ))}
    </ViewsContext>
  )
}
