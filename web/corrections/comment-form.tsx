import { Button, Textarea } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { Failure } from '../ui/states.tsx'
import { useOnce } from '../ui/use-once.ts'

/** Says something about a candidate; it stands in its history. */
export function CommentForm({ id, onDone, onCancel }: { id: string; onDone: () => void; onCancel: () => void }) {
  const { client } = useProject()
  const [text, setText] = useState('')
  const field = useRef<HTMLTextAreaElement>(null)
  useEffect(() => field.current?.focus(), [])
  const once = useOnce()
  const send = useMutation({
    mutationFn: () => readAnswer(client.api.corrections.comment.$post({ json: { id, comment: text } })),
    onSuccess: onDone,
  })
  return (
    <form
      className="panel-form"
      onSubmit={event => {
        event.preventDefault()
        if (text.trim() !== '') once(onSettled => send.mutate(undefined, { onSettled }))
      }}
      onKeyDown={event => {
        if (event.key !== 'Escape') return
        event.stopPropagation()
        onCancel()
      }}
    >
      <Textarea
        ref={field}
        aria-label="Comment"
        autosize
        minRows={2}
        maxRows={10}
        value={text}
        onChange={event => setText(event.currentTarget.value)}
      />
      <Button type="submit" variant="filled" disabled={text.trim() === ''} loading={send.isPending}>
        Comment
      </Button>
      <Button variant="subtle" onClick={onCancel}>
        Cancel
      </Button>
      {send.isError && <Failure what="Not saved; your text is kept" error={send.error} />}
    </form>
  )
}
