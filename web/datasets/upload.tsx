import { NativeSelect, TextInput } from '@mantine/core'
import { type DragEvent, useEffect, useRef, useState } from 'react'
import { readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useSettled } from '../ui/use-settled.ts'
import { NewVersion } from './new-version.tsx'

interface Wish {
  name: string
  file: File | null
  /** Counts the files that were chosen, so that each is looked at anew. */
  files: number
  mode: 'replace' | 'append'
  input: string
  expected: string
  id: string
  source: string
  delimiter: string
}

const TYPES: { [ending: string]: string } = {
  jsonl: 'application/x-ndjson',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
}

/** Uploads a file as a new version, after it has shown what that would change. */
export function Upload({ name, onClose }: { name?: string; onClose: () => void }) {
  const [wish, setWish] = useState<Wish>({
    ...{ name: name ?? '', file: null, files: 0, mode: 'replace' },
    ...{ input: '', expected: '', id: '', source: '', delimiter: '' },
  })
  const set = (part: Partial<Wish>) => setWish(former => ({ ...former, ...part }))
  const take = (file: File | undefined) => {
    if (file === undefined) return
    setWish(former => ({
      ...former,
      file,
      files: former.files + 1,
      name: former.name === '' ? file.name.replace(/\.[^.]*$/, '') : former.name,
    }))
  }
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => form.current?.querySelector('input')?.focus(), [])
  const isTable = wish.file !== null && ['csv', 'tsv'].includes(endingOf(wish.file))
  return (
    <form
      ref={form}
      className="upload"
      aria-label={name === undefined ? 'New dataset' : 'New version'}
      onSubmit={event => event.preventDefault()}
      onKeyDown={event => event.key === 'Escape' && onClose()}
      onDragOver={(event: DragEvent) => event.preventDefault()}
      onDrop={(event: DragEvent) => {
        event.preventDefault()
        take(event.dataTransfer.files[0])
      }}
    >
      <div className="upload-fields">
        <label className="upload-file">
          <span>File (.jsonl, .csv or .tsv), or drop it here</span>
          <input
            type="file"
            accept=".jsonl,.ndjson,.csv,.tsv"
            onChange={event => take(event.currentTarget.files?.[0])}
          />
        </label>
        {name === undefined && (
          <TextInput
            label="Name of the dataset"
            value={wish.name}
            maxLength={512}
            onChange={event => set({ name: event.currentTarget.value })}
          />
        )}
        <NativeSelect
          label="Its cases"
          value={wish.mode}
          onChange={event => set({ mode: event.currentTarget.value === 'append' ? 'append' : 'replace' })}
          data={[
            { value: 'replace', label: 'take the place of those that are there' },
            { value: 'append', label: 'come beside those that are there' },
          ]}
        />
      </div>
      {isTable && <ColumnFields wish={wish} set={set} />}
      <Outcome wish={wish} onClose={onClose} />
    </form>
  )
}

/** What columns mean whose names do not say it. */
function ColumnFields({ wish, set }: { wish: Wish; set: (part: Partial<Wish>) => void }) {
  const field = (name: 'input' | 'expected' | 'id' | 'source' | 'delimiter', label: string, placeholder: string) => (
    <TextInput
      label={label}
      placeholder={placeholder}
      value={wish[name]}
      {...(name === 'delimiter' ? { maxLength: 1 } : {})}
      onChange={event => set({ [name]: event.currentTarget.value })}
    />
  )
  return (
    <details className="upload-columns">
      <summary>Columns whose names do not say what they are</summary>
      <p className="quiet">
        A column called id, expected, source, input.X, expected.X or metadata.X is that; any other is a field of the
        input. Once columns are named as input, others are metadata.
      </p>
      <div className="upload-fields">
        {field('input', 'Input', 'question,context')}
        {field('expected', 'Expected', 'answer')}
        {field('id', 'Id', 'key')}
        {field('source', 'Source', 'chat')}
        {field('delimiter', 'Delimiter', ',')}
      </div>
    </details>
  )
}

function Outcome({ wish, onClose }: { wish: Wish; onClose: () => void }) {
  const { client } = useProject()
  const settled = useSettled(wish)
  const { file: _, ...about } = settled
  const dataset = client.api.datasets[':name']
  return (
    <NewVersion
      name={settled.name.trim()}
      request={toRequest(settled)}
      about={about}
      typing={settled !== wish}
      askPreview={(request, signal) => readAnswer(dataset.preview.$post(...packUpload(request, signal)))}
      save={request => readAnswer(dataset.versions.$post(...packUpload(request)))}
      words={{
        save: 'Save',
        saveAs: 'Save version',
        refused: 'This cannot become a version',
        failed: 'It was not saved',
        looking: 'Looking at what would change …',
        trouble: () => findTrouble(wish) ?? '',
        same: ({ version_no }) => `These are the cases of version ${version_no}: nothing would change.`,
      }}
      onClose={onClose}
    />
  )
}

interface UploadRequest {
  name: string
  body: File
  type: string
  query: { [name: string]: string }
}

/** Null where nothing can be asked for like this. */
function toRequest(wish: Wish): UploadRequest | null {
  const { name, file, mode } = wish
  const type = file === null ? undefined : TYPES[endingOf(file)]
  if (file === null || type === undefined || name.trim() === '') return null
  const columns = type === TYPES.jsonl ? [] : (['input', 'expected', 'id', 'source', 'delimiter'] as const)
  const named = columns.filter(column => wish[column] !== '').map(column => [column, wish[column]])
  return { name: name.trim(), body: file, type, query: { mode, ...Object.fromEntries(named) } }
}

function findTrouble({ file, name }: Wish): string | null {
  if (file === null) return 'Choose a file; nothing is saved before you have seen what it changes.'
  if (TYPES[endingOf(file)] === undefined) return `${file.name} has to end in .jsonl, .csv or .tsv.`
  return name.trim() === '' ? 'Name the dataset.' : null
}

/** What both endpoints that take cases are sent. */
function packUpload({ name, body, type, query }: UploadRequest, signal?: AbortSignal) {
  const init = signal === undefined ? { body } : { body, signal }
  const given = { param: { name: encodeURIComponent(name) }, query }
  return [given, { headers: { 'content-type': type }, init }] as const
}

function endingOf(file: File): string {
  return file.name.split('.').at(-1)?.toLowerCase() ?? ''
}
