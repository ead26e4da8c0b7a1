import type { ReactNode, RefObject } from 'react'
import type { ShownLeaderboard } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { Table, type TableControl } from '../ui/table.tsx'
import { useNarrow } from '../ui/use-narrow.ts'
import { listBoardColumns } from './board-columns.tsx'
import type { BoardEntry } from './board-query.ts'

interface BoardTableProps {
  id: string
  board: ShownLeaderboard
  rows: BoardEntry[]
  control: RefObject<TableControl | null>
  peek: number | undefined
  picked: number[]
  /** What is not as it is shown, in words for a button. */
  news: string
  onNews: () => void
  foot: ReactNode
}

/** Characters that two lines of the column of names hold in a window of 1440 pixels. Longer names stand over their row's numbers. */
const SHORT_LABEL = 20

/** The variants, the best first: how good, how sure, how dear. */
export function BoardTable({ id, board, rows, control, peek, picked, news, onNews, foot }: BoardTableProps) {
  const { project } = useProject()
  const narrow = useNarrow()
  const isLong = rows.some(({ label }) => label.length > SHORT_LABEL)
  const rowHeight = narrow ? (isLong ? 104 : 68) : isLong ? 64 : 44
  // As high as its rows, and never more than two thirds of the page: what follows stays in reach.
  const height = `clamp(160px, ${rows.length * rowHeight + 52}px, 68vh)`
  return (
    <div className="board-table" data-long={isLong || undefined} style={{ height }}>
      <Table
        label="Leaderboard"
        columns={listBoardColumns({ id, project, board, rows, isLong }, narrow)}
        rows={rows}
        rowKey={entry => String(entry.variant_no)}
        rowCount={board.variants}
        rowHeight={rowHeight}
        control={control}
        current={peek === undefined ? undefined : String(peek)}
        selected={new Set(picked.map(String))}
        news={news}
        onNews={onNews}
        foot={foot}
      />
    </div>
  )
}
