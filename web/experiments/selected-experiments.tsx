import { Button } from '@mantine/core'
import type { ShownExperiment } from '#client.ts'
import { offerExperiments } from './list-columns.tsx'

/** What can be done with the experiments that are selected. */
export function SelectedExperiments({ rows, onClear }: { rows: ShownExperiment[]; onClear: () => void }) {
  return (
    <div className="selection-bar" role="toolbar" aria-label="Selected experiments">
      <strong>{rows.length.toLocaleString('en-US')} selected</strong>
      <Button onClick={() => offerExperiments(rows)}>CSV</Button>
      <Button variant="subtle" onClick={onClear}>
        Clear selection
      </Button>
    </div>
  )
}
