import { Drawer } from '@mantine/core'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useCallback, useEffect, useRef, useState } from 'react'
import { readAnswer } from '#client.ts'
import { LoadFailure } from '../shell/missing.tsx'
import { useLearnedName } from '../shell/page-name.ts'
import { useRecent } from '../shell/recent.ts'
import { useLeaving } from '../shell/use-leaving.ts'
import { padCount } from '../ui/numbers.ts'
import { describeError, Empty, Skeleton } from '../ui/states.tsx'
import { useNarrow } from '../ui/use-narrow.ts'
import { FindBar, type Hit, type Search } from './find-bar.tsx'
import { Judgement } from './judgement.tsx'
import '../ui/plain.css'
import './session-page.css'
import { OutlineList } from './outline-list.tsx'
import { type CommentDraft, RatingFailure, useRating } from './ratings.tsx'
import { SessionHead } from './session-head.tsx'
import { nameSession } from './session-name.ts'
import { useFirstWindow, useSession } from './session-query.ts'
import type { SessionPlace } from './session-search.ts'
import { Transcript, type TranscriptControl } from './transcript.tsx'
import { useFreshSession } from './use-fresh-session.ts'
import { copyLink, type Notice, useSessionKeys } from './use-session-keys.ts'

const route = getRouteApi('/p/$project/sessions/$id')
/** The address follows the message that is looked at after this long. */
const ADDRESS_MS = 200

/** What happened, was it good? */
export function SessionPage() {
  const { project, id } = route.useParams()
  const place = route.useSearch()
  const navigate = route.useNavigate()
  const [lost, setLost] = useState<string | null>(null)
  const leaveThread = useCallback(
    (thread: number) => {
      setLost(`There is no subagent's conversation ${thread} here. This is the session's own.`)
      void navigate({ search: ({ thread: _, m: __, ...former }) => former, replace: true })
    },
    [navigate],
  )
  const { thread = 0 } = place
  return (
    <SessionOf
      key={`${project} ${id} ${thread}`}
      project={project}
      id={id}
      place={place}
      lost={thread === 0 ? lost : null}
      onNoThread={leaveThread}
    />
  )
}

interface SessionProps {
  project: string
  id: string
  place: SessionPlace
  /** What the address named and is not there. */
  lost: string | null
  onNoThread: (thread: number) => void
}

function SessionOf({ project, id, place, lost, onNoThread }: SessionProps) {
  const navigate = route.useNavigate()
  const narrow = useNarrow()
  const session = useSession(id, place.thread ?? 0)
  const { of, head, outline, detail } = session
  const ratings = session.ratings.data ?? []
  useFirstWindow(of, place.m ?? 0)
  const rating = useRating(of, ratings)
  const control = useRef<TranscriptControl>(null)
  const [current, setCurrent] = useState(place.m ?? -1)
  const [commenting, setCommenting] = useState<number | null>(null)
  const [drafts] = useState(() => new Map<number, CommentDraft>())
  const [finding, setFinding] = useState(0)
  const [search, setSearch] = useState<Search | null>(null)
  const [notice, setNotice] = useState<Notice | null>(lost === null ? null : { text: lost })
  const [outlineOpen, setOutlineOpen] = useState(false)
  const fresh = useFreshSession(session)
  const name = detail.data && nameSession(detail.data)
  useLearnedName(project, id, name)
  useRecent('Session', name)
  useMessageInAddress(current, place.m)
  const count = outline.data?.flags.length ?? 0
  if (count > 0 && current >= count) {
    setCurrent(count - 1)
    setNotice({ text: `There is no message ${current}. This is the last one, ${count - 1}.` })
  }
  const noThread = of.thread > 0 && outline.isSuccess && !outline.isPlaceholderData && count === 0
  useEffect(() => {
    if (noThread) onNoThread(of.thread)
  }, [noThread, onNoThread, of.thread])
  const goTo = useCallback(async (index: number) => {
    setOutlineOpen(false)
    const row = await control.current?.show(index)
    if (row === undefined) return
    setCurrent(row)
    focusRow(row)
    return row
  }, [])
  const onSearch = useCallback(
    (next: Search) => {
      setSearch(next)
      const hit = next.hits[next.nth]
      if (hit === undefined) return
      if (hit[0] === of.thread) void control.current?.showHit(hit).then(setCurrent)
    },
    [of.thread],
  )
  const sendToCorrections = async (index: number) => {
    try {
      const sent = await readAnswer(
        of.client.api.corrections.candidates.$post({ json: { session_id: id, message_index: index } }),
      )
      setNotice({ text: sent.created ? 'Sent to corrections.' : 'It is in corrections already.', candidate: sent.id })
    } catch (error) {
      setNotice({ text: `Not sent to corrections: ${describeError(error)}`, failed: true })
    }
  }
  useSessionKeys({
    of,
    flags: outline.data?.flags ?? [],
    current,
    control,
    goTo,
    rating,
    setCommenting,
    sendToCorrections,
    setNotice,
    finding: finding > 0,
    find: () => setFinding(count => count + 1),
  })
  if (head.isError && head.data === undefined) return <SessionFailure id={id} what="session" query={head} />
  if (outline.isError && outline.data === undefined) return <SessionFailure id={id} what="transcript" query={outline} />
  const shownTab = narrow ? (place.tab ?? 'transcript') : 'both'
  const closeFind = () => {
    setFinding(0)
    setSearch(null)
    focusRow(current)
  }
  const elsewhere = search?.hits[search.nth]
  return (
    <div className="session-page">
      <SessionHead
        session={session}
        tab={shownTab}
        onTab={tab =>
          void navigate({ search: ({ tab: _, ...former }) => (tab === 'judgement' ? { ...former, tab } : former) })
        }
        onOutline={() => setOutlineOpen(true)}
        onFind={() => setFinding(count => count + 1)}
      />
      {!narrow && outline.data && (
        <OutlineList
          outline={outline.data}
          ratings={of.thread === 0 ? ratings : []}
          current={current}
          onChoose={index => void goTo(index)}
        />
      )}
      {shownTab !== 'judgement' && (
        <section className="session-main" aria-label="Transcript">
          {finding > 0 && <FindBar of={of} asked={finding} onSearch={onSearch} onClose={closeFind} />}
          {elsewhere !== undefined && elsewhere[0] !== of.thread && (
            <Elsewhere project={project} id={id} hit={elsewhere} />
          )}
          <NoticeLine notice={notice} onClose={() => setNotice(null)} />
          <RatingFailure error={rating.error} />
          {fresh.count > 0 && (
            <button type="button" className="fresh" onClick={fresh.show}>
              {`${padCount(fresh.count.toLocaleString('en-US'))} new ${fresh.count === 1 ? 'message' : 'messages'} · show`}
            </button>
          )}
          {outline.isPending && <Skeleton lines={14} />}
          {outline.data?.flags.length === 0 && <Empty>There are no messages in this conversation.</Empty>}
          {outline.data && outline.data.flags.length > 0 && (
            <Transcript
              of={of}
              outline={outline.data}
              ratings={ratings}
              rating={rating}
              current={current}
              onCurrent={index => (index === current ? undefined : void setCurrent(index))}
              onGo={index => void goTo(index)}
              commenting={commenting}
              onComment={index => {
                const isLeft = index === null && document.activeElement?.closest('.comment-form')
                if (isLeft) focusRow(commenting ?? current)
                setCommenting(index)
              }}
              drafts={drafts}
              onCorrect={index => void sendToCorrections(index)}
              onLink={index => void copyLink(of, setNotice, index)}
              search={search}
              control={control}
            />
          )}
        </section>
      )}
      {shownTab !== 'transcript' && (
        <aside className="judgement" aria-label="Judgement">
          <Judgement
            detail={detail}
            chosen={place.pass}
            onChoose={pass =>
              void navigate({ search: ({ pass: _, ...former }) => (pass === undefined ? former : { ...former, pass }) })
            }
          />
        </aside>
      )}
      <Drawer opened={outlineOpen} onClose={() => setOutlineOpen(false)} position="bottom" size="70%" title="Outline">
        {outline.data && (
          <OutlineList
            outline={outline.data}
            ratings={ratings}
            current={current}
            onChoose={index => void goTo(index)}
          />
        )}
      </Drawer>
    </div>
  )
}

/** The address follows the message that is looked at. */
function useMessageInAddress(current: number, written: number | undefined): void {
  const navigate = route.useNavigate()
  const isLeaving = useLeaving()
  useEffect(() => {
    if (current < 0 || current === written) return
    const timer = setTimeout(() => {
      if (!isLeaving()) void navigate({ search: former => ({ ...former, m: current }), replace: true })
    }, ADDRESS_MS)
    return () => clearTimeout(timer)
  }, [current, written, navigate, isLeaving])
}

function SessionFailure(props: { id: string; what: string; query: { error: unknown; refetch: () => unknown } }) {
  const { id, what, query } = props
  return (
    <LoadFailure
      what={`Couldn't load the ${what}`}
      error={query.error}
      onRetry={() => void query.refetch()}
      missing={{ noun: 'session', name: id, list: { label: 'Sessions', to: '/p/$project/sessions' } }}
    />
  )
}

/** Leads to a place that was found in another conversation of the session. */
function Elsewhere({ project, id, hit }: { project: string; id: string; hit: Hit }) {
  const [thread, m] = hit
  return (
    <p className="notice">
      This place is in {thread === 0 ? 'the conversation itself' : 'a subagent’s conversation'}.{' '}
      <Link to="/p/$project/sessions/$id" params={{ project, id }} search={{ m, ...(thread === 0 ? {} : { thread }) }}>
        Open it
      </Link>
    </p>
  )
}

function NoticeLine({ notice, onClose }: { notice: Notice | null; onClose: () => void }) {
  const { project } = route.useParams()
  return (
    <div role="status" className="notice-place">
      {notice !== null && (
        <p className="notice" data-failed={notice.failed}>
          {notice.text}{' '}
          {notice.candidate !== undefined && (
            <Link to="/p/$project/corrections/review" params={{ project }} search={{ id: notice.candidate }}>
              Review it
            </Link>
          )}
          <button type="button" className="plain-button" onClick={onClose}>
            Dismiss
          </button>
        </p>
      )}
    </div>
  )
}

/** A row is in the page one or two frames after it was scrolled to. */
function focusRow(index: number, frames = 5): void {
  const row = document.querySelector(`[data-row-index="${index}"]`)
  if (row instanceof HTMLElement) row.focus({ preventScroll: true })
  else if (frames > 0) requestAnimationFrame(() => focusRow(index, frames - 1))
}
