import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { type Client, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { readDay } from '../ui/days.ts'
import { Failure } from '../ui/states.tsx'
import { useSettled } from '../ui/use-settled.ts'
import { useRenewDatasets } from './dataset-query.ts'
import { UploadPreview } from './upload-preview.tsx'

const SOURCES = {
  corrections: 'approved corrections',
  both: 'rated answers, liked and disliked',
  liked: 'liked answers: what is expected',
  disliked: 'disliked answers: what is not expected',
  requests: 'what users asked in sessions',
} as const

const NOTHING: { [source in Wish['source']]: string } = {
  corrections: 'There is no such approved correction.',
  both: 'There is no such rated answer.',
  liked: 'There is no such liked answer.',
  disliked: 'There is no such disliked answer.',
  requests: 'There is no such session.',
}

interface Wish {
  name: string
  source: keyof typeof SOURCES
  /** A day in the reader's zone, or ''. */
  since: string
  mode: 'append' | 'replace'
}

/** Makes cases of what Whetstone has, after it has shown how many that would be. */
export function Collect({ name, onClose }: { name?: string; onClose: () => void }) {
  const [wish, setWish] = useState<Wish>({ name: name ?? '', source: 'corrections', since: '', mode: 'append' })
  const set = (part: Partial<Wish>) => setWish(former => ({ ...former, ...part }))
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => form.current?.querySelector<HTMLElement>('input, select')?.focus(), [])
  return (
    <form
      ref={form}
      className="upload"
      aria-label="Collect cases"
      onSubmit={event => event.preventDefault()}
      onKeyDown={event => event.key === 'Escape' && onClose()}
    >
      <div className="upload-fields">
        {name === undefined && (
          <TextInput
            label="Name of the dataset"
            value={wish.name}
            maxLength={512}
            onChange={event => set({ name: event.currentTarget.value })}
          />
        )}
        <NativeSelect
          label="Cases of"
          value={wish.source}
          onChange={event => set({ source: readSource(event.currentTarget.value) })}
          data={Object.entries(SOURCES).map(([value, label]) => ({ value, label }))}
        />
        <TextInput
          type="date"
          label={wish.source === 'corrections' ? 'Decided since' : 'Sessions active since'}
          value={wish.since}
          onChange={event => set({ since: readDay(event.currentTarget.value) ?? '' })}
        />
        <NativeSelect
          label="They"
          value={wish.mode}
          onChange={event => set({ mode: event.currentTarget.value === 'replace' ? 'replace' : 'append' })}
          data={[
            { value: 'append', label: 'come beside those that are there' },
            { value: 'replace', label: 'take the place of those that are there' },
          ]}
        />
      </div>
      <Outcome wish={wish} onClose={onClose} />
    </form>
  )
}

function Outcome({ wish, onClose }: { wish: Wish; onClose: () => void }) {
  const { project, client } = useProject()
  const navigate = useNavigate()
  const renew = useRenewDatasets()
  const settled = useSettled(wish)
  const named = settled.name.trim() !== ''
  const preview = useQuery({
    queryKey: [project, 'collect preview', settled],
    queryFn: ({ signal }) => askPreview(client, settled, signal),
    enabled: named,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  })
  const save = useMutation({
    mutationFn: (wanted: Wish) => collect(client, wanted),
    onSuccess: async (saved, { name }) => {
      await renew()
      await navigate({
        to: '/p/$project/datasets/$name/$v',
        params: { project, name: name.trim(), v: String(saved.version_no) },
        search: {},
      })
    },
  })
  const known = settled === wish && named && !preview.isFetching ? preview.data : undefined
  const found = known ?? undefined
  const differs = found !== undefined && found.added + found.changed + found.removed > 0
  return (
    <>
      {found !== undefined && <UploadPreview preview={{ ...found, malformed: [], malformed_count: 0 }} />}
      {preview.isError && <Failure what="It could not be counted" error={preview.error} />}
      {save.isError && <Failure what="No cases were made" error={save.error} />}
      <div className="upload-foot">
        <Button variant="filled" disabled={!differs} loading={save.isPending} onClick={() => save.mutate(settled)}>
          {found === undefined || !differs
            ? 'Make a version'
            : `Make version ${found.version_no} · ${found.cases.toLocaleString('en-US')} ${found.cases === 1 ? 'case' : 'cases'}`}
        </Button>
        <Button variant="subtle" onClick={onClose}>
          Close
        </Button>
        <span role="status" className="quiet">
          {wish.name.trim() === '' && 'Name the dataset; nothing is made before you have seen what it changes.'}
          {named && (preview.isFetching || settled !== wish) && 'Counting the cases …'}
          {known === null && NOTHING[wish.source]}
          {found !== undefined && !differs && 'All of them are there already: nothing would change.'}
        </span>
      </div>
    </>
  )
}

function readSource(given: string): Wish['source'] {
  if (given === 'both' || given === 'liked' || given === 'disliked' || given === 'requests') return given
  return 'corrections'
}

/** The beginning of a day in the reader's zone. */
function startOfDay(date: string): string {
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number)
  return new Date(year, month - 1, day).toISOString()
}

function scopeOf({ name, since, mode }: Wish) {
  const from = since === '' ? {} : { from: startOfDay(since) }
  return {
    golden: { json: { dataset: name.trim(), mode, filter: from } },
    sessions: { param: { name: encodeURIComponent(name.trim()) }, json: { mode, ...from } },
  }
}

function askPreview(client: Client, wish: Wish, signal: AbortSignal) {
  const { golden, sessions } = scopeOf(wish)
  const init = { init: { signal } }
  if (wish.source === 'corrections') return readAnswer(client.api.corrections.golden.preview.$post(golden, init))
  const of = client.api.datasets[':name']
  if (wish.source === 'requests') return readAnswer(of.sessions.preview.$post(sessions, init))
  return readAnswer(of.feedback.preview.$post({ ...sessions, json: { ...sessions.json, rating: wish.source } }, init))
}

function collect(client: Client, wish: Wish) {
  const { golden, sessions } = scopeOf(wish)
  if (wish.source === 'corrections') return readAnswer(client.api.corrections.golden.all.$post(golden))
  const of = client.api.datasets[':name']
  if (wish.source === 'requests') return readAnswer(of.sessions.$post(sessions))
  return readAnswer(of.feedback.$post({ ...sessions, json: { ...sessions.json, rating: wish.source } }))
}
