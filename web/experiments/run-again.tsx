import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { Failure } from '../ui/states.tsx'
import { useOnce } from '../ui/use-once.ts'
import type { ShownRun } from './experiment-query.ts'

/**
 * The same configuration once more, as a run by itself: it changes nothing in the ranking. What was answered is known and not
 * paid for again; what failed is asked anew.
 */
export function RunAgain({ run }: { run: ShownRun }) {
  const { project, client } = useProject()
  const navigate = useNavigate()
  const once = useOnce()
  const again = useMutation({
    mutationFn: () =>
      readAnswer(client.api.runs.$post({ json: { experiment_id: run.experiment_id, config: run.config } })),
    onSuccess: made =>
      void navigate({
        to: '/p/$project/experiments/$id/runs/$run',
        params: { project, id: made.experiment_id, run: made.id },
      }),
  })
  if (run.status !== 'completed' && run.status !== 'failed') return null
  return (
    <>
      <button
        type="button"
        className="tool-button"
        disabled={again.isPending}
        title="As a run by itself, which does not change the ranking; known answers cost nothing"
        onClick={() => once(onSettled => again.mutate(undefined, { onSettled }))}
      >
        Run it again
      </button>
      {again.isError && <Failure what="It was not run again" error={again.error} />}
    </>
  )
}
