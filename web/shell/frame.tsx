import { Drawer } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { Outlet, useMatches } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useState } from 'react'
import { startKeys } from '../ui/keys.ts'
import { useKeys } from '../ui/use-keys.ts'
import { useProject } from './api.ts'
import { followChanges, useRefusal } from './live.ts'
import { NoProject } from './no-project.tsx'
import { Sidebar } from './sidebar.tsx'
import { SignIn } from './sign-in.tsx'
import { Topbar } from './topbar.tsx'
import { useTypedAhead } from './typed-ahead.ts'

const loadPalette = () => import('./palette.tsx')
const Palette = lazy(() => loadPalette().then(module => ({ default: module.Palette })))
const loadKeyList = () => import('./key-list.tsx')
const KeyList = lazy(() => loadKeyList().then(module => ({ default: module.KeyList })))

/** What stands around every page: sidebar, top bar, palette, the list of keys, the question for a key. */
export function Frame() {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const [open, setOpen] = useState<'palette' | 'keys' | 'menu' | null>(null)
  const narrow = useMatches().some(match => match.staticData.narrow)
  const refusal = useRefusal()
  const close = () => setOpen(null)
  const [typed, setTyped] = useTypedAhead(open === 'palette' || open === 'keys')
  useEffect(startKeys, [])
  useEffect(() => {
    // Fetched while nothing else happens: who opens it types at once, and the server may be away by then.
    const timer = setTimeout(() => void Promise.all([loadPalette(), loadKeyList()]).catch(() => {}), 1_000)
    return () => clearTimeout(timer)
  }, [])
  useEffect(() => {
    const onConnected = () => {
      // Not before: a project that is not there would be where one begins from then on.
      localStorage.setItem('whetstone-project', project)
      void queries.refetchQueries({ type: 'active', predicate: ({ state }) => state.status === 'error' })
    }
    return followChanges(client, onConnected)
  }, [project, client, queries])
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
        {refusal === null ? <Outlet /> : <NoProject reason={refusal} />}
      </main>
      <Drawer opened={open === 'menu'} onClose={close} size={260} title="Pages" className="drawer">
        <Sidebar onLeave={close} />
      </Drawer>
      <Suspense>
        {open === 'palette' && <Palette text={typed} onText={setTyped} onClose={close} />}
        {open === 'keys' && <KeyList onClose={close} />}
      </Suspense>
      <SignIn />
    </div>
  )
}
