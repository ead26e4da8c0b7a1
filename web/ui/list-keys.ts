import { useRowKeys } from './row-keys.ts'
import { findFocusedRow, type TableControl } from './table.tsx'
import { useKeys } from './use-keys.ts'

interface ListKeys {
  noun: string
  group: string
  /** What Enter opens; the row itself unless this says otherwise. */
  opens?: string
  /** Of the rows, in their order. */
  keys: string[]
  control: React.RefObject<TableControl | null>
  /** The row in the panel beside the list. */
  peek: string | undefined
  onPeek: (key: string | undefined, how?: 'push' | 'replace') => void
  onSelect?: ((key: string) => void) | undefined
}

/** The keys of a list with a panel: `j` and `k`, Space, `x`, `/`, Escape. The first field of the `list-bar` takes the `/`. */
export function useListKeys(props: ListKeys): void {
  const { noun, group, opens = noun, keys, control, peek, onPeek, onSelect } = props
  const focused = () => keys[Math.max(0, findFocusedRow())]
  useRowKeys({
    ...{ noun, group, opens, count: keys.length, control },
    start: () => (peek === undefined ? 0 : Math.max(0, keys.indexOf(peek))),
    onMove: index => peek !== undefined && onPeek(keys[index], 'replace'),
  })
  useKeys([
    {
      keys: [' '],
      label: `Look at the ${noun} beside the list`,
      group,
      run: () => onPeek(peek === undefined ? focused() : undefined),
    },
    ...(onSelect === undefined
      ? []
      : [
          {
            keys: ['x'],
            label: `Select the ${noun}`,
            group,
            run: () => {
              const key = focused()
              if (key !== undefined) onSelect(key)
            },
          },
        ]),
    {
      keys: ['/'],
      label: 'Search in the list',
      group,
      run: () => document.querySelector<HTMLElement>('.list-bar :is(input, select)')?.focus(),
    },
    { keys: ['Escape'], label: 'Close the panel', group, run: () => onPeek(undefined) },
  ])
}
