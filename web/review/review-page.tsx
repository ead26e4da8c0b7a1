import { getRouteApi } from '@tanstack/react-router'
import {
  type ReactNode,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react'
import { pickQueueFilter } from '../corrections/corrections-search.ts'
import { useProject } from '../shell/api.ts'
import { useChanges } from '../shell/live.ts'
import { useLeaving } from '../shell/use-leaving.ts'
import { Failure, Skeleton } from '../ui/states.tsx'
import '../ui/plain.css'
import './review-page.css'
import './review-panes.css'
import { CandidateScreen, type Decided } from './candidate-screen.tsx'
import { loadEditor } from './correction-editor.tsx'
import { createDesk } from './desk.ts'
import { forgetOldDrafts } from './drafts.ts'
import {
  addDecision,
  type Entry,
  hurryOutbox,
  listEntries,
  resumeOutbox,
  undoEntry,
  watchOutbox,
  watchUndone,
} from './outbox.ts'
import { QueueEnd } from './queue-end.tsx'
import { lookAgain, restoreDecision } from './restore-decision.ts'
import { ReviewHead } from './review-head.tsx'
import { ReviewNotices, type Undone } from './review-notices.tsx'
import type { ReviewSearch } from './review-search.ts'
import { nameScreen, settleScreen } from './screen.ts'
import { countDecision, uncountDecision } from './sitting.ts'
import { isUnderDialog } from './use-review-keys.ts'

const route = getRouteApi('/p/$project/corrections/review')
/** The address follows the candidate after this long. */
const ADDRESS_MS = 200
const EDITOR_MS = 200

/** Fixes the next one. */
export function ReviewPage() {
  const { project, client } = useProject()
  const search = route.useSearch()
  const second = search.second !== undefined
  const filterName = JSON.stringify(pickQueueFilter(search))
  // biome-ignore lint/correctness/useExhaustiveDependencies: the filter by what it says, the start only once
  const [filter, desk] = useMemo(() => {
    const filter = pickQueueFilter(search)
    return [filter, createDesk({ project, client, nameScreen, filter, second, start: search.id })] as const
  }, [project, client, filterName, second])
  const state = useSyncExternalStore(desk.watch, desk.read)
  const all = useSyncExternalStore(watchOutbox, listEntries)
  const entries = useMemo(() => all.filter(entry => entry.project === project), [all, project])
  const [undone, setUndone] = useState<Undone | null>(null)
  const current = state.held[0]
  useEffect(() => {
    let left = false
    // What was decided before a reload is known, and not shown again while it is on its way.
    void prepare().then(() => {
      if (!left) desk.open()
    })
    return () => {
      left = true
      desk.close()
    }
  }, [desk])
  useAddress(current?.candidate.id, state.ended)
  useHurry(desk.retry)
  useEffect(() => {
    void forgetOldDrafts(Date.now())
  }, [])
  const begun = current !== undefined
  useEffect(() => {
    if (!begun) return
    // After the first candidate can be read; who is faster has a plain field.
    const timer = setTimeout(() => void loadEditor().catch(() => {}), EDITOR_MS)
    return () => clearTimeout(timer)
  }, [begun])
  useEffect(
    () =>
      watchUndone((entry, taken) => {
        setUndone(former => (former?.entry.no === entry.no ? { entry, taken } : former))
        void desk.renew()
      }),
    [desk],
  )

  const decide = (decided: Decided) => {
    if (current === undefined) return
    setUndone(null)
    countDecision(project, decided.duration_ms)
    addDecision({ ...decided, project, screen: nameScreen(), candidate: current.candidate, second })
    desk.goOn(false)
  }
  const last = entries.findLast(entry => !entry.undo && !entry.second && entry.state !== 'refused')
  const undo = () => {
    if (last === undefined) return
    undoEntry(last.no)
    uncountDecision(project)
    desk.putFirst(...restoreDecision(last))
    setUndone({ entry: last, taken: null })
  }
  const onLookAgain = async (entry: Entry) => {
    desk.putFirst(...(await lookAgain(client, entry)))
    void desk.renew()
  }
  const notices = (
    <ReviewNotices
      project={project}
      entries={entries}
      notice={state.notice}
      undone={undone}
      onUndo={undo}
      onLookAgain={onLookAgain}
    />
  )
  const passOver = () => {
    setUndone(null)
    desk.goOn(true)
  }
  return (
    <div className="review-page">
      <ReviewHead filter={filter} second={second} until={current?.until ?? null} entries={entries} />
      {current !== undefined ? (
        <CandidateScreen
          key={`${current.candidate.id} ${current.showing}`}
          project={project}
          held={current}
          notices={notices}
          canUndo={last !== undefined}
          onDecide={decide}
          onPassOver={passOver}
          onUndo={undo}
        />
      ) : (
        <>
          <RestingPlace>
            {state.failure !== null && (
              <Failure what="Couldn't fetch the next candidate" error={state.failure} onRetry={desk.retry} />
            )}
            {state.ended ? (
              <QueueEnd
                filter={filter}
                second={second}
                passedOver={state.passedOver}
                onBeginAgain={desk.beginAgain}
                onUndo={undo}
              />
            ) : (
              state.failure === null && <Skeleton lines={8} />
            )}
          </RestingPlace>
          <div className="review-foot">{notices}</div>
        </>
      )}
    </div>
  )
}

/** Has the focus while there is no candidate that could. */
function RestingPlace({ children }: { children: ReactNode }) {
  const place = useRef<HTMLElement>(null)
  useLayoutEffect(() => {
    if (!isUnderDialog()) place.current?.focus({ preventScroll: true })
  }, [])
  return (
    <section className="review-rest" ref={place} tabIndex={-1} aria-label="No candidate">
      {children}
    </section>
  )
}

async function prepare(): Promise<void> {
  await settleScreen()
  await resumeOutbox(nameScreen(), Date.now())
}

/** A reload, and the link that is copied, lead to the candidate on the screen; after the last to none. */
function useAddress(id: string | undefined, ended: boolean): void {
  const navigate = route.useNavigate()
  const isLeaving = useLeaving()
  useEffect(() => {
    if (id === undefined && !ended) return
    const show = ({ id: _, ...former }: ReviewSearch) => (id === undefined ? former : { ...former, id })
    const timer = setTimeout(() => {
      if (!isLeaving()) void navigate({ search: show, replace: true })
    }, ADDRESS_MS)
    return () => clearTimeout(timer)
  }, [id, ended, navigate, isLeaving])
}

/** As soon as the server can be reached again, everything that waits for it is tried. */
function useHurry(retry: () => void): void {
  const hurry = useCallback(() => {
    hurryOutbox()
    retry()
  }, [retry])
  useChanges(hurry)
  useEffect(() => {
    window.addEventListener('online', hurry)
    return () => window.removeEventListener('online', hurry)
  }, [hurry])
}
