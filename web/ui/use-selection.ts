import { useCallback, useState } from 'react'

/** Rows that are selected, by their keys. */
export function useSelection() {
  const [selected, setSelected] = useState<Set<string>>(new Set())
  const toggle = useCallback(
    (key: string) =>
      setSelected(former => {
        const next = new Set(former)
        if (!next.delete(key)) next.add(key)
        return next
      }),
    [],
  )
  const clear = useCallback(() => setSelected(new Set()), [])
  return { selected, toggle, clear }
}
