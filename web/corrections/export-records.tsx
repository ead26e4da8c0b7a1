import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { readAnswer, readRefusal, type ShownExport } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useFollowing } from '../shell/follow.ts'
import { offerBlob, offerFile, writeCsv } from '../ui/csv.ts'
import { CsvButton } from '../ui/csv-button.tsx'
import { countOf } from '../ui/numbers.ts'
import { Empty, Failure, Skeleton } from '../ui/states.tsx'
import { Time } from '../ui/time.tsx'
import { FORMAT_WORDS } from './correction-words.ts'

/** So many exports are listed, the newest. */
const LISTED = 200

/** What was taken away: of which corrections, by whom, and what was taken back since. */
export function ExportRecords() {
  const { project, client } = useProject()
  const records = useQuery({
    queryKey: [project, 'exports'],
    queryFn: ({ signal }) =>
      readAnswer(client.api.corrections.exports.$get({ query: { limit: String(LISTED) } }, { init: { signal } })),
    staleTime: 0,
  })
  useFollowing([project, 'exports'], ['corrections'], 2_000)
  return (
    <section aria-labelledby="export-records">
      <div className="section-head">
        <h2 id="export-records">Exports</h2>
        <CsvButton
          rows={records.data?.length ?? 0}
          more={records.data?.length === LISTED}
          onPress={() => offerRecords(records.data ?? [])}
        />
      </div>
      {records.isPending && <Skeleton lines={4} />}
      {records.isError && (
        <Failure what="Couldn't load exports" error={records.error} onRetry={() => void records.refetch()} />
      )}
      {records.data?.length === 0 && <Empty>Nothing has been exported yet.</Empty>}
      {records.data !== undefined && records.data.length > 0 && (
        <table className="plain-table cards">
          <thead>
            <tr>
              <th scope="col">File</th>
              <th scope="col">Format</th>
              <th scope="col">Filter</th>
              <th scope="col" className="end">
                Lines
              </th>
              <th scope="col" className="end">
                Size
              </th>
              <th scope="col">SHA-256</th>
              <th scope="col">By</th>
              <th scope="col">When</th>
              <th scope="col">
                <span className="unseen">Take</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {records.data.map(record => (
              <RecordLine key={record.export_id} record={record} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

function RecordLine({ record }: { record: ShownExport }) {
  const { client } = useProject()
  const file = client.api.corrections.exports[':export_id'].file
  const param = { export_id: record.export_id }
  const download = useMutation({
    mutationFn: async () => {
      const response = await file.$get({ param })
      if (!response.ok) throw await readRefusal(response)
      offerBlob(record.file_name, await response.blob())
    },
  })
  const again = useMutation({ mutationFn: () => readAnswer(file.$post({ param })) })
  const { left_out, retracted } = record
  return (
    <tr>
      <th scope="row">{record.file_name}</th>
      <td data-label="Format">{FORMAT_WORDS[record.format]?.name ?? record.format}</td>
      <td data-label="Filter">{describeFilter(record.filter)}</td>
      <td data-label="Lines" className="end">
        {countOf(record.records, 'line')}
        {left_out > 0 && <div className="quiet">{left_out.toLocaleString('en-US')} left out</div>}
        {retracted > 0 && <div className="warn">{retracted.toLocaleString('en-US')} taken back since</div>}
      </td>
      <td data-label="Size" className="end">
        {formatBytes(record.bytes)}
      </td>
      <td data-label="SHA-256">
        <code title={record.content_hash}>{record.content_hash.slice(0, 12)}</code>
      </td>
      <td data-label="By">{record.author}</td>
      <td data-label="When">
        <Time at={record.created_at} focusable />
      </td>
      <td>
        <Button
          onClick={() => download.mutate()}
          loading={download.isPending}
          aria-label={`Download ${record.file_name}`}
        >
          Download
        </Button>{' '}
        <Button
          variant="subtle"
          onClick={() => again.mutate()}
          loading={again.isPending}
          aria-label={`Make again ${record.file_name}`}
        >
          Make again
        </Button>
        <span role="status" className="quiet">
          {again.isSuccess && 'Byte for byte the same.'}
        </span>
        {download.isError && <Failure what="No download" error={download.error} />}
        {again.isError && <Failure what="Not made again" error={again.error} />}
      </td>
    </tr>
  )
}

/** A filter in words; everything where it does not narrow. */
function describeFilter(filter: { [name: string]: unknown }): string {
  const words = Object.entries(filter).map(([name, value]) => {
    const shown = name === 'from' || name === 'to' ? String(value).slice(0, 10) : String(value)
    return `${name.replaceAll('_', ' ')} ${shown}`
  })
  return words.length === 0 ? 'everything' : words.join(', ')
}

/** Bytes as `842 B`, `12.4 kB`, `1.3 MB`. */
function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3))
  return `${(bytes / 1_000 ** power).toFixed(1)} ${units[power - 1]}`
}

function offerRecords(records: ShownExport[]): void {
  const header = ['file_name', 'format', 'filter', 'lines', 'left_out', 'taken_back', 'bytes', 'sha256', 'by', 'at']
  const lines = records.map(one => [
    ...[one.file_name, one.format, JSON.stringify(one.filter), one.records, one.left_out, one.retracted],
    ...[one.bytes, one.content_hash, one.author, one.created_at],
  ])
  offerFile('exports.csv', writeCsv(header, lines))
}
