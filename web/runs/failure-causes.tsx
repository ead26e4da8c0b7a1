import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type EvaluationRun, type RunFailures, readAnswer } from '#client.ts'
import { nameSession } from '../sessions/session-name.ts'
import { useProject } from '../shell/api.ts'
import { formatDollars } from '../ui/numbers.ts'
import { Failure } from '../ui/states.tsx'
import { useOnce } from '../ui/use-once.ts'
import './run-facts.css'

/** What went wrong, the most frequent cause first, each to be tried again by itself. */
export function FailureCauses({ causes: { causes, others }, run }: { causes: RunFailures; run: EvaluationRun }) {
  const { project } = useProject()
  return (
    <section className="run-causes" aria-labelledby="run-causes">
      <h2 id="run-causes">
        What failed{' '}
        <span className="quiet">
          {causes.length === 1 ? '1 cause' : `${causes.length} causes`}
          {run.state === 'running' && ', so far'}
        </span>
      </h2>
      <ul>
        {causes.map(cause => (
          <li key={`${cause.kind} ${cause.example.error}`}>
            <strong>{cause.n.toLocaleString('en-US')}</strong>
            <div>
              <p className="run-error">{cause.example.error}</p>
              <p className="quiet">
                {cause.kind !== null && `${cause.kind.replaceAll('_', ' ')} · `}for example{' '}
                <Link
                  to="/p/$project/sessions/$id"
                  params={{ project, id: cause.example.session_id }}
                  title={cause.example.session_id}
                >
                  {nameSession(cause.example) || 'no session'}
                </Link>
              </p>
            </div>
            {run.state !== 'running' && cause.session_ids.some(id => id !== '') && (
              <Again key={cause.n} ids={cause.session_ids} n={cause.n} run={run} />
            )}
          </li>
        ))}
      </ul>
      {others > 0 && <p className="quiet">{others.toLocaleString('en-US')} more failed for rarer causes.</p>}
      {run.state === 'running' && <p className="quiet">What failed can be run again when the run has ended.</p>}
    </section>
  )
}

/** Judges these again as the run did, with the same ceiling. */
function Again({ ids, n, run }: { ids: string[]; n: number; run: EvaluationRun }) {
  const { project, client } = useProject()
  const once = useOnce()
  const again = useMutation({
    mutationFn: () =>
      readAnswer(
        client.api.eval.run.$post({
          json: {
            ...{ scope: 'sessions' as const, session_ids: ids, backend: run.backend },
            ...(run.backend === 'baseline' ? {} : { model: run.judge_model }),
            ...(run.max_cost_usd === null ? {} : { max_cost_usd: run.max_cost_usd }),
          },
        }),
      ),
  })
  if (again.isSuccess) {
    return (
      <span role="status">
        Running again.{' '}
        <Link to="/p/$project/runs/$run" params={{ project, run: again.data.run_id }}>
          See the run
        </Link>
      </span>
    )
  }
  const what = n > ids.length ? `the first ${ids.length.toLocaleString('en-US')}` : `these ${ids.length}`
  const ceiling = run.max_cost_usd === null ? '' : ` and the ceiling of ${formatDollars(run.max_cost_usd)}`
  return (
    <div>
      <Button
        onClick={() => once(onSettled => again.mutate(undefined, { onSettled }))}
        loading={again.isPending}
        title={`With ${run.judge_model}${ceiling}`}
      >
        Run again {ids.length === 1 ? 'this one' : what}
      </Button>
      {again.isError && <Failure what="The run did not start" error={again.error} />}
    </div>
  )
}
