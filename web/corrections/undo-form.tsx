import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { readAnswer, type ShownCandidate } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { countOf } from '../ui/numbers.ts'
import { Failure } from '../ui/states.tsx'
import { FORMAT_WORDS } from './correction-words.ts'

interface UndoProps {
  candidate: ShownCandidate['candidate']
  onDone: (words: string) => void
  onCancel: () => void
}

/** Takes a decision back, after saying what goes with it: rows, pairs, cases. */
export function UndoForm({ candidate, onDone, onCancel }: UndoProps) {
  const { project, client } = useProject()
  const { id, review } = candidate
  const approved = candidate.status === 'approved'
  const uses = useQuery({
    queryKey: [project, 'candidate', id, 'uses', review.content_hash],
    queryFn: ({ signal }) =>
      readAnswer(
        client.api.corrections.candidates[':id'].uses.$get(
          { param: { id: encodeURIComponent(id) } },
          { init: { signal } },
        ),
      ),
    staleTime: 0,
  })
  const undo = useMutation({
    mutationFn: () =>
      readAnswer(client.api.corrections.undo.$post({ json: { id, content_hash: review.content_hash } })),
    onSuccess: ({ retracted }) => {
      const cases = (retracted?.datasets ?? []).map(name => `its case of ${name}`)
      const files = retracted?.exports.length ?? 0
      const lines = files === 0 ? [] : [`its line, noted at ${countOf(files, 'export')}`]
      const gone = [...cases, ...lines]
      onDone(gone.length === 0 ? 'Back in the queue.' : `Back in the queue. Taken back: ${gone.join('; ')}.`)
    },
  })
  const box = useRef<HTMLFieldSetElement>(null)
  useEffect(() => box.current?.querySelector('button')?.focus(), [])
  return (
    <fieldset
      ref={box}
      className="panel-question"
      onKeyDown={event => {
        if (event.key !== 'Escape') return
        event.stopPropagation()
        onCancel()
      }}
    >
      <legend>Back to the queue. What goes with it:</legend>
      {uses.isPending && <p className="quiet">Looking …</p>}
      {uses.isError && <Failure what="Couldn't say what" error={uses.error} onRetry={() => void uses.refetch()} />}
      {uses.data && (
        <ul>
          {approved && <li>The corrected text; it stays in the history.</li>}
          {uses.data.datasets.map(name => (
            <li key={name}>The case of dataset {name}, in a new version.</li>
          ))}
          {uses.data.exports.map(one => (
            <li key={one.export_id}>
              The {FORMAT_WORDS[one.format]?.line ?? 'row'} in {one.file_name}: the file keeps it, its record says that
              it was taken back.
            </li>
          ))}
          {!approved && uses.data.datasets.length + uses.data.exports.length === 0 && (
            <li>Nothing but the decision.</li>
          )}
        </ul>
      )}
      <Button onClick={() => undo.mutate()} loading={undo.isPending} className="danger">
        Undo the decision
      </Button>
      <Button variant="subtle" onClick={onCancel}>
        Keep it
      </Button>
      {undo.isError && <Failure what="Not undone" error={undo.error} />}
    </fieldset>
  )
}
