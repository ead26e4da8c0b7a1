import { Button, Textarea } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { readAnswer, type ShownCandidate } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { countOf } from '../ui/numbers.ts'
import { Failure } from '../ui/states.tsx'

interface EditProps {
  candidate: ShownCandidate['candidate']
  onDone: (words: string) => void
  onCancel: () => void
}

/** Changes the text of an approved correction. Cases that were made of the former text are taken out, and it says so. */
export function EditForm({ candidate, onDone, onCancel }: EditProps) {
  const { client } = useProject()
  const { id, review, corrected_response } = candidate
  const [text, setText] = useState(corrected_response ?? '')
  // What was shown when the editing began: if somebody else changed it since, the server refuses.
  const [content_hash] = useState(review.content_hash)
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => field.current?.focus(), [])
  const save = useMutation({
    mutationFn: () =>
      readAnswer(client.api.corrections.edit.$post({ json: { id, content_hash, corrected_response: text } })),
    onSuccess: ({ retracted }) => {
      const parts = [
        ...retracted.datasets.map(name => `its former case was taken out of ${name}`),
        ...(retracted.exports.length > 0
          ? [`${countOf(retracted.exports.length, 'export')} still has the former text`]
          : []),
      ]
      onDone(`Saved.${parts.length === 0 ? '' : ` ${parts.join('; ')}.`}`)
    },
  })
  const blank = text.trim() === ''
  const send = () => {
    if (!blank && text !== corrected_response && !save.isPending) save.mutate()
  }
  return (
    <form
      className="panel-form"
      onSubmit={event => {
        event.preventDefault()
        send()
      }}
      onKeyDown={event => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send()
        if (event.key !== 'Escape' || text !== corrected_response) return
        event.stopPropagation()
        onCancel()
      }}
    >
      <Textarea
        ref={field}
        label="Correction"
        autosize
        minRows={4}
        maxRows={24}
        value={text}
        error={blank && 'A correction needs text that can be seen'}
        onChange={event => setText(event.currentTarget.value)}
      />
      <Button type="submit" variant="filled" disabled={blank || text === corrected_response} loading={save.isPending}>
        Save
      </Button>
      <Button variant="subtle" onClick={onCancel}>
        Cancel
      </Button>
      {save.isError && <Failure what="Not saved; your text is kept" error={save.error} />}
    </form>
  )
}
