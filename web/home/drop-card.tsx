import { Link } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useProject } from '../shell/api.ts'
import { countOf } from '../ui/numbers.ts'
import { listDropped, MOST_FILES } from './dropped-entries.ts'
import { type DroppedResult, describeDropped, importInTurn } from './dropped-import.ts'

interface Progress {
  done: number
  total: number
  /** There were more than are taken at a time. */
  cut: boolean
  results: DroppedResult[]
}

/** Imports transcript files of any format that the server knows, one after the other. */
export function DropCard() {
  const { project, client } = useProject()
  const [progress, setProgress] = useState<Progress | null>(null)
  const [over, setOver] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const ending = useRef(new AbortController())
  useEffect(() => {
    const started = new AbortController()
    ending.current = started
    // A file that misses the card must not take the page away.
    const stay = (event: DragEvent) => event.preventDefault()
    window.addEventListener('dragover', stay, { signal: started.signal })
    window.addEventListener('drop', stay, { signal: started.signal })
    return () => started.abort()
  }, [])
  const busy = progress !== null && progress.done < progress.total
  const taken = progress === null ? 0 : countSessions(progress.results)
  // What is not sent yet would stay behind without a word.
  useEffect(() => {
    if (!busy) return
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [busy])
  const take = async (files: File[]) => {
    const results: DroppedResult[] = []
    const [total, cut] = [files.length, files.length === MOST_FILES]
    setProgress({ done: 0, total, cut, results })
    for await (const result of importInTurn(client, files, ending.current.signal)) {
      results.push(result)
      setProgress({ done: results.length, total, cut, results: [...results] })
    }
  }
  return (
    <section
      className="start-card"
      aria-labelledby="start-drop"
      data-over={over || undefined}
      onDragOver={event => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={event => {
        const to = event.relatedTarget
        if (!(to instanceof Node && event.currentTarget.contains(to))) setOver(false)
      }}
      onDrop={event => {
        event.preventDefault()
        setOver(false)
        if (!busy) void listDropped(event.dataTransfer).then(take)
      }}
    >
      <h2 id="start-drop">Drop files</h2>
      <p>Transcripts of Claude Code, OpenAI chat JSONL, τ‑bench or Whetstone’s own NDJSON; files or folders.</p>
      <input
        ref={input}
        type="file"
        multiple
        accept=".jsonl,.ndjson,.json"
        aria-label="Choose transcript files"
        disabled={busy}
        onChange={event => {
          const files = [...(event.currentTarget.files ?? [])]
          event.currentTarget.value = ''
          if (files.length > 0) void take(files)
        }}
      />
      <p className="start-drop" aria-hidden="true">
        {over ? 'Let go to import' : 'or drop them here'}
      </p>
      <p role="status">{progress === null ? '' : describeProgress(progress)}</p>
      {taken > 0 && !busy && (
        <p>
          <Link to="/p/$project/sessions" params={{ project }}>
            See the sessions
          </Link>{' '}
          or{' '}
          <Link to="/p/$project/runs" params={{ project }} search={{ new: '1' }}>
            what judging would take
          </Link>
        </p>
      )}
      {progress !== null && progress.results.length > 0 && <Results results={progress.results} />}
    </section>
  )
}

const SHOWN = 100

function Results({ results }: { results: DroppedResult[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
    <ul className="start-results" tabIndex={0} aria-label="What became of the files">
      {results.slice(-SHOWN).map((result, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they only grow
        <li key={index} data-tone={'error' in result || result.rejected_count > 0 ? 'warn' : undefined}>
          <strong>{result.name}</strong> {describeDropped(result)}
        </li>
      ))}
    </ul>
  )
}

function countSessions(results: DroppedResult[]): number {
  return results.reduce((n, result) => n + ('error' in result ? 0 : result.imported + result.updated), 0)
}

function describeProgress({ done, total, cut, results }: Progress): string {
  if (total === 0) return 'No transcripts were in it: their names end in .jsonl, .ndjson or .json.'
  const sessions = countOf(countSessions(results), 'session')
  if (done < total) return `File ${done + 1} of ${total}: ${sessions} so far. Leaving this page would end it.`
  const most = cut ? ' A folder that holds more is for the command: npx whetstone import.' : ''
  return `${sessions} imported from ${total} ${total === 1 ? 'file' : 'files'}.${most}`
}
