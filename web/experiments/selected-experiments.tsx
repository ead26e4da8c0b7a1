import type { ShownExperiment } from '#client.ts'
import { offerFile, writeCsv } from '../ui/csv.ts'
import { SelectedCsv } from '../ui/selected-csv.tsx'
import type { Selection } from '../ui/selection.ts'
import { EXPERIMENT_HEADER, listExperimentCells } from './list-columns.tsx'

/** What can be done with the experiments that are selected. */
export function SelectedExperiments({ selection, rows }: { selection: Selection; rows: ShownExperiment[] }) {
  const known = rows.filter(row => selection.ids.has(row.id))
  return (
    <div className="selection-bar" role="toolbar" aria-label="Selected experiments">
      <strong>{selection.ids.size.toLocaleString('en-US')} selected</strong>
      <SelectedCsv
        selection={selection}
        known={known.length}
        onPress={() => offerFile('experiments.csv', writeCsv(EXPERIMENT_HEADER, listExperimentCells(known)))}
      />
    </div>
  )
}
