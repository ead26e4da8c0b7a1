import { useState } from 'react'

/**
 * Rows in the order in which they were first shown: numbers follow the server where they stand, rows stay, also one that is
 * not among them any more. What is new comes last. `moved`: the server's order is another one by now; `settle` takes it over.
 *
 * @param of names the list that the rows are of; another one is shown as it is.
 */
export function useHeldOrder<Row>(given: Row[], keyOf: (row: Row) => string, of: string) {
  const [held, setHeld] = useState({ of: '', rows: [] as Row[] })
  const former = held.of === of ? held.rows : given
  if (held.of !== of && given.length > 0) setHeld({ of, rows: given })
  const now = new Map(given.map(row => [keyOf(row), row]))
  const known = new Set(former.map(keyOf))
  const rows = [...former.map(row => now.get(keyOf(row)) ?? row), ...given.filter(row => !known.has(keyOf(row)))]
  return {
    rows,
    moved: rows.filter((row, place) => row !== given[place]).length,
    settle: () => setHeld({ of: '', rows: [] }),
  }
}
