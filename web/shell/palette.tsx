import { Modal } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, useEffect, useId, useState } from 'react'
import { nameKey } from '../ui/keys.ts'
import { useKeyActions } from '../ui/use-keys.ts'
import { useProject } from './api.ts'
import { NAVIGATION } from './navigation.ts'
import { listRecent } from './recent.ts'

interface Entry {
  label: string
  /** What kind of thing it is, or its key. */
  note: string
  choose: () => void
  /** Where others have the same name. */
  key?: string
}

interface PaletteProps {
  /** What was typed, also before its field was there. */
  text: string
  onText: (text: string) => void
  onClose: () => void
}

/** Goes anywhere and does anything: pages, what was opened of late, any id, and what can be done on this page. */
export function Palette({ text, onText, onClose }: PaletteProps) {
  const [chosen, setChosen] = useState(0)
  const listId = useId()
  const entries = useEntries(text.trim())
  useEffect(() => {
    document.getElementById(`${listId}-${chosen}`)?.scrollIntoView({ block: 'nearest' })
  }, [listId, chosen])
  const choose = (entry: Entry | undefined) => {
    if (entry === undefined) return
    onClose()
    // What it does may look at what has the focus, so the dialog gives it back first.
    setTimeout(entry.choose, 0)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined && entries.length > 0) {
      event.preventDefault()
      setChosen((chosen + step + entries.length) % entries.length)
    }
    if (event.key === 'Enter') choose(entries[chosen])
  }
  return (
    <Modal.Root opened onClose={onClose} size={560} yOffset="12vh">
      <Modal.Overlay />
      <Modal.Content aria-label="Search and commands">
        <input
          className="palette-input"
          data-autofocus
          role="combobox"
          aria-expanded="true"
          aria-controls={listId}
          aria-label="A page, a session, an id, an action"
          aria-activedescendant={entries.length > 0 ? `${listId}-${chosen}` : undefined}
          placeholder="A page, a session, an id, an action"
          value={text}
          onChange={event => {
            onText(event.currentTarget.value)
            setChosen(0)
          }}
          onKeyDown={onKeyDown}
        />
        <div className="palette-list" id={listId} role="listbox" aria-label="What matches">
          {entries.map((entry, index) => (
            <div
              key={entry.key ?? `${entry.note} ${entry.label}`}
              id={`${listId}-${index}`}
              role="option"
              aria-selected={index === chosen}
              onClick={() => choose(entry)}
              onPointerMove={() => setChosen(index)}
            >
              <span>{entry.label}</span>
              <span className="note">{entry.note}</span>
            </div>
          ))}
        </div>
        {entries.length === 0 && <p className="palette-none">Nothing is called that.</p>}
      </Modal.Content>
    </Modal.Root>
  )
}

function useEntries(text: string): Entry[] {
  const { project } = useProject()
  const navigate = useNavigate()
  const actions = useKeyActions()
  const openSession = (id: string) => navigate({ to: '/p/$project/sessions/$id', params: { project, id } })
  const entries: Entry[] = [
    ...NAVIGATION.flatMap(({ title, places }) =>
      places.map(place => ({
        label: place.label,
        note: title === '' ? 'Page' : `Page · ${title}`,
        choose: () => void navigate({ to: place.to, params: { project } }),
      })),
    ),
    ...actions
      .filter(action => !action.told && action.keys[0] !== 'mod+k')
      .map(action => ({
        label: action.label,
        note: action.keys.map(nameKey).join(' '),
        choose: () => action.run(null),
      })),
    ...listRecent(project).map(({ path, label, kind }) => ({
      label,
      note: kind,
      key: path,
      choose: () => void navigate({ href: path }),
    })),
  ]
  const words = text.toLowerCase().split(/\s+/)
  const found = entries.filter(({ label }) => words.every(word => label.toLowerCase().includes(word)))
  if (text === '') return found
  const search = () => void navigate({ to: '/p/$project/sessions', params: { project }, search: { search: text } })
  const searching = { label: `Search sessions for “${text}”`, note: 'Search', choose: search }
  const opening = /\s/.test(text)
    ? []
    : [
        { label: `Open the session ${text}`, note: 'Id', choose: () => void openSession(text) },
        ...(UUID.test(text) ? listPlacesOf(text, project, navigate) : []),
      ]
  // Words have no digits, as a rule, and ids have.
  return [...found, ...(/\d/.test(text) ? [...opening, searching] : [searching, ...opening])]
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/** What else has ids of this kind. */
function listPlacesOf(id: string, project: string, navigate: ReturnType<typeof useNavigate>): Entry[] {
  return [
    {
      label: `Open the evaluation run ${id}`,
      note: 'Id',
      choose: () => void navigate({ to: '/p/$project/runs/$run', params: { project, run: id } }),
    },
    {
      label: `Open the experiment ${id}`,
      note: 'Id',
      choose: () => void navigate({ to: '/p/$project/experiments/$id', params: { project, id } }),
    },
    {
      label: `Open the correction ${id}`,
      note: 'Id',
      choose: () => void navigate({ to: '/p/$project/corrections', params: { project }, search: { peek: id } }),
    },
  ]
}
