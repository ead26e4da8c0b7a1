import { Link } from '@tanstack/react-router'
import { Fragment } from 'react'
import { countOf } from '../ui/numbers.ts'
import { Time } from '../ui/time.tsx'
import { nameSession } from './session-name.ts'
import type { useSession } from './session-query.ts'

interface HeadProps {
  session: ReturnType<typeof useSession>
  tab: 'both' | 'transcript' | 'judgement'
  onTab: (tab: 'transcript' | 'judgement') => void
  onOutline: () => void
  onFind: () => void
}

/** What the session is, how one came to the subagent that is shown, and in a narrow page the tabs. */
export function SessionHead({ session, tab, onTab, onOutline, onFind }: HeadProps) {
  const { of, head, outline } = session
  const path = outline.data?.path ?? []
  return (
    <header className="session-head">
      <h1 title={of.id}>{nameHead(session)}</h1>
      {head.data && (
        <p className="session-facts">
          {head.data.profile_id} · {countOf(head.data.msg_count, 'message')} ·{' '}
          <Time at={head.data.last_active} focusable />
          <span data-thumb="1">{head.data.likes > 0 && ` ▲${head.data.likes}`}</span>
          <span data-thumb="-1">{head.data.dislikes > 0 && ` ▼${head.data.dislikes}`}</span>
        </p>
      )}
      {tab !== 'judgement' && (
        <button type="button" className="plain-button find-button" onClick={onFind}>
          Find <kbd className="key wide-only">/</kbd>
        </button>
      )}
      {of.thread > 0 && (
        <nav className="thread-path" aria-label="Subagent">
          <Link to="/p/$project/sessions/$id" params={{ project: of.project, id: of.id }}>
            Session
          </Link>
          {path.map((step, index) => (
            <Fragment key={step.thread}>
              {' / '}
              <Link
                to="/p/$project/sessions/$id"
                params={{ project: of.project, id: of.id }}
                search={{ m: step.message_index, ...(step.thread === 0 ? {} : { thread: step.thread }) }}
              >
                {step.name || 'call'} in message {step.message_index}
              </Link>
              {index === path.length - 1 && ' / this subagent'}
            </Fragment>
          ))}
        </nav>
      )}
      {tab !== 'both' && (
        <div className="session-tabs">
          <div role="group" aria-label="What is shown">
            <button type="button" aria-pressed={tab === 'transcript'} onClick={() => onTab('transcript')}>
              Transcript
            </button>
            <button type="button" aria-pressed={tab === 'judgement'} onClick={() => onTab('judgement')}>
              Judgement
            </button>
          </div>
          {tab === 'transcript' && (
            <button type="button" onClick={onOutline}>
              Outline
            </button>
          )}
        </div>
      )}
    </header>
  )
}

/** Its place is kept while the name is on its way. */
function nameHead({ of, head, detail }: HeadProps['session']): string {
  if (detail.data !== undefined) return nameSession(detail.data)
  return head.data?.name || (detail.isError ? of.id : '\u00a0')
}
