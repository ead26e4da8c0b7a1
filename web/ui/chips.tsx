interface Counts {
  added: number
  changed: number
  removed: number
}

const KINDS = [
  { kind: 'added', sign: '+' },
  { kind: 'changed', sign: '~' },
  { kind: 'removed', sign: '−' },
] as const

/** How many came, changed and went: `+3 added  ~1 changed`. Nothing of a kind is left out. */
export function Chips({ counts, words = true }: { counts: Counts; words?: boolean }) {
  const some = KINDS.filter(({ kind }) => counts[kind] > 0)
  if (some.length === 0) return <span className="chips quiet">no difference</span>
  return (
    <span className="chips">
      {some.map(({ kind, sign }) => (
        <span key={kind} data-kind={kind}>
          {sign}
          {counts[kind].toLocaleString('en-US')}
          {words ? ` ${kind}` : <span className="unseen"> {kind}</span>}
        </span>
      ))}
    </span>
  )
}
