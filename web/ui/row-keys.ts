import type { RefObject } from 'react'
import { findFocusedRow, type TableControl } from './table.tsx'
import { useKeys } from './use-keys.ts'

interface RowKeys {
  /** What a row is, as in "Next prompt". */
  noun: string
  group: string
  count: number
  /** What Enter opens; the row itself unless this says otherwise. */
  opens?: string
  control: RefObject<TableControl | null>
  /** The row to begin with; the first unless this says otherwise. */
  start?: () => number
  /** Told when the keys go to a row. */
  onMove?: (index: number) => void
}

/** `j` and `k` through the rows of a table, and what Enter does there. */
export function useRowKeys({ noun, group, count, opens = noun, control, start, onMove }: RowKeys): void {
  const move = (step: number) => {
    if (count === 0) return
    const from = findFocusedRow()
    const index = from < 0 ? (start?.() ?? 0) : Math.min(count - 1, Math.max(0, from + step))
    control.current?.focusRow(index)
    onMove?.(index)
  }
  useKeys([
    { keys: ['j'], label: `Next ${noun}`, group, run: () => move(1), repeats: true },
    { keys: ['k'], label: `Previous ${noun}`, group, run: () => move(-1), repeats: true },
    { keys: ['Enter'], label: `Open the ${opens}`, group, run: () => {}, told: true },
  ])
}
