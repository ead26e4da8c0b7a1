import { Link, useSearch } from '@tanstack/react-router'
import type { JudgeVersion } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { Time } from '../ui/time.tsx'
import { readJudgeSearch } from './judge-search.ts'
import { splitVersion } from './judge-words.ts'

interface JudgeListProps {
  rubrics: JudgeVersion[]
  panels: JudgeVersion[]
  open: JudgeVersion | undefined
}

/** Every version, newest first; which of them are pinned. */
export function JudgeList({ rubrics, panels, open }: JudgeListProps) {
  return (
    <>
      <h2>Rubrics</h2>
      <Versions kind="rubrics" versions={rubrics} open={open} />
      <h2>Panels</h2>
      <Versions kind="panels" versions={panels} open={open} />
    </>
  )
}

interface VersionsProps {
  kind: 'rubrics' | 'panels'
  versions: JudgeVersion[]
  open: JudgeVersion | undefined
}

function Versions({ kind, versions, open }: VersionsProps) {
  const { project } = useProject()
  // Whoever tries versions on a session goes from one to the next with it.
  const { from: _, ...trial } = readJudgeSearch(useSearch({ strict: false }))
  return (
    <ul className="version-list">
      {versions.map(one => (
        <li key={one.version}>
          <Link
            to="/p/$project/judges/$kind/$name/$v"
            params={{ project, kind, ...splitVersion(one.version) }}
            search={trial}
            {...(one === open ? { 'aria-current': 'page' } : {})}
          >
            <span className="line">
              <span className="mono">{one.version}</span>
              {one.pinned && <span className="tag">◆ pinned</span>}
            </span>
            <span className="facts">
              <Time at={one.created_at} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  )
}
