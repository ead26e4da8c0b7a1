import { useQuery } from '@tanstack/react-query'
import { readAnswer, type ShownDelivery } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { offerFile, writeCsv } from '../ui/csv.ts'
import { formatDuration } from '../ui/numbers.ts'
import { ShortTable } from '../ui/short-table.tsx'
import { Failure, Skeleton } from '../ui/states.tsx'
import type { Column } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { TIME_WIDTH } from '../ui/time-column.tsx'
import { useNarrow } from '../ui/use-narrow.ts'
import { describeState } from './webhook-words.ts'

const FOLLOW_MS = 5_000

/** What was sent to a webhook of late, newest first, and what became of it. */
export function Deliveries({ id }: { id: string }) {
  const { project, client } = useProject()
  const narrow = useNarrow()
  const sent = useQuery({
    queryKey: [project, 'webhook deliveries', id],
    queryFn: () =>
      readAnswer(
        client.api.webhooks[':webhook_id'].deliveries.$get({ param: { webhook_id: id }, query: { limit: '50' } }),
      ),
    refetchInterval: FOLLOW_MS,
  })
  if (sent.isError)
    return <Failure what="Couldn't load what was sent" error={sent.error} onRetry={() => void sent.refetch()} />
  if (sent.isPending) return <Skeleton lines={3} />
  if (sent.data.length === 0) return <p className="quiet">Nothing was sent yet.</p>
  return (
    <div className="deliveries">
      <div className="settings-bar">
        <span className="quiet">The newest {sent.data.length === 1 ? 'one' : sent.data.length}; 200 are kept.</span>
        <button type="button" className="plain-button" onClick={() => offerDeliveries(sent.data)}>
          CSV
        </button>
      </div>
      <ShortTable label="What was sent" columns={listColumns(narrow)} rows={sent.data} rowKey={row => row.message_id} />
    </div>
  )
}

function listColumns(narrow: boolean): Column<ShownDelivery>[] {
  const answer = (row: ShownDelivery) => (
    <span title={row.response ?? undefined}>
      {row.http_status ?? ''} {row.error ?? ''}
    </span>
  )
  if (narrow) {
    return [
      {
        id: 'delivery',
        header: 'Delivery',
        width: '1fr',
        render: row => (
          <>
            <div>
              {row.event} · <Time at={row.updated_at} focusable />
            </div>
            <State row={row} /> {answer(row)}
          </>
        ),
      },
    ]
  }
  return [
    { id: 'at', header: 'At', width: TIME_WIDTH, render: row => <Time at={row.updated_at} focusable /> },
    { id: 'event', header: 'Event', width: '140px', render: row => row.event },
    { id: 'state', header: 'State', width: '110px', render: row => <State row={row} /> },
    { id: 'attempts', header: 'Attempts', width: '72px', align: 'end', render: row => row.attempts },
    { id: 'answer', header: 'Answer', width: '1fr', render: answer },
    {
      id: 'time',
      header: 'Took',
      width: '80px',
      align: 'end',
      render: row => (row.duration_ms === null ? '' : formatDuration(row.duration_ms)),
    },
  ]
}

function State({ row }: { row: ShownDelivery }) {
  const { tone, sign, word } = describeState(row)
  return (
    <span className="state-word" data-tone={tone}>
      <span aria-hidden="true">{sign}</span> {word}
    </span>
  )
}

function offerDeliveries(rows: ShownDelivery[]): void {
  const header = ['message_id', 'event', 'run_id', 'status', 'attempts', 'http_status', 'error', 'duration_ms', 'at']
  const lines = rows.map(row => [
    ...[row.message_id, row.event, row.run_id, row.status, row.attempts, row.http_status, row.error, row.duration_ms],
    row.updated_at,
  ])
  offerFile('deliveries.csv', writeCsv(header, lines))
}
