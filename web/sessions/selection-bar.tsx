import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useProject } from '../shell/api.ts'
import { formatCount } from '../ui/numbers.ts'
import { ClearSelection } from '../ui/selected-csv.tsx'
import type { Selection } from '../ui/selection.ts'
import { Failure } from '../ui/states.tsx'
import { useOnce } from '../ui/use-once.ts'
import { offerRows } from './list-csv.ts'
import type { SessionRow } from './list-query.ts'
import { useSelectedRows } from './selected-rows.ts'
import { MOST_NAMED, useJudging, usePinning } from './session-actions.ts'

interface SelectionProps {
  rows: SessionRow[]
  selection: Selection
  onDataset: (ids: string[]) => void
  /** In the place of the CSV that the list of sessions has, and of the way back to none. */
  children?: ReactNode
}

/** What can be done with the sessions that are selected. */
export function SelectionBar({ rows, selection, onDataset, children }: SelectionProps) {
  const { ids: selected } = selection
  const ids = [...selected]
  const chosen = useSelectedRows(selected, rows)
  const known = chosen.data ?? []
  const pinned = known.length > 0 && known.every(row => row.pinned)
  const pin = usePinning(ids, !pinned)
  return (
    <div className="selection-bar" role="toolbar" aria-label="Selected sessions">
      <strong>{selected.size.toLocaleString('en-US')} selected</strong>
      <JudgeButton ids={ids} />
      <Button onClick={() => pin.mutate()} loading={pin.isPending}>
        {pinned ? 'Unpin' : 'Pin'}
      </Button>
      <Button
        onClick={() => onDataset(ids)}
        disabled={ids.length > MOST_NAMED}
        title={ids.length > MOST_NAMED ? `At most ${formatCount(MOST_NAMED)} at a time` : undefined}
      >
        To dataset
      </Button>
      {children ?? (
        <>
          <Button
            onClick={() => offerRows(known)}
            disabled={known.length === 0}
            title={known.length < ids.length ? `${known.length} of them are there` : undefined}
          >
            CSV
          </Button>
          <ClearSelection selection={selection} />
        </>
      )}
      {chosen.isError && (
        <Failure what="Couldn't load what is selected" error={chosen.error} onRetry={() => void chosen.refetch()} />
      )}
      {pin.isError && <Failure what="Not all were pinned" error={pin.error} onRetry={() => pin.mutate()} />}
    </div>
  )
}

/** Says what it would take before it is pressed. */
function JudgeButton({ ids }: { ids: string[] }) {
  const { project } = useProject()
  const once = useOnce()
  const { start, ready, bill, model } = useJudging(ids)
  if (start.isSuccess) {
    return (
      <span role="status">
        Judging {ids.length}.{' '}
        <Link to="/p/$project/runs/$run" params={{ project, run: start.data.run_id }}>
          See the run
        </Link>
      </span>
    )
  }
  const many = ids.length > MOST_NAMED
  return (
    <>
      <Button
        variant="filled"
        disabled={!ready}
        title={many ? `At most ${formatCount(MOST_NAMED)} at a time` : `With ${model}`}
        onClick={() => once(onSettled => start.mutate(undefined, { onSettled }))}
        loading={start.isPending}
      >
        Judge {ids.length}
        {bill}
      </Button>
      {start.isError && <Failure what="Judging did not start" error={start.error} onRetry={() => start.mutate()} />}
    </>
  )
}
