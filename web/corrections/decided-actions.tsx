import { Button, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useId, useRef, useState } from 'react'
import { readAnswer, type ShownCandidate } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { Failure } from '../ui/states.tsx'
import { CommentForm } from './comment-form.tsx'
import { EditForm } from './edit-form.tsx'
import { UndoForm } from './undo-form.tsx'

type Open = 'edit' | 'undo' | 'case' | 'comment' | null

/** What can be done about a candidate that is decided. */
export function DecidedActions(props: { candidate: ShownCandidate['candidate']; onDone: (words: string) => void }) {
  const { candidate, onDone } = props
  const [open, setOpen] = useState<Open>(null)
  const approved = candidate.status === 'approved'
  const close = (words: string) => {
    setOpen(null)
    onDone(words)
  }
  const leave = () => setOpen(null)
  return (
    <div className="panel-actions">
      {open === null && (
        <>
          {approved && <Button onClick={() => setOpen('edit')}>Edit</Button>}
          <Button onClick={() => setOpen('undo')}>Undo</Button>
          {approved && <Button onClick={() => setOpen('case')}>To golden case</Button>}
          <Button onClick={() => setOpen('comment')}>Comment</Button>
        </>
      )}
      {open === 'edit' && <EditForm candidate={candidate} onDone={close} onCancel={leave} />}
      {open === 'undo' && <UndoForm candidate={candidate} onDone={close} onCancel={leave} />}
      {open === 'case' && <CaseForm id={candidate.id} onDone={close} onCancel={leave} />}
      {open === 'comment' && <CommentForm id={candidate.id} onDone={() => close('')} onCancel={leave} />}
    </div>
  )
}

interface CaseProps {
  id: string
  onDone: (words: string) => void
  onCancel: () => void
}

/** Makes a case of a dataset of a correction: one of those that there are, or a new one. */
function CaseForm({ id, onDone, onCancel }: CaseProps) {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const listId = useId()
  const field = useRef<HTMLInputElement>(null)
  const [dataset, setDataset] = useState('golden')
  useEffect(() => field.current?.select(), [])
  const datasets = useQuery({
    queryKey: [project, 'datasets', 'names'],
    queryFn: async () => (await readAnswer(client.api.datasets.$get())).map(one => one.name),
    staleTime: 10_000,
  })
  const make = useMutation({
    mutationFn: () => readAnswer(client.api.corrections.golden.$post({ json: { id, dataset: dataset.trim() } })),
    onSuccess: ({ created }) => {
      void queries.invalidateQueries({ queryKey: [project, 'datasets'] })
      onDone(created ? `A case of ${dataset.trim()} was made.` : `${dataset.trim()} has its case already.`)
    },
  })
  const isNew = datasets.isSuccess && dataset.trim() !== '' && !datasets.data.includes(dataset.trim())
  return (
    <form
      className="panel-form"
      onSubmit={event => {
        event.preventDefault()
        if (dataset.trim() !== '') make.mutate()
      }}
      onKeyDown={event => {
        if (event.key !== 'Escape') return
        event.stopPropagation()
        onCancel()
      }}
    >
      <TextInput
        ref={field}
        size="xs"
        label="Dataset"
        list={listId}
        value={dataset}
        onChange={event => setDataset(event.currentTarget.value)}
      />
      <datalist id={listId}>
        {datasets.data?.map(name => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <Button type="submit" variant="filled" disabled={dataset.trim() === ''} loading={make.isPending}>
        {isNew ? 'Make the dataset and the case' : 'Make the case'}
      </Button>
      <Button variant="subtle" onClick={onCancel}>
        Cancel
      </Button>
      {make.isError && <Failure what="No case was made" error={make.error} />}
    </form>
  )
}
