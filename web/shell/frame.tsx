import { Drawer } from '@mantine/core'
import { Outlet, useMatches } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useState } from 'react'
import { startKeys } from '../ui/keys.ts'
import { useKeys } from '../ui/use-keys.ts'
import { useProject } from './api.ts'
import { followChanges } from './live.ts'
import { Sidebar } from './sidebar.tsx'
import { SignIn } from './sign-in.tsx'
import { Topbar } from './topbar.tsx'

const loadPalette = () => import('./palette.tsx')
const Palette = lazy(() => loadPalette().then(module => ({ default: module.Palette })))
const KeyList = lazy(() => import('./key-list.tsx').then(module => ({ default: module.KeyList })))

/** What stands around every page: sidebar, top bar, palette, the list of keys, the question for a key. */
export function Frame() {
  const { project, client } = useProject()
  const [open, setOpen] = useState<'palette' | 'keys' | 'menu' | null>(null)
  const narrow = useMatches().some(match => match.staticData.narrow)
  const close = () => setOpen(null)
  useEffect(startKeys, [])
  useEffect(() => {
    // Fetched while nothing else happens: who opens it types at once.
    const timer = setTimeout(() => void loadPalette().catch(() => {}), 1_000)
    return () => clearTimeout(timer)
  }, [])
  useEffect(() => {
    localStorage.setItem('whetstone-project', project)
    return followChanges(client)
  }, [project, client])
  useKeys([
    { keys: ['mod+k'], label: 'Search and commands', group: 'Everywhere', run: () => setOpen('palette') },
    { keys: ['?'], label: 'List the keys', group: 'Everywhere', run: () => setOpen('keys') },
  ])
  return (
    <div className="shell" {...(narrow ? { 'data-narrow': true } : {})}>
      <a className="skip-link" href="#page">
        Skip to the page
      </a>
      <Sidebar />
      <Topbar onMenu={() => setOpen('menu')} onPalette={() => setOpen('palette')} />
      <main className="page" id="page" tabIndex={-1}>
        <Outlet />
      </main>
      <Drawer opened={open === 'menu'} onClose={close} size={260} title="Pages" className="drawer">
        <Sidebar onLeave={close} />
      </Drawer>
      <Suspense>
        {open === 'palette' && <Palette onClose={close} />}
        {open === 'keys' && <KeyList onClose={close} />}
      </Suspense>
      <SignIn />
    </div>
  )
}
