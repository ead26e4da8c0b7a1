import { Link } from '@tanstack/react-router'
import type { ShownDatasetVersion } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { Chips } from '../ui/chips.tsx'
import { Time } from '../ui/time.tsx'
import { ORIGINS } from './dataset-words.ts'

interface DatasetVersionsProps {
  name: string
  versions: ShownDatasetVersion[]
  open: ShownDatasetVersion | undefined
  onMore: (() => void) | undefined
}

/** The versions, newest first, with what came, changed and went in each. */
export function DatasetVersions({ name, versions, open, onMore }: DatasetVersionsProps) {
  const { project } = useProject()
  return (
    <>
      <ul className="version-list">
        {versions.map(one => (
          <li key={one.version_no}>
            <Link
              to="/p/$project/datasets/$name/$v"
              params={{ project, name, v: String(one.version_no) }}
              {...(one === open ? { 'aria-current': 'page' } : {})}
            >
              <span className="line">
                <span>Version {one.version_no}</span>
                <Chips counts={one} words={false} />
                <span className="end">
                  {one.case_count.toLocaleString('en-US')}{' '}
                  <span className="quiet">{one.case_count === 1 ? 'case' : 'cases'}</span>
                </span>
              </span>
              <span className="line facts">
                <span>{one.author ?? ORIGINS[one.made_by]}</span> <Time at={one.created_at} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {onMore !== undefined && (
        <button type="button" className="plain-button" onClick={onMore}>
          Show older versions
        </button>
      )}
    </>
  )
}
