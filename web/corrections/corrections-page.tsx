import { getRouteApi, Link } from '@tanstack/react-router'
import { lazy, Suspense, useLayoutEffect, useRef } from 'react'
import { useProject } from '../shell/api.ts'
import '../ui/plain.css'
import { Skeleton } from '../ui/states.tsx'
import './corrections-page.css'
import { TABS, type Tab } from './corrections-search.ts'
import { DoneTab } from './done-tab.tsx'
import { QueueTab } from './queue-tab.tsx'

const route = getRouteApi('/p/$project/corrections')

const ImportsTab = lazy(() => import('./imports-tab.tsx').then(module => ({ default: module.ImportsTab })))
const RulesTab = lazy(() => import('./rules-tab.tsx').then(module => ({ default: module.RulesTab })))
const ExportsTab = lazy(() => import('./exports-tab.tsx').then(module => ({ default: module.ExportsTab })))
const StatsTab = lazy(() => import('./stats-tab.tsx').then(module => ({ default: module.StatsTab })))

const LABELS: { [tab in Tab]: string } = {
  queue: 'Queue',
  done: 'Done',
  imports: 'Imports',
  rules: 'Rules',
  exports: 'Exports',
  stats: 'Stats',
}
const PAGES = {
  queue: QueueTab,
  done: DoneTab,
  imports: ImportsTab,
  rules: RulesTab,
  exports: ExportsTab,
  stats: StatsTab,
}

/** From wrong answers to training data: what waits, what was decided, where it comes from, where it goes. */
export function CorrectionsPage() {
  const { project } = useProject()
  const { tab = 'queue' } = route.useSearch()
  const Shown = PAGES[tab]
  const tabs = useRef<HTMLElement>(null)
  // On a telephone they are wider than the page.
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever another one is the present one
  useLayoutEffect(() => {
    tabs.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [tab])
  return (
    <div className="corrections-page">
      <h1 className="unseen">Corrections · {LABELS[tab]}</h1>
      <nav className="tabs" ref={tabs} aria-label="Corrections">
        {TABS.map(one => (
          <Link
            key={one}
            to="/p/$project/corrections"
            params={{ project }}
            search={one === 'queue' ? {} : { tab: one }}
            // By itself a link is the present page only where the address has no filters.
            activeOptions={{ exact: true }}
            {...(one === tab ? { 'aria-current': 'page' as const } : {})}
          >
            {LABELS[one]}
          </Link>
        ))}
      </nav>
      <div className="tab-page">
        <Suspense fallback={<Skeleton lines={8} />}>
          <Shown />
        </Suspense>
      </div>
    </div>
  )
}
