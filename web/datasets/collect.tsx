import { NativeSelect, TextInput } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { type Client, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { readDay } from '../ui/days.ts'
import { useSettled } from '../ui/use-settled.ts'
import { NewVersion } from './new-version.tsx'

const SOURCES = {
  corrections: 'approved corrections',
  both: 'rated answers, liked and disliked',
  liked: 'liked answers: what is expected',
  disliked: 'disliked answers: what is not expected',
  requests: 'what users asked in sessions',
} as const

const NOTHING: { [source in Wish['source']]: string } = {
  corrections: 'There is no such approved correction',
  both: 'There is no such rated answer',
  liked: 'There is no such liked answer',
  disliked: 'There is no such disliked answer',
  requests: 'There is no such session',
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
  const { client } = useProject()
  const settled = useSettled(wish)
  return (
    <NewVersion
      name={settled.name.trim()}
      request={settled.name.trim() === '' ? null : settled}
      about={settled}
      typing={settled !== wish}
      askPreview={async (request, signal) => {
        const found = await askPreview(client, request, signal)
        return found && { ...found, malformed: [], malformed_count: 0 }
      }}
      save={request => collect(client, request)}
      words={{
        save: 'Make a version',
        saveAs: 'Make version',
        refused: 'It could not be counted',
        failed: 'No cases were made',
        looking: 'Counting the cases …',
        trouble: found => {
          if (wish.name.trim() === '') return 'Name the dataset; nothing is made before you have seen what it changes.'
          return found === null ? `${NOTHING[wish.source]}${wish.since === '' ? '' : ' since that day'}.` : ''
        },
        same: () => 'All of them are there already: nothing would change.',
      }}
      onClose={onClose}
    />
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
