import { offerFile, writeCsv } from '../ui/csv.ts'
import { ShortTable } from '../ui/short-table.tsx'
import { Failure, Skeleton } from '../ui/states.tsx'
import { Time } from '../ui/time.tsx'
import { TIME_WIDTH } from '../ui/time-column.tsx'
import { useLabelMoves } from './prompt-query.ts'
import { digitsOf } from './prompts-search.ts'

/** Who put which label where, newest first. */
export function LabelHistory({ name }: { name: string }) {
  const moves = useLabelMoves(name)
  if (moves.isError)
    return <Failure what="Couldn't load the history" error={moves.error} onRetry={() => void moves.refetch()} />
  if (moves.isPending) return <Skeleton lines={3} />
  if (moves.data.length === 0) return <p className="label-history quiet">No label was ever put at a version.</p>
  const rows = moves.data.map((move, index) => ({ ...move, key: String(index) }))
  return (
    <section className="label-history" aria-label="Who moved labels">
      <button
        type="button"
        className="plain-button"
        onClick={() => {
          const lines = rows.map(move => [move.label, move.version, move.author, move.moved_at])
          offerFile('labels.csv', writeCsv(['label', 'version', 'author', 'moved_at'], lines))
        }}
      >
        CSV
      </button>
      <ShortTable
        label="Moves of labels"
        rows={rows}
        rowKey={row => row.key}
        columns={[
          { id: 'label', header: 'Label', width: '160px', render: row => <span className="tag">{row.label}</span> },
          {
            id: 'version',
            header: 'Put at',
            width: '120px',
            render: row =>
              row.version === null ? (
                <span className="quiet">taken away</span>
              ) : (
                <span className="mono">{digitsOf(row.version)}</span>
              ),
          },
          { id: 'author', header: 'By', width: '1fr', render: row => row.author ?? 'unknown' },
          { id: 'at', header: 'When', width: TIME_WIDTH, render: row => <Time at={row.moved_at} focusable /> },
        ]}
      />
    </section>
  )
}
