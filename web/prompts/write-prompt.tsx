import { Button, Textarea, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { Refusal, readAnswer, type ShownPrompt } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { Failure } from '../ui/states.tsx'
import { useRenewPrompts } from './prompt-query.ts'
import { digitsOf } from './prompts-search.ts'

/** Writes a prompt, or another version of one. The same text is the same version. */
export function WritePrompt({ of, onClose }: { of?: ShownPrompt; onClose: () => void }) {
  const { project, client } = useProject()
  const navigate = useNavigate()
  const renew = useRenewPrompts()
  const [name, setName] = useState(of?.name ?? '')
  const [system, setSystem] = useState(of?.system ?? '')
  const [user, setUser] = useState(of?.user ?? '')
  const save = useMutation({
    mutationFn: () =>
      readAnswer(
        client.api.prompts[':name'].versions.$post({
          param: { name: encodeURIComponent(name.trim()) },
          json: { user, system: system === '' ? null : system },
        }),
      ),
    onSuccess: async saved => {
      await renew()
      const params = { project, name: saved.name, v: digitsOf(saved.version) }
      await navigate({ to: '/p/$project/prompts/$name/$v', params })
    },
  })
  const refused = save.error instanceof Refusal ? save.error.fields : []
  const because = (field: string) => refused.find(one => one.path[0] === field)?.message
  const told = ['system', 'user', 'name'].some(field => because(field) !== undefined)
  const same = of !== undefined && user === of.user && system === (of.system ?? '')
  const ready = name.trim() !== '' && user !== '' && !same
  return (
    <form
      className="write-prompt"
      aria-label={of === undefined ? 'New prompt' : 'New version'}
      onSubmit={event => {
        event.preventDefault()
        if (ready) save.mutate()
      }}
    >
      {of === undefined && (
        <TextInput
          label="Name"
          autoFocus
          value={name}
          maxLength={512}
          error={because('name')}
          onChange={event => setName(event.currentTarget.value)}
        />
      )}
      <Textarea
        label="System message"
        description="A Liquid template; empty: none"
        autosize
        minRows={3}
        maxRows={20}
        value={system}
        error={because('system')}
        classNames={{ input: 'mono' }}
        onChange={event => setSystem(event.currentTarget.value)}
      />
      <Textarea
        label="User's message"
        description="A Liquid template, as in {{ question }}"
        autoFocus={of !== undefined}
        autosize
        minRows={4}
        maxRows={24}
        value={user}
        error={because('user')}
        classNames={{ input: 'mono' }}
        onChange={event => setUser(event.currentTarget.value)}
      />
      <div className="write-foot">
        <Button type="submit" variant="filled" disabled={!ready} loading={save.isPending}>
          {of === undefined ? 'Save the prompt' : 'Save as a new version'}
        </Button>
        <Button variant="subtle" onClick={onClose}>
          Close
        </Button>
        <span className="quiet" role="status">
          {same ? 'The same text as this version' : 'Labels stay where they are'}
        </span>
      </div>
      {save.isError && !told && <Failure what="It was not saved" error={save.error} />}
    </form>
  )
}
