import { Button } from '@mantine/core'
import { NOT_IN_ADDRESS, type Selection } from './selection.ts'

interface SelectedCsvProps {
  selection: Selection
  /** How many of the selected rows are loaded; a link may name others. */
  known: number
  onPress: () => void
}

/** What every bar of selected rows has: them as CSV, and the way back to none. */
export function SelectedCsv({ selection: { ids, inAddress, clear }, known, onPress }: SelectedCsvProps) {
  const isPart = known < ids.size
  return (
    <>
      <Button
        onClick={onPress}
        disabled={known === 0}
        title={isPart ? 'The others of the selection are further down the list' : undefined}
      >
        {isPart ? `CSV of ${known.toLocaleString('en-US')}` : 'CSV'}
      </Button>
      <Button variant="subtle" onClick={clear}>
        Clear selection
      </Button>
      {!inAddress && <span className="quiet">{NOT_IN_ADDRESS}</span>}
    </>
  )
}
