import type { ListedRun } from '#client.ts'
import { offerFile, writeCsv } from '../ui/csv.ts'
import { SelectedCsv } from '../ui/selected-csv.tsx'
import type { Selection } from '../ui/selection.ts'
import { EXPERIMENT_RUN_HEADER, listExperimentRunCells } from './experiment-run-columns.tsx'

/** What can be done with the runs that are selected. */
export function SelectedExperimentRuns({ selection, rows }: { selection: Selection; rows: ListedRun[] }) {
  const known = rows.filter(row => selection.ids.has(row.id))
  return (
    <div className="selection-bar" role="toolbar" aria-label="Selected runs">
      <strong>{selection.ids.size.toLocaleString('en-US')} selected</strong>
      <SelectedCsv
        selection={selection}
        known={known.length}
        onPress={() => offerFile('experiment-runs.csv', writeCsv(EXPERIMENT_RUN_HEADER, listExperimentRunCells(known)))}
      />
    </div>
  )
}
