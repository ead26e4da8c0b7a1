import './list.css'
import { SelectedCsv } from './selected-csv.tsx'
import type { Selection } from './selection.ts'

interface SelectedRowsProps<Row> {
  /** What several rows are, as in "Selected prompts". */
  nouns: string
  selection: Selection
  /** Those that are loaded. */
  rows: Row[]
  keyOf: (row: Row) => string
  onCsv: (rows: Row[]) => void
}

/** The bar of a list of which selected rows can be taken away, and nothing else be done with them. */
export function SelectedRows<Row>({ nouns, selection, rows, keyOf, onCsv }: SelectedRowsProps<Row>) {
  if (selection.ids.size === 0) return null
  const known = rows.filter(row => selection.ids.has(keyOf(row)))
  return (
    <div className="selection-bar" role="toolbar" aria-label={`Selected ${nouns}`}>
      <strong>{selection.ids.size.toLocaleString('en-US')} selected</strong>
      <SelectedCsv selection={selection} known={known.length} onPress={() => onCsv(known)} />
    </div>
  )
}
