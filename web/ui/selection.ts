import { useCallback, useLayoutEffect, useMemo, useRef, useState } from 'react'

/** What is selected in a list. The address holds it, so that a reload, a copied link and the browser's way back bring it again. */
export interface Selection {
  ids: Set<string>
  /** False when there are so many that the address cannot hold them; then they are known to this page alone. */
  inAddress: boolean
  toggle: (id: string) => void
  clear: () => void
}

/**
 * So many characters of the address are for the selection, as they are written there: some 160 UUIDs, or several hundred
 * shorter ids. Servers, proxies and chats begin to refuse or cut addresses at 8 kB, and the filters and the project need the rest.
 * What does not fit is left out whole: a link that brings back a part of a selection would be worse than one that brings none.
 */
const MOST_LETTERS = 6_000

/** Said where a selection is too long for it. */
export const NOT_IN_ADDRESS = 'Too many for the address: a link or a reload leaves them out.'

/**
 * The selection of a list, and how it is changed. What is pressed counts at once; the address follows.
 *
 * @param written what the address says of it, as `writeSelection` wrote it.
 * @param change puts it there, in place of what it said.
 */
export function useSelection(
  written: string | undefined,
  change: (to: { selected: string | undefined }, how: 'replace') => void,
): Selection {
  const [ids, setIds] = useState(() => readSelection(written))
  const latest = useRef(ids)
  // What was sent to the address and has not come back from it. Anything else that it says was chosen by going back or by a link.
  const sent = useRef<(string | undefined)[]>([])
  const known = useRef(written)
  useLayoutEffect(() => {
    if (known.current === written) return
    known.current = written
    const own = sent.current.indexOf(written)
    sent.current = own < 0 ? [] : sent.current.slice(own + 1)
    if (own >= 0) return
    latest.current = readSelection(written)
    setIds(latest.current)
  }, [written])
  const put = useCallback(
    (next: Set<string>) => {
      latest.current = next
      setIds(next)
      const text = writeSelection(next)
      const [last] = sent.current.length === 0 ? [known.current] : sent.current.slice(-1)
      if (text === last) return
      sent.current.push(text)
      change({ selected: text }, 'replace')
    },
    [change],
  )
  const toggle = useCallback((id: string) => put(toggleMember(latest.current, id)), [put])
  const clear = useCallback(() => put(new Set()), [put])
  const inAddress = useMemo(() => ids.size === 0 || writeSelection(ids) !== undefined, [ids])
  return { ids, inAddress, toggle, clear }
}

/** The ids with a `*` between them, which addresses hold as it is; undefined for none, and for more than an address takes. Pure. */
export function writeSelection(ids: Set<string>): string | undefined {
  const text = [...ids].map(id => id.replace(/[%*]/g, letter => (letter === '*' ? '%2A' : '%25'))).join('*')
  return text === '' || new URLSearchParams({ text }).toString().length > MOST_LETTERS ? undefined : text
}

/** The ids of such a text, each once. Pure. */
export function readSelection(written: string | undefined): Set<string> {
  const parts = (written ?? '').split('*').filter(part => part !== '')
  return new Set(parts.map(part => part.replace(/%(25|2A)/g, (_, code) => (code === '2A' ? '*' : '%'))))
}

function toggleMember(former: Set<string>, id: string): Set<string> {
  const next = new Set(former)
  if (!next.delete(id)) next.add(id)
  return next
}
