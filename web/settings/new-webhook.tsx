import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { CopyText } from '../ui/copy-text.tsx'
import { Failure } from '../ui/states.tsx'
import { useOnce } from '../ui/use-once.ts'
import { EVENTS } from './webhook-words.ts'

type EventName = (typeof EVENTS)[number]

/** Has an address told what happens from now on; its secret is shown this once. */
export function NewWebhook({ onMade }: { onMade: () => unknown }) {
  const { project, client } = useProject()
  const [url, setUrl] = useState('')
  const [events, setEvents] = useState<readonly EventName[]>(EVENTS)
  const [experiment, setExperiment] = useState('')
  const experiments = useQuery({
    queryKey: [project, 'experiments', 'newest'],
    queryFn: ({ signal }) => readAnswer(client.api.experiments.$get({ query: { limit: '100' } }, { init: { signal } })),
  })
  const once = useOnce()
  const make = useMutation({
    mutationFn: () => {
      const json = { url: url.trim(), events: [...events], ...(experiment === '' ? {} : { experiment_id: experiment }) }
      return readAnswer(client.api.webhooks.$post({ json }))
    },
    onSuccess: () => {
      setUrl('')
      onMade()
    },
    gcTime: 0,
  })
  const ready = url.trim() !== '' && events.length > 0
  return (
    <>
      <form
        className="settings-form"
        aria-label="New webhook"
        onSubmit={event => {
          event.preventDefault()
          if (ready) once(onSettled => make.mutate(undefined, { onSettled }))
        }}
      >
        <TextInput
          className="wide"
          label="Address"
          type="url"
          placeholder="https://example.com/hooks/whetstone"
          value={url}
          onChange={event => setUrl(event.currentTarget.value)}
        />
        <NativeSelect
          label="Of"
          value={experiment}
          onChange={event => setExperiment(event.currentTarget.value)}
          data={[
            { value: '', label: 'every experiment' },
            ...(experiments.data ?? []).map(one => ({ value: one.id, label: one.name })),
          ]}
        />
        <Button type="submit" variant="filled" disabled={!ready} loading={make.isPending}>
          Add
        </Button>
        <fieldset className="event-choices">
          <legend>Is told of</legend>
          {EVENTS.map(name => (
            <Checkbox
              key={name}
              size="xs"
              label={name}
              checked={events.includes(name)}
              onChange={() => setEvents(former => EVENTS.filter(one => former.includes(one) !== (one === name)))}
            />
          ))}
        </fieldset>
      </form>
      {make.isError && <Failure what="The webhook was not added" error={make.error} />}
      {make.isSuccess && (
        <div className="shown-once" role="status">
          <p>
            <strong>The secret that signs what is sent to it.</strong> It is shown this once. The receiver checks the
            header webhook-signature with it (Standard Webhooks 1.0).
          </p>
          <CopyText label="Secret" text={make.data.secret} />
          <button type="button" className="plain-button" onClick={() => make.reset()}>
            I have it
          </button>
        </div>
      )}
    </>
  )
}
