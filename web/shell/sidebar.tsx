import { Link } from '@tanstack/react-router'
import { useProject } from './api.ts'
import { useTopic } from './live.ts'
import { NAVIGATION, type Place } from './navigation.ts'

/** The way to every page. */
export function Sidebar({ onLeave }: { onLeave?: () => void }) {
  const { project } = useProject()
  return (
    <nav className="sidebar" aria-label="Pages">
      <Link to="/p/$project/home" params={{ project }} className="sidebar-mark" aria-label="Whetstone">
        <svg width="18" height="18" viewBox="0 0 16 16" aria-hidden="true">
          <path d="M1 13h14L12.5 7.5h-9z" fill="var(--meta)" />
          <path d="M2 6 13.5 1l1 2L6 6.5z" fill="var(--accent)" />
        </svg>
        <span className="label">Whetstone</span>
      </Link>
      {NAVIGATION.map(({ title, places }) => (
        <section key={title} {...(title === '' ? {} : { 'aria-label': title })}>
          {title !== '' && <h2>{title}</h2>}
          <ul>
            {places.map(place => (
              <li key={place.to}>
                <Link to={place.to} params={{ project }} onClick={onLeave} title={place.label}>
                  <svg
                    width="16"
                    height="16"
                    viewBox="0 0 16 16"
                    fill="none"
                    stroke="currentColor"
                    strokeWidth="1.25"
                    strokeLinejoin="round"
                    aria-hidden="true"
                  >
                    <path d={place.icon} />
                  </svg>
                  <span className="label">{place.label}</span>
                  {place.topic && <Amount place={place} />}
                </Link>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  )
}

/** How many wait there, or are under way. */
function Amount({ place }: { place: Place }) {
  const n = countWaiting(useTopic(place.topic ?? ''))
  if (n === 0) return null
  return (
    <span className="amount">
      {n.toLocaleString('en-US')}
      <span className="unseen">{place.topic === 'runs' ? ' under way' : ' waiting'}</span>
    </span>
  )
}

function countWaiting(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  if ('waiting' in value) return Number(value.waiting)
  return 'running' in value && Array.isArray(value.running) ? value.running.length : 0
}
