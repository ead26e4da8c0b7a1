import { Button, NativeSelect, TextInput } from '@mantine/core'
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { type RunRequest, readAnswer } from '#client.ts'
import { splitVersion } from '../judges/judge-words.ts'
import { usePins } from '../judges/unpinned.tsx'
import { useProject } from '../shell/api.ts'
import { formatCount, formatDollars } from '../ui/numbers.ts'
import { Failure } from '../ui/states.tsx'
import { useOnce } from '../ui/use-once.ts'
import { useSettled } from '../ui/use-settled.ts'
import './new-run.css'
import { findFormerJudge } from './run-query.ts'

interface Wish {
  scope: 'unevaluated' | 'all'
  since: string
  limit: string
  backend: string
  model: string
  ceiling: string
}

/** Puts a run together. What it would take stands on its button before it is pressed. */
export function NewRun({ onClose }: { onClose: () => void }) {
  const { project, client } = useProject()
  const former = useQuery({
    queryKey: [project, 'runs', 'former judge'],
    queryFn: () => findFormerJudge(client),
    staleTime: 0,
  })
  const backends = useQuery({
    queryKey: [project, 'backends'],
    queryFn: () => readAnswer(client.api.backends.$get()),
  })
  if (former.isError)
    return <Failure what="Couldn't load the former judge" error={former.error} onRetry={() => void former.refetch()} />
  if (former.data === undefined) return null
  const names = new Set(['baseline', former.data.backend, ...(backends.data ?? []).map(one => one.name)])
  return <WishForm start={former.data} backends={[...names]} onClose={onClose} />
}

interface FormProps {
  start: { backend: string; model?: string }
  backends: string[]
  onClose: () => void
}

function WishForm({ start, backends, onClose }: FormProps) {
  const [wish, setWish] = useState<Wish>({
    ...{ scope: 'unevaluated', since: '', limit: '', ceiling: '' },
    ...{ backend: start.backend, model: start.model ?? '' },
  })
  const set = (part: Partial<Wish>) => setWish(former => ({ ...former, ...part }))
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => form.current?.querySelector('select')?.focus(), [])
  const baseline = isBaseline(wish.backend)
  return (
    <form
      ref={form}
      className="new-run"
      aria-label="New run"
      onSubmit={event => event.preventDefault()}
      onKeyDown={event => event.key === 'Escape' && onClose()}
    >
      <NativeSelect
        label="Sessions"
        value={wish.scope}
        onChange={event => set({ scope: event.currentTarget.value === 'all' ? 'all' : 'unevaluated' })}
        data={[
          { value: 'unevaluated', label: 'Not judged yet' },
          { value: 'all', label: 'All, judged again' },
        ]}
      />
      <TextInput
        label="Created since"
        type="date"
        value={wish.since}
        onChange={event => set({ since: event.currentTarget.value })}
      />
      <TextInput
        label="At most"
        inputMode="numeric"
        placeholder="all"
        value={wish.limit}
        error={wish.limit !== '' && readWhole(wish.limit) === null && 'A whole number from 1'}
        onChange={event => set({ limit: event.currentTarget.value })}
      />
      <NativeSelect
        label="Backend"
        value={wish.backend}
        onChange={event => set({ backend: event.currentTarget.value })}
        data={backends.map(name => ({ value: name, label: name === 'baseline' ? 'baseline (no model)' : name }))}
      />
      <TextInput
        label="Model"
        value={baseline ? '' : wish.model}
        disabled={baseline}
        placeholder={baseline ? 'none' : 'name of the model'}
        onChange={event => set({ model: event.currentTarget.value })}
      />
      <TextInput
        label="Ceiling, US dollars"
        inputMode="decimal"
        placeholder="none"
        disabled={baseline}
        value={wish.ceiling}
        error={wish.ceiling !== '' && readDollars(wish.ceiling) === null && 'An amount such as 2.50'}
        onChange={event => set({ ceiling: event.currentTarget.value })}
      />
      <StartBar wish={wish} onClose={onClose} />
    </form>
  )
}

function StartBar({ wish, onClose }: { wish: Wish; onClose: () => void }) {
  const { project, client } = useProject()
  const navigate = useNavigate()
  const settled = useSettled(wish)
  const request = toRequest(settled)
  const estimate = useQuery({
    queryKey: [project, 'runs', 'estimate', request],
    queryFn: ({ signal }) => readAnswer(client.api.eval.estimate.$post({ json: request ?? {} }, { init: { signal } })),
    enabled: request !== null,
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  })
  const pins = usePins().data
  const isPinned =
    pins === undefined || isBaseline(splitVersion(pins.judge_version).name) === isBaseline(settled.backend)
  const once = useOnce()
  const start = useMutation({
    mutationFn: (json: RunRequest) => readAnswer(client.api.eval.run.$post({ json })),
    onSuccess: run => void navigate({ to: '/p/$project/runs/$run', params: { project, run: run.run_id } }),
  })
  const known = settled === wish && !estimate.isPlaceholderData && !estimate.isFetching
  const found = request === null ? undefined : estimate.data
  const ready = known && request !== null && found !== undefined && found.sessions > 0
  return (
    <div className="new-run-foot">
      <Button
        variant="filled"
        disabled={!ready}
        loading={start.isPending}
        onClick={() => request !== null && ready && once(onSettled => start.mutate(request, { onSettled }))}
      >
        {found === undefined ? 'Judge' : describeEstimate(found)}
      </Button>
      <Button variant="subtle" onClick={onClose}>
        Close
      </Button>
      <p role="status">
        {known ? remark(found, settled) : 'Working out what it would take …'}
        {known && ready && !isPinned && ` ${pins.judge_version} is pinned: what another judge says counts as stale.`}
      </p>
      {estimate.isError && request !== null && (
        <Failure
          what="Couldn't say what it would take"
          error={estimate.error}
          onRetry={() => void estimate.refetch()}
        />
      )}
      {start.isError && <Failure what="The run did not start" error={start.error} />}
    </div>
  )
}

/** The backend that needs no model, and the only panel that it judges by. */
function isBaseline(name: string): boolean {
  return name === 'baseline'
}

interface Estimate {
  sessions: number
  calls: number
  tokens_in: number
  tokens_out: number
  cost_usd: number | null
}

function describeEstimate({ sessions, calls, cost_usd }: Estimate): string {
  if (sessions === 0) return 'Nothing to judge'
  const bill = calls === 0 ? 'no calls' : `≈ ${formatCount(calls)} calls`
  const cost = cost_usd === null ? 'no price' : cost_usd === 0 ? 'free' : `≈ ${formatDollars(cost_usd)}`
  return `Judge ${formatCount(sessions)} · ${bill} · ${cost}`
}

function remark(found: Estimate | undefined, wish: Wish): string {
  if (found === undefined) return toRequest(wish) === null ? 'Name a model, and mend the fields that complain.' : ''
  if (found.sessions === 0) return 'No session that was asked for lacks a pass by this judge.'
  if (found.calls === 0) return 'Computed without a model.'
  const ceiling = readDollars(wish.ceiling)
  if (ceiling !== null && found.cost_usd !== null && ceiling < found.cost_usd)
    return 'The ceiling is below the expected cost: the run would end early and keep what it judged.'
  return `About ${formatCount(found.tokens_in)} tokens in and ${formatCount(found.tokens_out)} out.`
}

/** Null where it cannot be asked for like this. */
function toRequest({ scope, since, limit, backend, model, ceiling }: Wish): RunRequest | null {
  const [most, dollars] = [readWhole(limit), readDollars(ceiling)]
  const baseline = isBaseline(backend)
  if ((limit !== '' && most === null) || (!baseline && ceiling !== '' && dollars === null)) return null
  if (!baseline && model.trim() === '') return null
  return {
    ...{ scope, backend },
    ...(baseline ? {} : { model: model.trim() }),
    ...(since === '' ? {} : { since }),
    ...(most === null ? {} : { limit: most }),
    ...(baseline || dollars === null ? {} : { max_cost_usd: dollars }),
  }
}

function readWhole(text: string): number | null {
  return /^\s*[1-9]\d{0,8}\s*$/.test(text) ? Number(text) : null
}

function readDollars(text: string): number | null {
  return /^\s*\$?\d{1,8}(\.\d{1,6})?\s*$/.test(text) ? Number(text.replace('$', '')) : null
}
