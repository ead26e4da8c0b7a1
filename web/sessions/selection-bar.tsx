import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { Failure } from '../ui/states.tsx'
import type { SessionRow } from './list-query.ts'

/** What can be done with the sessions that are selected. */
export function SelectionBar({
  rows,
  selected,
  onClear,
}: {
  rows: SessionRow[]
  selected: Set<string>
  onClear: () => void
}) {
  const { client } = useProject()
  const chosen = rows.filter(row => selected.has(row.session_id))
  const pinned = chosen.length > 0 && chosen.every(row => row.pinned)
  const pin = useMutation({
    mutationFn: async () => {
      for (const session_id of selected) {
        await readAnswer(client.api.sessions.$post({ query: {}, json: { session_id, pinned: !pinned } }))
      }
    },
  })
  return (
    <div className="selection-bar" role="toolbar" aria-label="Selected sessions">
      <strong>{selected.size.toLocaleString('en-US')} selected</strong>
      <Button onClick={() => pin.mutate()} loading={pin.isPending}>
        {pinned ? 'Unpin' : 'Pin'}
      </Button>
      <Button variant="subtle" onClick={onClear}>
        Clear selection
      </Button>
      {pin.isError && <Failure what="Not all were pinned" error={pin.error} onRetry={() => pin.mutate()} />}
    </div>
  )
}
