import { useState } from 'react'

/**
 * Rows of a list that follows the server, newest first: what changes is shown where it stands, and what is new waits until it is
 * asked for, so that no row moves under a hand that is about to press it.
 *
 * @param of names the list that the rows are of; another one is shown whole. Null while they are still the former list's.
 */
export function useStillRows<Row>(rows: Row[], keyOf: (row: Row) => string, of: string | null) {
  const [known, setKnown] = useState<{ of: string; keys: Set<string> } | null>(null)
  const adopt = () => of !== null && setKnown({ of, keys: new Set(rows.map(keyOf)) })
  const isOther = of !== null && (known?.of !== of || known.keys.size === 0)
  if (isOther && (known?.of !== of || rows.length > 0)) adopt()
  const own = of === null || isOther ? rows : rows.filter(row => known?.keys.has(keyOf(row)))
  return { rows: own, fresh: rows.length - own.length, show: adopt }
}
