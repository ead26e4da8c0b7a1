import { Button, Modal, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { readAnswer, type ShownPrompt } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { Failure } from '../ui/states.tsx'
import { useRenewPrompts } from './prompt-query.ts'

interface LabelDialogProps {
  prompt: ShownPrompt
  labels: { [label: string]: string }
  onClose: () => void
}

/** Puts a label at a version. Says what those who ask for the label get now, and what they get then. */
export function LabelDialog({ prompt, labels, onClose }: LabelDialogProps) {
  const { client } = useProject()
  const renew = useRenewPrompts()
  const list = useId()
  const [label, setLabel] = useState(labels.production === prompt.version ? '' : 'production')
  const wanted = label.trim()
  const now = labels[wanted]
  const put = useMutation({
    mutationFn: () =>
      readAnswer(
        client.api.prompts[':name'].labels[':label'].$put({
          param: { name: encodeURIComponent(prompt.name), label: encodeURIComponent(wanted) },
          json: { version: prompt.version },
        }),
      ),
    onSuccess: async () => {
      await renew()
      onClose()
    },
  })
  const ready = wanted !== '' && wanted !== 'latest' && now !== prompt.version
  return (
    <Modal opened onClose={onClose} title={`Put a label at ${prompt.version}`} className="confirm">
      <form
        onSubmit={event => {
          event.preventDefault()
          if (ready) put.mutate()
        }}
      >
        <TextInput
          data-autofocus
          label="Label"
          value={label}
          list={list}
          maxLength={512}
          error={wanted === 'latest' && '“latest” always means the newest version'}
          onChange={event => setLabel(event.currentTarget.value)}
        />
        <datalist id={list}>
          {[...new Set(['production', 'staging', ...Object.keys(labels)])].map(one => (
            <option key={one} value={one} />
          ))}
        </datalist>
        <p role="status">{describeMove(prompt, wanted, now)}</p>
        {put.isError && <Failure what="The label was not moved" error={put.error} />}
        <div className="confirm-foot">
          <Button variant="subtle" onClick={onClose}>
            Leave it
          </Button>
          <Button type="submit" variant="filled" disabled={!ready} loading={put.isPending}>
            {now === undefined ? 'Put it here' : 'Move it here'}
          </Button>
        </div>
      </form>
    </Modal>
  )
}

function describeMove(prompt: ShownPrompt, label: string, now: string | undefined): string {
  if (label === '' || label === 'latest') return ''
  if (now === prompt.version) return `“${label}” stands here already.`
  const from = now === undefined ? 'nothing now' : `${now} now`
  return `Whoever asks for “${label}” gets ${from}, and ${prompt.version} from the next request on.`
}
