import { useEffect, useRef, useState } from 'react'
import { type Cell, offerBlob, writeCsv, writeLines } from './csv.ts'
import './csv-button.css'
import { countOf } from './numbers.ts'
import { Failure } from './states.tsx'

interface CsvButtonProps {
  /** The rows at hand; left out where it is a figure's numbers. */
  rows?: number
  /** Whether the list has more than those. */
  more?: boolean
  onPress: () => void
}

/** Takes the rows at hand away as CSV, and says so where they are not all that there are. */
export function CsvButton({ rows, more = false, onPress }: CsvButtonProps) {
  const n = rows?.toLocaleString('en-US')
  return (
    <button
      type="button"
      className="plain-button csv-button"
      disabled={rows === 0}
      title={n === undefined ? undefined : more ? `The ${n} rows that are shown; there are more` : `All ${n} rows`}
      onClick={onPress}
    >
      {more ? `CSV of these ${n}` : 'CSV'}
    </button>
  )
}

interface PagedCsvProps {
  /** The file's name. */
  name: string
  header: string[]
  /** Every row as cells, a page at a time; it ends early when it is told to. */
  pages: (stop: AbortSignal) => AsyncIterable<Cell[][]>
  /** How many rows that will be, in words: `250`, `10,000+`. */
  total?: string | undefined
  disabled: boolean
  /** Whether that number stands beside the button anyway, which then says it to those who ask or do not see. */
  counted?: boolean
}

/** How long it is said that the file is there. */
const SAID_MS = 6_000

type Taking =
  | { step: 'idle' }
  | { step: 'taking'; rows: number }
  | { step: 'done'; rows: number }
  | { step: 'failed'; rows: number; error: unknown }

/**
 * Takes a whole list away as CSV, also what is not loaded: page after page from the server, with how far it is and a way to stop.
 * A page's text goes into a blob at once, which the browser keeps outside the page's memory. What was stopped, or failed, gives no
 * file: nobody would see that it is a part. Give it the list's name as its key, so that another list is another file.
 */
export function PagedCsv({ name, header, pages, total = 'all', disabled, counted = false }: PagedCsvProps) {
  const [taking, setTaking] = useState<Taking>({ step: 'idle' })
  const stop = useRef<AbortController | null>(null)
  useEffect(() => () => stop.current?.abort(), [])
  const done = taking.step === 'done'
  useEffect(() => {
    if (!done) return
    const timer = setTimeout(() => setTaking({ step: 'idle' }), SAID_MS)
    return () => clearTimeout(timer)
  }, [done])
  const take = async () => {
    const own = new AbortController()
    stop.current = own
    let rows = 0
    setTaking({ step: 'taking', rows })
    try {
      const parts: BlobPart[] = [writeCsv(header, [])]
      for await (const lines of pages(own.signal)) {
        own.signal.throwIfAborted()
        rows += lines.length
        parts.push(new Blob([writeLines(lines)]))
        setTaking({ step: 'taking', rows })
      }
      offerBlob(name, new Blob(parts, { type: 'text/csv;charset=utf-8' }))
      setTaking({ step: 'done', rows })
    } catch (error) {
      setTaking(own.signal.aborted ? { step: 'idle' } : { step: 'failed', rows, error })
    }
  }
  const words = `CSV of ${total}`
  return (
    <span className="csv-taking" data-counted={counted || undefined}>
      <button
        type="button"
        className="plain-button csv-button"
        disabled={disabled}
        aria-label={words}
        title={`${words}: every row that matches, also those that are not loaded`}
        onClick={() => taking.step !== 'taking' && void take()}
      >
        {counted && total !== 'all' ? 'CSV' : words}
      </button>
      <span className="csv-progress" data-step={taking.step}>
        {taking.step === 'taking' && (
          <>
            <span className="csv-rows">{countOf(taking.rows, 'row')} so far</span>
            <button type="button" className="plain-button csv-button" onClick={() => stop.current?.abort()}>
              Stop
            </button>
          </>
        )}
        <span role="status" className="csv-rows">
          {taking.step === 'done' && `✓ ${countOf(taking.rows, 'row')} saved`}
        </span>
        {taking.step === 'failed' && (
          <Failure
            what={`No CSV: it broke off after ${countOf(taking.rows, 'row')}`}
            error={taking.error}
            onRetry={() => void take()}
          />
        )}
      </span>
    </span>
  )
}
