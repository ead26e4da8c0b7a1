import { CloseButton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { offerFile, writeCsv } from '../ui/csv.ts'
import { Failure, Skeleton } from '../ui/states.tsx'

/** So many lines are in the page; all that are known are in the CSV. */
const SHOWN = 200

/** The lines of an import that could not be read, by their numbers in the file. */
export function MalformedLines({ id, onClose }: { id: string; onClose: () => void }) {
  const { project, client } = useProject()
  const detail = useQuery({
    queryKey: [project, 'imports', id],
    queryFn: ({ signal }) =>
      readAnswer(
        client.api.corrections.imports[':import_id'].$get(
          { param: { import_id: encodeURIComponent(id) } },
          { init: { signal } },
        ),
      ),
  })
  const head = useRef<HTMLHeadingElement>(null)
  useEffect(() => head.current?.focus(), [])
  const lines = detail.data?.malformed ?? []
  return (
    <section aria-labelledby="malformed" className="malformed">
      <div className="section-head">
        <h2 id="malformed" ref={head} tabIndex={-1}>
          Lines that could not be read {detail.data && `· ${detail.data.run_id}`}
        </h2>
        {lines.length > 0 && (
          <button
            type="button"
            className="plain-button"
            onClick={() =>
              offerFile(
                'malformed-lines.csv',
                writeCsv(
                  ['line', 'reason'],
                  lines.map(one => [one.line, one.reason]),
                ),
              )
            }
          >
            CSV
          </button>
        )}
        <CloseButton onClick={onClose} aria-label="Close the list of lines" />
      </div>
      {detail.isPending && <Skeleton lines={3} />}
      {detail.isError && (
        <Failure what="Couldn't load the lines" error={detail.error} onRetry={() => void detail.refetch()} />
      )}
      {lines.length > 0 && (
        <table className="plain-table">
          <thead>
            <tr>
              <th scope="col" className="end">
                Line
              </th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {lines.slice(0, SHOWN).map(one => (
              <tr key={one.line}>
                <th scope="row" className="end">
                  {one.line.toLocaleString('en-US')}
                </th>
                <td>{one.reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {detail.data && detail.data.malformed_count > SHOWN && (
        <p className="quiet">
          The first {SHOWN} of {detail.data.malformed_count.toLocaleString('en-US')}; the CSV has the first{' '}
          {lines.length.toLocaleString('en-US')}.
        </p>
      )}
    </section>
  )
}
