import { useEffect, useRef, useState } from 'react'
import { useProject } from '../shell/api.ts'
import { countOf } from '../ui/numbers.ts'
import { listDropped } from './dropped-entries.ts'
import { type DroppedResult, describeDropped, importInTurn } from './dropped-import.ts'

interface Progress {
  done: number
  total: number
  results: DroppedResult[]
}

/** Imports transcript files of any format that the server knows, one after the other. */
export function DropCard() {
  const { client } = useProject()
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
  const take = async (files: File[]) => {
    if (files.length === 0) return
    const results: DroppedResult[] = []
    setProgress({ done: 0, total: files.length, results })
    for await (const result of importInTurn(client, files, ending.current.signal)) {
      results.push(result)
      setProgress({ done: results.length, total: files.length, results: [...results] })
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
      <p>Transcripts of Claude Code, OpenAI chat JSONL, τ-bench or Whetstone’s own NDJSON; files or folders.</p>
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
          void take(files)
        }}
      />
      <p className="start-drop" aria-hidden="true">
        {over ? 'Let go to import' : 'or drop them here'}
      </p>
      <p role="status">{progress === null ? '' : describeProgress(progress)}</p>
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

function describeProgress({ done, total, results }: Progress): string {
  const sum = results.reduce((n, result) => n + ('error' in result ? 0 : result.imported + result.updated), 0)
  const sessions = countOf(sum, 'session')
  if (done < total) return `File ${done + 1} of ${total}: ${sessions} so far.`
  return `${sessions} imported from ${total} ${total === 1 ? 'file' : 'files'}.`
}
