import { getRouteApi, Link } from '@tanstack/react-router'
import { useProject } from '../shell/api.ts'
import { Empty } from '../ui/states.tsx'
import { ApiKeys } from './api-keys.tsx'
import { Backends } from './backends.tsx'
import { PinSettings } from './pin-settings.tsx'
import { ReviewSettings } from './review-settings.tsx'
import './settings-page.css'
import { Webhooks } from './webhooks.tsx'

const route = getRouteApi('/p/$project/settings/$section')

const SECTIONS = [
  { section: 'backends', label: 'Backends', content: Backends },
  { section: 'keys', label: 'API keys', content: ApiKeys },
  { section: 'pins', label: 'Pins', content: PinSettings },
  { section: 'review', label: 'Review', content: ReviewSettings },
  { section: 'webhooks', label: 'Webhooks', content: Webhooks },
]

/** Is it set up right? */
export function SettingsPage() {
  const { section } = route.useParams()
  const { project } = useProject()
  const open = SECTIONS.find(one => one.section === section)
  return (
    <div className="settings">
      <nav aria-label="Settings" className="settings-list">
        <ul>
          {SECTIONS.map(one => (
            <li key={one.section}>
              <Link
                to="/p/$project/settings/$section"
                params={{ project, section: one.section }}
                activeOptions={{ includeSearch: false }}
              >
                {one.label}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <div className="settings-main">
        {open === undefined ? (
          <>
            <h1>Settings</h1>
            <Empty>There are no settings called “{section}”.</Empty>
          </>
        ) : (
          <section aria-labelledby="settings-section">
            <h1 id="settings-section">{open.label}</h1>
            <open.content />
          </section>
        )}
      </div>
    </div>
  )
}
