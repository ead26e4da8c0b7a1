import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type Client, type RunRequest, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { formatCount, formatDollars } from '../ui/numbers.ts'
import { Failure } from '../ui/states.tsx'
import type { SessionRow } from './list-query.ts'

/** A run takes so many named sessions. */
const MOST_JUDGED = 1_000

/** What can be done with the sessions that are selected. */
export function SelectionBar(props: { rows: SessionRow[]; selected: Set<string>; onClear: () => void }) {
  const { rows, selected, onClear } = props
  const { client } = useProject()
  const chosen = rows.filter(row => selected.has(row.session_id))
  const pinned = chosen.length > 0 && chosen.every(row => row.pinned)
  const pin = useMutation({
    mutationFn: async () => {
      for (const session_id of selected) {
        await readAnswer(client.api.sessions.$post({ query: {}, json: { session_id, pinned: !pinned } }))
      }
    },
  })
  return (
    <div className="selection-bar" role="toolbar" aria-label="Selected sessions">
      <strong>{selected.size.toLocaleString('en-US')} selected</strong>
      <JudgeButton ids={[...selected]} />
      <Button onClick={() => pin.mutate()} loading={pin.isPending}>
        {pinned ? 'Unpin' : 'Pin'}
      </Button>
      <Button variant="subtle" onClick={onClear}>
        Clear selection
      </Button>
      {pin.isError && <Failure what="Not all were pinned" error={pin.error} onRetry={() => pin.mutate()} />}
    </div>
  )
}

/** Says what it would take before it is pressed. It judges as the newest run did; other judges are chosen with a run. */
function JudgeButton({ ids }: { ids: string[] }) {
  const { project, client } = useProject()
  const judge = useQuery({ queryKey: [project, 'runs', 'last judge'], queryFn: () => findLastJudge(client) })
  const request: RunRequest = { scope: 'sessions', session_ids: ids, ...judge.data }
  const estimate = useQuery({
    queryKey: [project, 'runs', 'estimate', request],
    queryFn: ({ signal }) => readAnswer(client.api.eval.estimate.$post({ json: request }, { init: { signal } })),
    enabled: judge.isSuccess && ids.length <= MOST_JUDGED,
  })
  const start = useMutation({ mutationFn: () => readAnswer(client.api.eval.run.$post({ json: request })) })
  if (start.isSuccess) {
    return (
      <span role="status">
        Judging {ids.length}.{' '}
        <Link to="/p/$project/runs" params={{ project }}>
          See the run
        </Link>
      </span>
    )
  }
  const many = ids.length > MOST_JUDGED
  return (
    <>
      <Button
        variant="filled"
        disabled={!judge.isSuccess || many}
        title={many ? `At most ${formatCount(MOST_JUDGED)} at a time` : `With ${judge.data?.model ?? 'the baseline'}`}
        onClick={() => start.mutate()}
        loading={start.isPending}
      >
        Judge {ids.length}
        {estimate.data &&
          ` · ≈ ${formatCount(estimate.data.calls)} calls · ${estimate.data.cost_usd === null ? 'no price' : `≈ ${formatDollars(estimate.data.cost_usd)}`}`}
      </Button>
      {start.isError && <Failure what="Judging did not start" error={start.error} onRetry={() => start.mutate()} />}
    </>
  )
}

/** The backend and model of the newest run; the baseline before there is one. */
async function findLastJudge(client: Client): Promise<{ backend: string; model?: string }> {
  const [last] = await readAnswer(client.api.eval.runs.$get({ query: { limit: '1', sessions: 'none' } }))
  return last === undefined || last.backend === 'baseline'
    ? { backend: 'baseline' }
    : { backend: last.backend, model: last.judge_model }
}
