import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useEffect, useId, useRef, useState } from 'react'
import { readAnswer } from '#client.ts'
import { letterOf } from '#experiments/variant-letter.ts'
import { useProject } from '../shell/api.ts'
import '../ui/plain.css'
import { Failure } from '../ui/states.tsx'
import './label-prompt.css'
import { usePromptList } from './use-suggestions.ts'

/**
 * Puts a label of the registry at a variant's prompt. What is not clear, which name or which stage, is asked for.
 *
 * @param stages the names of its stages, in their order.
 */
export function LabelPrompt(props: {
  experiment: string
  variant: number
  /** What has to be known before; '' for nothing. */
  remark?: string
  stages: string[]
  onClose: () => void
}) {
  const { experiment, variant, remark = '', stages, onClose } = props
  const { project, client } = useProject()
  const queries = useQueryClient()
  const prompts = usePromptList().data ?? []
  const names = useId()
  const [label, setLabel] = useState('production')
  const [prompt, setPrompt] = useState('')
  const [stage, setStage] = useState(stages.at(-1) ?? '')
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => form.current?.querySelector('input')?.focus(), [])
  const send = useMutation({
    mutationFn: () =>
      readAnswer(
        client.api.experiments[':id'].label.$post({
          param: { id: experiment },
          json: {
            ...{ variant: String(variant), label: label.trim() },
            ...(prompt.trim() === '' ? {} : { prompt: prompt.trim() }),
            ...(stages.length > 1 ? { stage } : {}),
          },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: [project, 'prompts'] }),
  })
  const done = send.data
  const submit = (event: React.FormEvent) => {
    event.preventDefault()
    if (label.trim() !== '' && !send.isPending) send.mutate()
  }
  return (
    <form
      ref={form}
      className="label-prompt"
      aria-label="Label the prompt"
      onSubmit={submit}
      onKeyDown={event => event.key === 'Escape' && onClose()}
    >
      {remark !== '' && <p className="label-remark">{remark}</p>}
      {stages.length > 1 && (
        <NativeSelect
          label="Stage"
          value={stage}
          data={stages}
          onChange={event => setStage(event.currentTarget.value)}
        />
      )}
      <TextInput
        label="Prompt's name"
        list={names}
        placeholder="as registered"
        value={prompt}
        onChange={event => setPrompt(event.currentTarget.value)}
      />
      <datalist id={names}>
        {prompts.map(one => (
          <option key={one.name} value={one.name} />
        ))}
      </datalist>
      <TextInput label="Label" value={label} onChange={event => setLabel(event.currentTarget.value)} />
      <Button type="submit" variant="filled" loading={send.isPending} disabled={label.trim() === ''}>
        Label it
      </Button>
      <Button variant="subtle" onClick={onClose}>
        Close
      </Button>
      <p role="status" className="quiet">
        {done === undefined ? (
          `Whoever asks for the prompt by this label gets the text of variant ${letterOf(variant)} from then on. The model is not part of it.`
        ) : (
          <>
            {done.label} is at <code>{done.version}</code>
            {done.previous !== null && done.previous !== done.version && (
              <>
                , before at <code>{done.previous}</code>
              </>
            )}
            .{' '}
            <Link to="/p/$project/prompts" params={{ project }}>
              See the prompts
            </Link>
          </>
        )}
      </p>
      {send.isError && <Failure what="The label was not moved" error={send.error} />}
    </form>
  )
}
