import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Refusal, readAnswer, type ShownKey } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { Confirm } from '../ui/confirm.tsx'
import { CopyText } from '../ui/copy-text.tsx'
import { offerFile, writeCsv } from '../ui/csv.ts'
import { ShortTable } from '../ui/short-table.tsx'
import { Empty, Failure, Skeleton } from '../ui/states.tsx'
import type { Column } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { useNarrow } from '../ui/use-narrow.ts'
import { useOnce } from '../ui/use-once.ts'

const ROLES = {
  member: 'member: everything in this project',
  ingest: 'ingest: may only bring data in',
  admin: 'admin: every project, keys included',
} as const
type Role = keyof typeof ROLES

/** Who may use this project over the network, and what each key is good for. */
export function ApiKeys() {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const narrow = useNarrow()
  const [revoking, setRevoking] = useState<ShownKey | null>(null)
  const queryKey = [project, 'keys']
  const keys = useQuery({ queryKey, queryFn: () => readAnswer(client.api.keys.$get()) })
  const barred = keys.error instanceof Refusal && keys.error.status === 403
  const renew = () => queries.invalidateQueries({ queryKey })
  const rows = (keys.data ?? []).toSorted((one, other) => order(one) - order(other) || other.key_id - one.key_id)
  return (
    <>
      <p className="settings-lead">
        A server that only this machine can reach asks for none. Every rating and decision carries the name of the key's
        user.
      </p>
      {!barred && <NewKey onMade={renew} />}
      {barred && <Empty>Only an administrator sees keys and makes them.</Empty>}
      {keys.isError && !barred && (
        <Failure what="Couldn't load the keys" error={keys.error} onRetry={() => void keys.refetch()} />
      )}
      {keys.isPending && <Skeleton lines={4} height={28} />}
      {keys.isSuccess && rows.length === 0 && <Empty>No keys yet in this project.</Empty>}
      {rows.length > 0 && (
        <>
          <div className="settings-bar">
            <button type="button" className="plain-button" onClick={() => offerKeys(rows)}>
              CSV
            </button>
          </div>
          <ShortTable
            label="API keys"
            columns={listColumns(narrow, setRevoking)}
            rows={rows}
            rowKey={row => String(row.key_id)}
          />
        </>
      )}
      {revoking !== null && (
        <Confirm
          title={`${revoking.user}'s key ${nameHint(revoking)} stops working`}
          action="Revoke the key"
          onClose={() => setRevoking(null)}
          onConfirm={async () => {
            const param = { key_id: String(revoking.key_id) }
            await readAnswer(client.api.keys[':key_id'].$delete({ param }))
            await renew()
          }}
        >
          <p>Whatever uses it is answered 401 from its next request on. It cannot be brought back.</p>
          <p>What was done with it keeps its author.</p>
        </Confirm>
      )}
    </>
  )
}

/** Makes a key, and shows it this once. */
function NewKey({ onMade }: { onMade: () => unknown }) {
  const { client } = useProject()
  const [user, setUser] = useState('')
  const [role, setRole] = useState<Role>('member')
  const once = useOnce()
  const make = useMutation({
    mutationFn: () => readAnswer(client.api.keys.$post({ json: { user: user.trim(), role } })),
    onSuccess: () => {
      setUser('')
      onMade()
    },
    gcTime: 0,
  })
  return (
    <>
      <form
        className="settings-form"
        aria-label="New key"
        onSubmit={event => {
          event.preventDefault()
          if (user.trim() !== '') once(onSettled => make.mutate(undefined, { onSettled }))
        }}
      >
        <TextInput
          label="For whom"
          placeholder="ada"
          value={user}
          maxLength={200}
          autoComplete="off"
          onChange={event => setUser(event.currentTarget.value)}
        />
        <NativeSelect
          label="Role"
          value={role}
          onChange={event => setRole(readRole(event.currentTarget.value))}
          data={Object.entries(ROLES).map(([value, label]) => ({ value, label }))}
        />
        <Button type="submit" variant="filled" disabled={user.trim() === ''} loading={make.isPending}>
          Make a key
        </Button>
      </form>
      {make.isError && <Failure what="The key was not made" error={make.error} />}
      {make.isSuccess && (
        <div className="shown-once" role="status">
          <p>
            <strong>{make.data.user}'s key.</strong> It is shown this once; only its hash is kept.
          </p>
          <CopyText label={`${make.data.user}'s key`} text={make.data.key} />
          <button type="button" className="plain-button" onClick={() => make.reset()}>
            I have it
          </button>
        </div>
      )}
    </>
  )
}

function listColumns(narrow: boolean, revoke: (key: ShownKey) => void): Column<ShownKey>[] {
  const button = (key: ShownKey) =>
    key.revoked_at === null && (
      <Button onClick={() => revoke(key)} aria-label={`Revoke ${key.user}'s key ${nameHint(key)}`}>
        Revoke
      </Button>
    )
  if (narrow) {
    return [
      {
        id: 'key',
        header: 'Key',
        width: '1fr',
        render: key => (
          <div className="settings-card">
            <div className="line">
              <span>
                <strong>{key.user}</strong> · {key.role} · <code>{nameHint(key)}</code>
              </span>
              {button(key)}
            </div>
            <State row={key} />
          </div>
        ),
      },
    ]
  }
  return [
    { id: 'user', header: 'User', width: '1fr', render: key => <strong>{key.user}</strong> },
    { id: 'role', header: 'Role', width: '100px', render: key => key.role },
    { id: 'hint', header: 'Ends in', width: '100px', render: key => <code>{nameHint(key)}</code> },
    { id: 'made', header: 'Made', width: '100px', render: key => <Time at={key.created_at} focusable /> },
    { id: 'state', header: 'State', width: '160px', render: key => <State row={key} /> },
    { id: 'revoke', header: <span className="unseen">Revoke</span>, width: '90px', align: 'end', render: button },
  ]
}

function State({ row }: { row: ShownKey }) {
  if (row.revoked_at === null)
    return (
      <span className="state-word" data-tone="ok">
        <span aria-hidden="true">●</span> in force
      </span>
    )
  return (
    <span className="state-word" data-tone="meta">
      <span aria-hidden="true">○</span> revoked, <Time at={row.revoked_at} focusable />
    </span>
  )
}

/** Keys in force come first. */
function order(key: ShownKey): number {
  return key.revoked_at === null ? 0 : 1
}

function nameHint(key: ShownKey): string {
  return key.hint === '' ? `no. ${key.key_id}` : `…${key.hint}`
}

function readRole(text: string): Role {
  return text === 'admin' || text === 'ingest' ? text : 'member'
}

function offerKeys(rows: ShownKey[]): void {
  const header = ['key_id', 'user', 'role', 'hint', 'created_at', 'revoked_at']
  const lines = rows.map(row => [row.key_id, row.user, row.role, row.hint, row.created_at, row.revoked_at])
  offerFile('keys.csv', writeCsv(header, lines))
}
