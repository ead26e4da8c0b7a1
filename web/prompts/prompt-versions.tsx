import { Link } from '@tanstack/react-router'
import type { ShownPrompt } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { Time } from '../ui/time.tsx'
import { MOST_VERSIONS } from './prompt-query.ts'
import { digitsOf } from './prompts-search.ts'

interface PromptVersionsProps {
  versions: ShownPrompt[]
  labels: { [label: string]: string }
  open: ShownPrompt | undefined
}

/** The versions, newest first, with the labels that stand at each. */
export function PromptVersions({ versions, labels, open }: PromptVersionsProps) {
  const { project } = useProject()
  return (
    <>
      <ul className="version-list">
        {versions.map(one => (
          <li key={one.version}>
            <Link
              to="/p/$project/prompts/$name/$v"
              params={{ project, name: one.name, v: digitsOf(one.version) }}
              {...(one === open ? { 'aria-current': 'page' } : {})}
            >
              <span className="line">
                <span className="mono">{digitsOf(one.version)}</span>
                {Object.keys(labels)
                  .filter(label => labels[label] === one.version)
                  .map(label => (
                    <span key={label} className="tag">
                      {label}
                    </span>
                  ))}
              </span>
              <span className="line facts">
                <span>{one.author ?? 'unknown'}</span> <Time at={one.created_at} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {versions.length === MOST_VERSIONS && <p className="quiet list-end">The API lists no older ones.</p>}
    </>
  )
}
