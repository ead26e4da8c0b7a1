import { Link } from '@tanstack/react-router'
import type { ShownDataset } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { countNoun } from '../ui/numbers.ts'
import { PeekPanel } from '../ui/peek-panel.tsx'
import { Failure, Skeleton } from '../ui/states.tsx'
import { useDatasetVersions, useFirstCases } from './dataset-query.ts'
import { DatasetVersions } from './dataset-versions.tsx'

const NEWEST = 8

interface DatasetPeekProps {
  name: string
  /** As the list has it. */
  row: ShownDataset | undefined
  onClose: () => void
}

/** A dataset beside the list: its newest versions, and how its first cases begin. */
export function DatasetPeek({ name, row, onClose }: DatasetPeekProps) {
  const { project } = useProject()
  const pages = useDatasetVersions(name)
  const newest = pages.data?.pages[0]?.slice(0, NEWEST)
  const count = pages.data?.pages[0]?.[0]?.version_no ?? 0
  return (
    <PeekPanel id={name} what="dataset beside the list" title={name} query={pages} onClose={onClose}>
      {newest && (
        <>
          <p className="peek-facts">
            {row && `${countNoun(row.case_count, 'case')} · `}
            <Link to="/p/$project/datasets/$name/$v" params={{ project, name, v: 'newest' }}>
              Open
            </Link>
          </p>
          <h3>{count > NEWEST ? `The newest ${NEWEST} of ${count.toLocaleString('en-US')} versions` : 'Versions'}</h3>
          <DatasetVersions name={name} versions={newest} open={undefined} onMore={undefined} />
          <h3>First cases</h3>
          <FirstCases name={name} />
        </>
      )}
    </PeekPanel>
  )
}

function FirstCases({ name }: { name: string }) {
  const { project } = useProject()
  const cases = useFirstCases(name)
  if (cases.isError)
    return <Failure what="Couldn't load its cases" error={cases.error} onRetry={() => void cases.refetch()} />
  if (cases.data === undefined) return <Skeleton lines={4} />
  if (cases.data.rows.length === 0) return <p className="quiet">The newest version has none.</p>
  return (
    <ul className="first-cases">
      {cases.data.rows.map(row => (
        <li key={row.case_id}>
          {row.id !== null && <div className="quiet">{row.id}</div>}
          <Link
            to="/p/$project/datasets/$name/$v"
            params={{ project, name, v: 'newest' }}
            search={{ case: row.case_id }}
            className="mono"
          >
            {row.input}
          </Link>
          {row.expected !== null && <div className="mono">→ {row.expected}</div>}
        </li>
      ))}
    </ul>
  )
}
