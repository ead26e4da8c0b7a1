import { useMemo } from 'react'
import { type DecisionLines, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useLiveList } from '../shell/live-list.ts'
import { type CorrectionsSearch, toDecisionQuery } from './corrections-search.ts'

export type DecisionLine = DecisionLines['items'][number]

const FOLLOW_MS = 2_000

/** The decisions that the address names, the newest first, and their exact number. */
export function useDecisions(search: CorrectionsSearch) {
  const { project, client } = useProject()
  const name = JSON.stringify(toDecisionQuery(search))
  // biome-ignore lint/correctness/useExhaustiveDependencies: by what it says
  const query = useMemo(() => toDecisionQuery(search), [name])
  return useLiveList({
    ...{ key: [project, 'decisions'], name, start: {}, topic: 'corrections', followMs: FOLLOW_MS },
    fetchPage: (place: object, signal?: AbortSignal) => {
      const init = signal === undefined ? {} : { init: { signal } }
      return readAnswer(client.api.corrections['decision-page'].$get({ query: { ...query, ...place } }, init))
    },
    fetchCount: async signal => {
      const { total } = await readAnswer(client.api.corrections['decision-count'].$get({ query }, { init: { signal } }))
      return { n: total, exact: true }
    },
    keyOf: (row: DecisionLine) => row.place,
  })
}
