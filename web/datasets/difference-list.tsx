import { useMemo } from 'react'
import type { DatasetDifference } from '#client.ts'
import { indentJson } from '../sessions/json-lines.ts'
import { diffLines } from '../sessions/line-diff.ts'
import { UnifiedDiff } from '../ui/unified-diff.tsx'

const SIGNS = { added: '+', changed: '~', removed: '−' } as const
/** Lines of one case that are shown at first. */
const LINES = 24

/** Cases that came, changed or went, each with what is different about it. */
export function DifferenceList({ differences }: { differences: DatasetDifference[] }) {
  return (
    <ol className="differences">
      {differences.map(one => (
        <Difference key={`${one.before?.case_id} ${one.after?.case_id}`} difference={one} />
      ))}
    </ol>
  )
}

function Difference({
  difference: { kind, before, after, before_text, after_text },
}: {
  difference: DatasetDifference
}) {
  const lines = useMemo(
    () => diffLines(indentJson(before_text ?? ''), indentJson(after_text ?? '')),
    [before_text, after_text],
  )
  const id = after?.id ?? before?.id ?? null
  return (
    <li>
      <h2>
        <span className="chips">
          <span data-kind={kind}>
            <span aria-hidden="true">{SIGNS[kind]}</span> {kind}
          </span>
        </span>{' '}
        {id ?? <span className="quiet">a case without an id</span>}
      </h2>
      <UnifiedDiff label={`${kind}: ${id ?? 'a case'}`} lines={lines} most={LINES} />
    </li>
  )
}
