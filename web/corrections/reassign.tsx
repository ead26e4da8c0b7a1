import { Button, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useId, useRef, useState } from 'react'
import { readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { Failure } from '../ui/states.tsx'
import { useKinds } from './candidate-query.ts'

interface ReassignProps {
  ids: string[]
  onDone: () => void
  onCancel: () => void
}

/** Gives candidates to one reviewer, to whom alone they are then served, or to everybody again. */
export function Reassign({ ids, onDone, onCancel }: ReassignProps) {
  const { client } = useProject()
  const kinds = useKinds('waiting')
  const listId = useId()
  const field = useRef<HTMLInputElement>(null)
  const [user, setUser] = useState('')
  useEffect(() => field.current?.focus(), [])
  const give = useMutation({
    mutationFn: async (to: string | null) => {
      for (const id of ids) await readAnswer(client.api.corrections.reassign.$post({ json: { id, user: to } }))
    },
    onSuccess: onDone,
  })
  return (
    <form
      className="reassign"
      onSubmit={event => {
        event.preventDefault()
        if (user.trim() !== '') give.mutate(user.trim())
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
        aria-label="Reviewer"
        placeholder="Reviewer"
        list={listId}
        value={user}
        onChange={event => setUser(event.currentTarget.value)}
      />
      <datalist id={listId}>
        {kinds.data?.reviewers.map(name => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <Button type="submit" variant="filled" disabled={user.trim() === ''} loading={give.isPending}>
        Give {ids.length === 1 ? 'it' : ids.length.toLocaleString('en-US')} to them
      </Button>
      <Button onClick={() => give.mutate(null)} disabled={give.isPending}>
        To everybody
      </Button>
      <Button variant="subtle" onClick={onCancel}>
        Cancel
      </Button>
      {give.isError && <Failure what="Not all were given away" error={give.error} />}
    </form>
  )
}
