import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { readAnswer, type ShownExperiment } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { replaceListRows } from '../shell/live-list.ts'
import { Failure } from '../ui/states.tsx'
import { describeStopping } from './experiment-words.ts'

type Verb = 'pause' | 'resume' | 'stop'

/** Pauses, resumes or stops experiments; what is shown of them follows. */
export function useExperimentControl() {
  const { project, client } = useProject()
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ id, verb }: { id: string; verb: Verb }) =>
      readAnswer(client.api.experiments[':experiment_id'][verb].$post({ param: { experiment_id: id } })),
    onSuccess: experiment => {
      const updates = new Map([[experiment.id, experiment]])
      replaceListRows(queries, [project, 'experiments', 'list'], row => row.id, updates)
      queries.setQueryData([project, 'experiments', 'one', experiment.id], experiment)
    },
  })
}

export type ExperimentControl = ReturnType<typeof useExperimentControl>
/** What a button needs of it. */
export type ExperimentButton = Pick<ExperimentControl, 'mutate' | 'isPending'>

/** What can be done with an experiment as it stands: nothing once it is over. */
export function ExperimentButtons(props: {
  experiment: Pick<ShownExperiment, 'id' | 'name' | 'status'>
  control: ExperimentButton
  onStop: () => void
}) {
  const { experiment, control, onStop } = props
  const { id, name, status } = experiment
  if (status !== 'running' && status !== 'paused') return null
  const verb = status === 'running' ? 'pause' : 'resume'
  return (
    <>
      <button
        type="button"
        className="plain-button"
        aria-label={`${verb === 'pause' ? 'Pause' : 'Resume'} ${name}`}
        disabled={control.isPending}
        onClick={() => control.mutate({ id, verb })}
      >
        {verb === 'pause' ? 'Pause' : 'Resume'}
      </button>
      <button type="button" className="plain-button" aria-label={`Stop ${name}`} onClick={onStop}>
        Stop
      </button>
    </>
  )
}

/** Asks once, in its place, and says what stays. */
export function StopQuestion(props: { experiment: ShownExperiment; control: ExperimentControl; onClose: () => void }) {
  const { experiment, control, onClose } = props
  const place = useRef<HTMLFieldSetElement>(null)
  const former = useRef(document.activeElement)
  useEffect(() => {
    place.current?.querySelector('button')?.focus()
    const before = former.current
    return () => void (before instanceof HTMLElement && before.isConnected && before.focus())
  }, [])
  return (
    <fieldset
      ref={place}
      className="stop-question"
      aria-label={`Stop ${experiment.name}`}
      onKeyDown={event => event.key === 'Escape' && onClose()}
    >
      <span>{describeStopping(experiment)}</span>
      <Button
        className="danger"
        loading={control.isPending}
        onClick={() => control.mutate({ id: experiment.id, verb: 'stop' }, { onSuccess: onClose })}
      >
        Stop {experiment.name}
      </Button>
      <Button variant="subtle" onClick={onClose}>
        Go on
      </Button>
      {control.isError && <Failure what="It was not stopped" error={control.error} />}
    </fieldset>
  )
}
