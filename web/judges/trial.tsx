import { Button, NativeSelect, TextInput } from '@mantine/core'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react'
import { nameSession } from '../sessions/session-name.ts'
import { useProject } from '../shell/api.ts'
import { useLeaving } from '../shell/use-leaving.ts'
import { Empty, Failure, Skeleton, useDelayed } from '../ui/states.tsx'
import { formatAge, useNow } from '../ui/time.tsx'
import { useOnce } from '../ui/use-once.ts'
import { useSettled } from '../ui/use-settled.ts'
import { usePanel } from './judge-query.ts'
import { readJudgeSearch } from './judge-search.ts'
import './trial.css'
import { useTrial, useTrialChoices, useTrialEstimate } from './trial-query.ts'
import {
  describeTrialBill,
  describeTrialMeans,
  type TrialWish,
  type TriedVersion,
  toTrialRequest,
} from './trial-words.ts'

const TrialSides = lazy(() => import('./trial-sides.tsx').then(module => ({ default: module.TrialSides })))

interface TrialProps extends TriedVersion {
  /** Whether a person has just asked for it, who then goes on in its first field. */
  asked: boolean
  onClose: () => void
}

/** Tries a version on one session, beside what is stored of it. Nothing of it is kept as a judgement. */
export function Trial({ kind, version, asked, onClose }: TrialProps) {
  const { project } = useProject()
  const panel = usePanel(kind === 'panels' ? version : undefined)
  const { former, backends, sessions } = useTrialChoices()
  const trouble = [former, sessions, panel].find(one => one.isError)
  const ready = former.data !== undefined && sessions.data !== undefined && !backends.isPending
  const judged = kind === 'rubrics' ? 'either' : panel.data?.kind
  return (
    <section className="trial" aria-labelledby="trial">
      <h2 id="trial">Try on a session</h2>
      {trouble !== undefined ? (
        <Failure what="Couldn't load what to try it on" error={trouble.error} onRetry={() => void trouble.refetch()} />
      ) : !ready || judged === undefined ? (
        <Skeleton lines={3} />
      ) : sessions.data.items.length === 0 ? (
        <Empty>
          No sessions yet.{' '}
          <Link to="/p/$project/sessions" params={{ project }}>
            Import some
          </Link>{' '}
          to try it on.
        </Empty>
      ) : (
        <TrialForm
          tried={{ kind, version }}
          start={former.data}
          backends={listBackends(judged, [former.data.backend, ...(backends.data ?? []).map(one => one.name)])}
          sessions={sessions.data.items}
          asked={asked}
          onClose={onClose}
        />
      )}
    </section>
  )
}

/** Those that suit the panel; a rubric can be tried with any. */
function listBackends(judged: 'either' | 'model' | 'baseline', names: string[]): string[] {
  if (judged === 'baseline') return ['baseline']
  return [...new Set(judged === 'either' ? ['baseline', ...names] : names.filter(name => name !== 'baseline'))]
}

interface OfferedSession {
  session_id: string
  name: string | null
  first_request: string | null
  last_active: string
}

interface FormProps {
  tried: TriedVersion
  start: { backend: string; model?: string }
  backends: string[]
  sessions: OfferedSession[]
  asked: boolean
  onClose: () => void
}

function TrialForm({ tried, start, backends, sessions, asked, onClose }: FormProps) {
  const { wish, set } = useWish(start, backends)
  const once = useOnce()
  const { trial, outcome, stop } = useTrial()
  const now = useNow()
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => {
    if (asked) form.current?.querySelector('select')?.focus()
  }, [asked])
  const settled = useSettled(wish)
  const { kind, version } = tried
  const request = useMemo(() => toTrialRequest({ kind, version }, settled), [kind, version, settled])
  const estimate = useTrialEstimate(request)
  const found = settled === wish ? (estimate.data ?? undefined) : undefined
  const baseline = wish.backend === 'baseline'
  const send = () => {
    if (found !== undefined && request !== null && !trial.isPending)
      once(onSettled => trial.mutate({ request, calls: found.calls }, { onSettled }))
  }
  return (
    <>
      <form
        ref={form}
        className="trial-form"
        aria-labelledby="trial"
        onSubmit={event => {
          event.preventDefault()
          send()
        }}
        onKeyDown={event => event.key === 'Escape' && onClose()}
      >
        <NativeSelect
          label="One of the newest"
          value={sessions.some(one => one.session_id === wish.session) ? wish.session : ''}
          onChange={event => set({ session: event.currentTarget.value })}
          data={[
            { value: '', label: 'Choose a session …' },
            ...sessions.map(one => ({ value: one.session_id, label: nameOffered(one, now) })),
          ]}
        />
        <TextInput
          label="Session id"
          spellCheck={false}
          value={wish.session}
          onChange={event => set({ session: event.currentTarget.value })}
        />
        <NativeSelect
          label="Backend"
          value={wish.backend}
          onChange={event => set({ backend: event.currentTarget.value })}
          data={backends.map(name => ({ value: name, label: name === 'baseline' ? 'baseline (no model)' : name }))}
        />
        <TextInput
          label="Model"
          spellCheck={false}
          value={baseline ? '' : wish.model}
          disabled={baseline}
          placeholder={baseline ? 'none' : 'name of the model'}
          onChange={event => set({ model: event.currentTarget.value })}
        />
        <div className="trial-foot">
          <Button type="submit" variant="filled" disabled={found === undefined && !trial.isPending}>
            {found === undefined ? 'Try' : describeTrialBill(found)}
          </Button>
          <TrialState
            trial={trial}
            current={settled === wish && trial.variables?.request === request}
            onStop={stop}
            remark={remark(wish, found === undefined ? null : describeTrialMeans(found, kind), estimate.isError)}
          />
        </div>
      </form>
      {estimate.isError && settled === wish && <Failure what="It cannot be tried" error={estimate.error} />}
      {outcome !== undefined && (
        <Suspense fallback={<Skeleton lines={8} />}>
          <TrialSides outcome={outcome} />
        </Suspense>
      )}
    </>
  )
}

/** What the form asks for; the session stands in the address as well. */
function useWish(start: FormProps['start'], backends: string[]) {
  const search = readJudgeSearch(useSearch({ strict: false }))
  const navigate = useNavigate()
  const isLeaving = useLeaving()
  const [wish, setWish] = useState<TrialWish>({
    session: search.session ?? '',
    backend: backends.includes(start.backend) ? start.backend : (backends[0] ?? ''),
    model: start.model ?? '',
  })
  const settled = useSettled(wish.session)
  const named = useRef(settled)
  useEffect(() => {
    if (named.current === settled || isLeaving()) return
    named.current = settled
    void navigate({
      to: '.',
      search: { open: 'try', ...(settled === '' ? {} : { session: settled }) },
      replace: true,
    })
  }, [settled, navigate, isLeaving])
  return { wish, set: (part: Partial<TrialWish>) => setWish(former => ({ ...former, ...part })) }
}

interface StateProps {
  trial: ReturnType<typeof useTrial>['trial']
  /** Whether it is about what the form says now. */
  current: boolean
  onStop: () => void
  remark: string
}

/** How the trial stands; what takes more than a second can be stopped. */
function TrialState({ trial, current, onStop, remark }: StateProps) {
  const late = useDelayed(trial.isPending, 1_000)
  const stopped = current && trial.isError && trial.error.name === 'AbortError'
  const calls = trial.variables?.calls ?? 0
  return (
    <>
      {late && <Button onClick={onStop}>Stop</Button>}
      <p role="status">
        {late
          ? `Asking ${calls === 1 ? '1 expert' : `${calls} experts`} …`
          : stopped
            ? 'Stopped. Answers that had come already are kept and cost nothing again.'
            : current && trial.isSuccess
              ? 'Done: nothing is saved as a judgement.'
              : remark}
      </p>
      {current && trial.isError && !stopped && <Failure what="It was not tried" error={trial.error} />}
    </>
  )
}

function remark(wish: TrialWish, means: string | null, refused: boolean): string {
  if (wish.session === '') return 'Choose a session, or give its id.'
  if (wish.backend !== 'baseline' && wish.model.trim() === '') return 'Name a model.'
  return means ?? (refused ? '' : 'Working out what it would take …')
}

function nameOffered(session: OfferedSession, now: number): string {
  const title = nameSession(session).replace(/\s+/g, ' ')
  return `${title.length > 80 ? `${title.slice(0, 79)}…` : title} · ${formatAge(session.last_active, now)}`
}
