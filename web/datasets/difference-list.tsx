import { useMemo } from 'react'
import type { DatasetDifference } from '#client.ts'
import { diffLines } from '../sessions/line-diff.ts'
import { UnifiedDiff } from '../ui/unified-diff.tsx'
import { writeCase } from './dataset-words.ts'

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

function Difference({ difference: { kind, before, after } }: { difference: DatasetDifference }) {
  const lines = useMemo(
    () => diffLines(before === null ? '' : writeCase(before), after === null ? '' : writeCase(after)),
    [before, after],
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
