import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { readAnswer, type ShownDelivery, type ShownWebhook } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { Confirm } from '../ui/confirm.tsx'
import { offerFile, writeCsv } from '../ui/csv.ts'
import { ShortTable } from '../ui/short-table.tsx'
import { Empty, Failure, Skeleton } from '../ui/states.tsx'
import type { Column } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { TIME_WIDTH } from '../ui/time-column.tsx'
import { useNarrow } from '../ui/use-narrow.ts'
import { NewWebhook } from './new-webhook.tsx'
import { Deliveries } from './webhook-deliveries.tsx'
import { describeAttempt, EVENTS } from './webhook-words.ts'

/** Webhooks in trouble are looked at again this often. */
const FOLLOW_MS = 5_000

/** Which addresses are told what happens to runs, and whether they hear it. */
export function Webhooks() {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const narrow = useNarrow()
  const [opened, setOpened] = useState<string | null>(null)
  const [removing, setRemoving] = useState<ShownWebhook | null>(null)
  const queryKey = [project, 'webhooks']
  const webhooks = useQuery({
    queryKey,
    queryFn: () => readAnswer(client.api.webhooks.$get()),
    refetchInterval: FOLLOW_MS,
  })
  const rows = webhooks.data ?? []
  return (
    <>
      <p className="settings-lead">
        Each event of a run is a signed POST to the address, one after the other; what fails is tried again for a day.
      </p>
      <NewWebhook onMade={() => queries.invalidateQueries({ queryKey })} />
      {webhooks.isError && (
        <Failure
          what="Couldn't load the webhooks"
          error={webhooks.error}
          onRetry={() => void webhooks.refetch()}
          dataFrom={rows.length > 0 ? webhooks.dataUpdatedAt : undefined}
        />
      )}
      {webhooks.isPending && <Skeleton lines={4} height={28} />}
      {webhooks.isSuccess && rows.length === 0 && <Empty>No webhooks yet. Name an address above.</Empty>}
      {rows.length > 0 && (
        <>
          <div className="settings-bar">
            <button type="button" className="plain-button" onClick={() => offerWebhooks(rows)}>
              CSV
            </button>
          </div>
          <ShortTable
            label="Webhooks"
            columns={listColumns(narrow)}
            rows={rows}
            rowKey={row => row.id}
            below={row => (
              <>
                <Tools
                  row={row}
                  opened={opened === row.id}
                  onOpen={() => setOpened(opened === row.id ? null : row.id)}
                  onRemove={() => setRemoving(row)}
                />
                {opened === row.id && <Deliveries id={row.id} />}
              </>
            )}
          />
        </>
      )}
      {removing !== null && (
        <Confirm
          title={`${hostOf(removing.url)} is told nothing any more`}
          action="Remove the webhook"
          onClose={() => setRemoving(null)}
          onConfirm={async () => {
            const param = { webhook_id: removing.id }
            await readAnswer(client.api.webhooks[':webhook_id'].$delete({ param }))
            setOpened(null)
            await queries.invalidateQueries({ queryKey })
          }}
        >
          <p>
            <code>{removing.url}</code> gets no further event, its secret and the log of what was sent are gone.
            Switched off instead, both stay.
          </p>
        </Confirm>
      )}
    </>
  )
}

interface ToolsProps {
  row: ShownWebhook
  opened: boolean
  onOpen: () => void
  onRemove: () => void
}

function Tools({ row, opened, onOpen, onRemove }: ToolsProps) {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const param = { webhook_id: row.id }
  const endpoint = client.api.webhooks[':webhook_id']
  const renew = async () => {
    await queries.invalidateQueries({ queryKey: [project, 'webhooks'] })
    await queries.invalidateQueries({ queryKey: [project, 'webhook deliveries', row.id] })
  }
  const test = useMutation({ mutationFn: () => readAnswer(endpoint.test.$post({ param })), onSuccess: renew })
  const turn = useMutation({
    mutationFn: (enabled: boolean) => readAnswer(endpoint.$patch({ param, json: { enabled } })),
    onSuccess: renew,
  })
  const host = hostOf(row.url)
  return (
    <>
      <div className="row-tools">
        <Button onClick={() => test.mutate()} loading={test.isPending} aria-label={`Send a test to ${host}`}>
          Send a test
        </Button>
        <Button onClick={onOpen} aria-expanded={opened} aria-label={`What was sent to ${host}`}>
          What was sent
        </Button>
        <Button
          onClick={() => turn.mutate(!row.enabled)}
          loading={turn.isPending}
          aria-label={row.enabled ? `Switch off ${host}` : `Switch on ${host}`}
        >
          {row.enabled ? 'Switch off' : 'Switch on'}
        </Button>
        <Button onClick={onRemove} aria-label={`Remove … ${host}`}>
          Remove …
        </Button>
      </div>
      {test.data !== undefined && <TestResult delivery={test.data} />}
      {test.isError && <Failure what="The test was not sent" error={test.error} />}
      {turn.isError && <Failure what="It was not switched" error={turn.error} />}
    </>
  )
}

function TestResult({ delivery }: { delivery: ShownDelivery }) {
  const { tone, words } = describeAttempt(delivery)
  return (
    <p role="status" className="state-word" data-tone={tone} style={{ margin: '6px 0 0', whiteSpace: 'normal' }}>
      <span aria-hidden="true">{tone === 'ok' ? '●' : '✗'}</span> {words}
    </p>
  )
}

function listColumns(narrow: boolean): Column<ShownWebhook>[] {
  const address = (row: ShownWebhook) => <span className="mono">{row.url}</span>
  const events = (row: ShownWebhook) => (row.events.length === EVENTS.length ? 'all events' : row.events.join(', '))
  if (narrow) {
    return [
      {
        id: 'webhook',
        header: 'Webhook',
        width: '1fr',
        render: row => (
          <>
            <div>{address(row)}</div>
            <State row={row} /> <span className="quiet">{events(row)}</span>
          </>
        ),
      },
    ]
  }
  return [
    { id: 'url', header: 'Address', width: '1fr', render: address },
    { id: 'events', header: 'Events', width: '220px', render: events },
    {
      id: 'experiment',
      header: 'Experiment',
      width: '120px',
      render: row => row.experiment_id?.slice(0, 8) ?? <span className="quiet">all</span>,
    },
    { id: 'state', header: 'State', width: '190px', render: row => <State row={row} /> },
    { id: 'made', header: 'Made', width: TIME_WIDTH, render: row => <Time at={row.created_at} focusable /> },
  ]
}

function State({ row }: { row: ShownWebhook }) {
  const { tone, sign, words } = !row.enabled
    ? { tone: 'meta', sign: '○', words: 'off' }
    : row.failures === 0
      ? { tone: 'ok', sign: '●', words: 'on' }
      : { tone: 'error', sign: '✗', words: `failed ${row.failures === 1 ? 'once' : `${row.failures} times`}` }
  return (
    <span className="state-word" data-tone={tone}>
      <span aria-hidden="true">{sign}</span> {words}
      {row.next_attempt_at !== null && (
        <>
          , again <Time at={row.next_attempt_at} focusable />
        </>
      )}
    </span>
  )
}

/** The address's host, by which buttons and dialogs name it. */
function hostOf(url: string): string {
  return URL.parse(url)?.host ?? url
}

function offerWebhooks(rows: ShownWebhook[]): void {
  const header = ['id', 'url', 'events', 'experiment_id', 'enabled', 'failures', 'next_attempt_at', 'created_at']
  const lines = rows.map(row => [
    ...[row.id, row.url, row.events.join(' '), row.experiment_id, String(row.enabled), row.failures],
    ...[row.next_attempt_at, row.created_at],
  ])
  offerFile('webhooks.csv', writeCsv(header, lines))
}
