import { useMutation, useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { type EvaluatedSession, readAnswer, type ShownTrial, type TrialRequest } from '#client.ts'
import { findFormerJudge } from '../runs/run-query.ts'
import { useProject } from '../shell/api.ts'

/** So many of the newest sessions are offered. */
const OFFERED = 20

/** What a trial can be made of: who judged last, the backends, the newest sessions. */
export function useTrialChoices() {
  const { project, client } = useProject()
  const former = useQuery({
    queryKey: [project, 'runs', 'former judge'],
    queryFn: () => findFormerJudge(client),
    staleTime: 0,
  })
  const backends = useQuery({
    queryKey: [project, 'backends'],
    queryFn: () => readAnswer(client.api.backends.$get()),
  })
  const sessions = useQuery({
    queryKey: [project, 'trial', 'sessions'],
    queryFn: ({ signal }) =>
      readAnswer(client.api.eval['session-page'].$get({ query: { limit: String(OFFERED) } }, { init: { signal } })),
    staleTime: 0,
  })
  return { former, backends, sessions }
}

/** What a trial would take; nothing is asked before it can be meant. */
export function useTrialEstimate(request: TrialRequest | null) {
  const { project, client } = useProject()
  return useQuery({
    queryKey: [project, 'trial', 'estimate', request],
    queryFn: ({ signal }) =>
      request === null ? null : readAnswer(client.api.eval.try.preview.$post({ json: request }, { init: { signal } })),
    enabled: request !== null,
    staleTime: 10_000,
  })
}

/** What is asked for, and how many calls that takes at most. */
export interface TrialAsked {
  request: TrialRequest
  calls: number
}

/** What came of a trial, and the session with its stored passes right after it. */
export interface TrialOutcome {
  said: ShownTrial
  session: EvaluatedSession
}

/** Tries a version. Whoever leaves the page or stops it gives up its calls; an outcome stays until there is another. */
export function useTrial() {
  const { client } = useProject()
  const leash = useRef<AbortController>(undefined)
  const [outcome, setOutcome] = useState<TrialOutcome>()
  const trial = useMutation({
    mutationFn: async ({ request }: TrialAsked): Promise<TrialOutcome> => {
      const controller = new AbortController()
      leash.current = controller
      const { signal } = controller
      const said = await readAnswer(client.api.eval.try.$post({ json: request }, { init: { signal } }))
      const param = { session_id: encodeURIComponent(said.session_id) }
      const stored = client.api.eval.sessions[':session_id']
      return { said, session: await readAnswer(stored.$get({ param }, { init: { signal } })) }
    },
    onSuccess: setOutcome,
  })
  useEffect(() => () => leash.current?.abort(), [])
  return { trial, outcome, stop: () => leash.current?.abort() }
}
