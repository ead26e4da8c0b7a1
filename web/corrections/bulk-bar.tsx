import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { countOf } from '../ui/numbers.ts'
import { ClearSelection } from '../ui/selected-csv.tsx'
import type { Selection } from '../ui/selection.ts'
import { Failure } from '../ui/states.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { CategoryStrip } from './category-strip.tsx'
import { type Category, type CorrectionsSearch, toNarrowing } from './corrections-search.ts'
import { Reassign } from './reassign.tsx'

interface BulkProps {
  selection: Selection
  search: CorrectionsSearch
  /** How many the filters leave. */
  total: number
  onDecided: (ids: Set<string>) => void
  onAllDecided: () => void
  onReassigned: () => void
}

type Action = 'discard' | 'flag'

/** The server takes so many that are named in one request. */
const MOST_NAMED = 10_000

/** Discards or flags many at once: those that are selected, else all that the filters leave. The category is asked for once. */
export function BulkBar({ selection, search, total, onDecided, onAllDecided, onReassigned }: BulkProps) {
  const { ids: selected } = selection
  const { client } = useProject()
  const [asked, setAsked] = useState<Action | 'reassign' | null>(null)
  const named = selected.size > 0
  const n = named ? selected.size : total
  const decide = useMutation({
    mutationFn: ({ action, category }: { action: Action; category: Category | null }) => {
      const chosen = named ? { ids: [...selected] } : { filter: toNarrowing(search) }
      return readAnswer(client.api.corrections.bulk.$post({ json: { action, failure_category: category, ...chosen } }))
    },
    onSuccess: result => {
      setAsked(null)
      const skipped = new Set(result.skipped.map(one => one.id))
      if (named) onDecided(new Set([...selected].filter(id => !skipped.has(id))))
      else onAllDecided()
    },
  })
  const ask = (action: Action) => {
    decide.reset()
    if (n > 0 && (!named || n <= MOST_NAMED)) setAsked(action)
  }
  useKeys([
    { keys: ['d'], label: 'Discard what is selected', group: 'Corrections', run: () => ask('discard') },
    { keys: ['f'], label: 'Flag what is selected', group: 'Corrections', run: () => ask('flag') },
  ])
  const about = named ? `${n.toLocaleString('en-US')}` : `all ${n.toLocaleString('en-US')}`
  return (
    <div className="selection-bar" role="toolbar" aria-label={named ? 'Selected candidates' : 'Candidates that match'}>
      {named ? (
        <strong>{n.toLocaleString('en-US')} selected</strong>
      ) : (
        <span className="quiet">All {countOf(n, 'candidate')} that match</span>
      )}
      {(asked === 'discard' || asked === 'flag') && (
        <CategoryStrip
          label={`${asked === 'discard' ? 'Discard' : 'Flag'} ${about} as`}
          busy={decide.isPending}
          onChoose={category => decide.mutate({ action: asked, category })}
          onCancel={() => setAsked(null)}
        />
      )}
      {asked === 'reassign' && named && (
        <Reassign
          ids={[...selected]}
          onDone={() => {
            setAsked(null)
            onReassigned()
          }}
          onCancel={() => setAsked(null)}
        />
      )}
      {asked === null && (
        <>
          <Button onClick={() => ask('discard')}>
            Discard {about} <kbd className="key">d</kbd>
          </Button>
          <Button onClick={() => ask('flag')}>
            Flag {about} <kbd className="key">f</kbd>
          </Button>
          {named && <Button onClick={() => setAsked('reassign')}>Reassign</Button>}
          {named && <ClearSelection selection={selection} />}
        </>
      )}
      {decide.isSuccess && (
        <span role="status">
          {countOf(decide.data.changed, 'candidate')} decided.
          {decide.data.skipped.length > 0 &&
            ` ${decide.data.skipped.length} left out: ${decide.data.skipped[0]?.reason ?? ''}`}
        </span>
      )}
      {decide.isError && <Failure what="Not decided" error={decide.error} />}
    </div>
  )
}
