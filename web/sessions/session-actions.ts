import { useMutation, useQuery } from '@tanstack/react-query'
import { type Client, type RunRequest, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { formatCount, formatDollars } from '../ui/numbers.ts'

/** A run, and a dataset, take so many named sessions at a time. */
export const MOST_NAMED = 1_000

/** Judges named sessions as the newest run did, and says before what that takes; other judges are chosen with a run. */
export function useJudging(ids: string[]) {
  const { project, client } = useProject()
  const judge = useQuery({ queryKey: [project, 'runs', 'last judge'], queryFn: () => findLastJudge(client) })
  const request: RunRequest = { scope: 'sessions', session_ids: ids, ...judge.data }
  const estimate = useQuery({
    queryKey: [project, 'runs', 'estimate', request],
    queryFn: ({ signal }) => readAnswer(client.api.eval.estimate.$post({ json: request }, { init: { signal } })),
    enabled: judge.isSuccess && ids.length <= MOST_NAMED,
  })
  const start = useMutation({ mutationFn: () => readAnswer(client.api.eval.run.$post({ json: request })) })
  const bill = estimate.data === undefined ? '' : ` · ${describeBill(estimate.data)}`
  return { start, ready: judge.isSuccess && ids.length <= MOST_NAMED, bill, model: judge.data?.model ?? 'the baseline' }
}

/** Puts sessions at the head of the list, or back into their places. */
export function usePinning(ids: string[], pinned: boolean) {
  const { client } = useProject()
  return useMutation({
    mutationFn: async () => {
      for (const session_id of ids) {
        await readAnswer(client.api.sessions.$post({ query: {}, json: { session_id, pinned } }))
      }
    },
  })
}

function describeBill({ calls, cost_usd }: { calls: number; cost_usd: number | null }): string {
  if (calls === 0) return 'no calls · free'
  return `≈ ${formatCount(calls)} calls · ${cost_usd === null ? 'no price' : `≈ ${formatDollars(cost_usd)}`}`
}

/** The backend and model of the newest run; the baseline before there is one. */
async function findLastJudge(client: Client): Promise<{ backend: string; model?: string }> {
  const [last] = await readAnswer(client.api.eval.runs.$get({ query: { limit: '1', sessions: 'none' } }))
  return last === undefined || last.backend === 'baseline'
    ? { backend: 'baseline' }
    : { backend: last.backend, model: last.judge_model }
}
