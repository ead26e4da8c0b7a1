import { Button } from '@mantine/core'
import { NOT_IN_ADDRESS, type Selection } from './selection.ts'

interface SelectedCsvProps {
  selection: Selection
  /** How many of the selected rows are loaded; a link may name others. */
  known: number
  onPress: () => void
}

/** What every bar of selected rows has: them as CSV, and the way back to none. */
export function SelectedCsv({ selection, known, onPress }: SelectedCsvProps) {
  const isPart = known < selection.ids.size
  return (
    <>
      <Button
        onClick={onPress}
        disabled={known === 0}
        title={isPart ? 'The others of the selection are further down the list' : undefined}
      >
        {isPart ? `CSV of ${known.toLocaleString('en-US')}` : 'CSV'}
      </Button>
      <ClearSelection selection={selection} />
    </>
  )
}

/** The way back to none, and that the address cannot hold so many. */
export function ClearSelection({ selection: { inAddress, clear } }: { selection: Selection }) {
  return (
    <>
      <Button variant="subtle" onClick={clear}>
        Clear selection
      </Button>
      {!inAddress && <span className="quiet">{NOT_IN_ADDRESS}</span>}
    </>
  )
}
