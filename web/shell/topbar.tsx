import { ActionIcon, Burger, Tooltip, useMantineColorScheme } from '@mantine/core'
import { type ComponentType, useEffect, useState } from 'react'
import { nameKey } from '../ui/keys.ts'
import { formatClock } from '../ui/time.tsx'
import { Breadcrumb } from './breadcrumb.tsx'
import { useLive } from './live.ts'
import { ProjectMenu } from './project-menu.tsx'

/** Where one is, in which project, whether what is shown is live. */
export function Topbar({ onMenu, onPalette }: { onMenu: () => void; onPalette: () => void }) {
  return (
    <div className="topbar">
      <Burger className="topbar-menu" size="sm" onClick={onMenu} aria-label="Pages" />
      <Breadcrumb />
      <ProjectMenu />
      <Tooltip label={`Go anywhere, do anything · ${nameKey('mod+k')}`}>
        <ActionIcon variant="subtle" color="gray" onClick={onPalette} aria-label="Search and commands">
          <svg
            width="16"
            height="16"
            viewBox="0 0 16 16"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.5"
            aria-hidden="true"
          >
            <path d="M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.5 10.5 14 14" />
          </svg>
        </ActionIcon>
      </Tooltip>
      <UnsentPlace />
      <LiveChip />
      <SchemeSwitch />
    </div>
  )
}

/** After the page is there; and again, should the server be away just then. */
const FIRST_MS = 1_000
const AGAIN_MS = 10_000

/** What waits for the server since it was decided. Its code is not needed to show a page. */
function UnsentPlace() {
  const [Shown, setShown] = useState<ComponentType | null>(null)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const load = () =>
      void import('../review/unsent.tsx').then(
        module => setShown(() => module.Unsent),
        () => {
          timer = setTimeout(load, AGAIN_MS)
        },
      )
    timer = setTimeout(load, FIRST_MS)
    return () => clearTimeout(timer)
  }, [])
  return Shown && <Shown />
}

function LiveChip() {
  const { state, since } = useLive()
  const words = {
    live: 'Live',
    connecting: 'Connecting',
    reconnecting: `Reconnecting, data from ${formatClock(since)}`,
    refused: 'No such project',
  }
  return (
    <span className="live" data-state={state} role="status">
      <span className="words">{words[state]}</span>
    </span>
  )
}

const SCHEMES = ['auto', 'light', 'dark'] as const
const SCHEME_WORDS = { auto: 'as the system', light: 'light', dark: 'dark' }
const SCHEME_ICONS = {
  auto: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2M8 2v12M8 5l4.8-1M8 8h6M8 11l4.8 1',
  light:
    'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1v2M8 13v2M1 8h2M13 8h2M3 3l1.5 1.5M11.5 11.5 13 13M13 3l-1.5 1.5M4.5 11.5 3 13',
  dark: 'M13.5 10A6 6 0 0 1 6 2.5 6 6 0 1 0 13.5 10z',
}

function SchemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const next = SCHEMES[(SCHEMES.indexOf(colorScheme) + 1) % SCHEMES.length] ?? 'auto'
  return (
    <Tooltip label={`Colours: ${SCHEME_WORDS[colorScheme]}. Change to: ${SCHEME_WORDS[next]}`}>
      <ActionIcon
        variant="subtle"
        color="gray"
        onClick={() => setColorScheme(next)}
        aria-label={`Colours: ${SCHEME_WORDS[colorScheme]}. Change to: ${SCHEME_WORDS[next]}`}
      >
        <svg
          width="16"
          height="16"
          viewBox="0 0 16 16"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.25"
          aria-hidden="true"
        >
          <path d={SCHEME_ICONS[colorScheme]} />
        </svg>
      </ActionIcon>
    </Tooltip>
  )
}
