import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type Client, Refusal, readAnswer } from '#client.ts'
import { ProgressBar } from '../runs/progress-bar.tsx'
import { describeCounts } from '../runs/run-words.ts'
import { clientOf, useProject } from '../shell/api.ts'
import { useFollowing } from '../shell/follow.ts'
import { Failure } from '../ui/states.tsx'
import { useOnce } from '../ui/use-once.ts'

/** Where the samples go when a project has sessions of its own: they must not mix. */
const DEMO_PROJECT = 'demo'
const FOLLOW_MS = 500

/** Brings in the sample sessions and has them judged without a model. */
export function DemoCard() {
  const { project, client } = useProject()
  const load = useMutation({ mutationFn: () => loadDemo(client, project) })
  const once = useOnce()
  const begin = () => once(onSettled => load.mutate(undefined, { onSettled }))
  return (
    <section className="start-card" aria-labelledby="start-demo">
      <h2 id="start-demo">Load demo</h2>
      <p>
        Sample sessions of several agents over eight weeks, with ratings, judged by the baseline, which needs no model
        and is pinned for it.
      </p>
      {load.data === undefined ? (
        <Button variant="filled" loading={load.isPending} onClick={begin}>
          Load demo
        </Button>
      ) : (
        <DemoProgress {...load.data} />
      )}
      {load.isError && <Failure what="The demo was not loaded" error={load.error} onRetry={begin} />}
    </section>
  )
}

interface Loaded {
  place: string
  sessions: number
  run_id: string
}

function DemoProgress({ place, sessions, run_id }: Loaded) {
  const { project } = useProject()
  const client = clientOf(place)
  useFollowing(['demo run', run_id], ['runs', 'sessions'], FOLLOW_MS)
  const run = useQuery({
    queryKey: ['demo run', run_id],
    queryFn: () =>
      readAnswer(
        client.api.eval.run[':run_id'].$get({
          param: { run_id: encodeURIComponent(run_id) },
          query: { sessions: 'none' },
        }),
      ),
    // Events are those of the project in the address.
    refetchInterval: query => (query.state.data?.state === 'running' && place !== project ? 1_000 : false),
  })
  return (
    <>
      <p role="status">
        {sessions} sessions{place === project ? '' : ` in the project ${place}`}
        {run.data === undefined ? '.' : `: ${describeCounts(run.data.counts)}.`}
      </p>
      {run.data && <ProgressBar counts={run.data.counts} />}
      {run.isError && (
        <Failure what="Couldn't follow the judging" error={run.error} onRetry={() => void run.refetch()} />
      )}
      <p>
        <Link to="/p/$project/sessions" params={{ project: place }}>
          See the sessions
        </Link>
      </p>
    </>
  )
}

/** The sessions, their judging, and the answers that users disliked before the reviewers, as on the command line. */
async function loadDemo(client: Client, project: string): Promise<Loaded> {
  const rows = await readAnswer(client.api.eval.sessions.$get({ query: { limit: '500' } }))
  const isOwn = rows.some(row => !row.session_id.startsWith('demo-'))
  const place = isOwn ? DEMO_PROJECT : project
  const target = isOwn ? clientOf(DEMO_PROJECT) : client
  if (isOwn) {
    await readAnswer(client.api.projects.$post({ json: { name: DEMO_PROJECT } })).catch((error: unknown) => {
      if (!(error instanceof Refusal && error.status === 409)) throw error
    })
  }
  const { sessions, disliked } = await readAnswer(target.api.sessions.samples.$post())
  await readAnswer(target.api.eval.pins.$put({ json: { panel: 'baseline' } }))
  const { run_id } = await readAnswer(target.api.eval.run.$post({ json: { backend: 'baseline' } }))
  for (const json of disliked) await readAnswer(target.api.corrections.candidates.$post({ json }))
  return { place, sessions, run_id }
}
