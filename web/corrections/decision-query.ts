import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { type DecisionLines, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useFollowing } from '../shell/follow.ts'
import { type CorrectionsSearch, toDecisionQuery } from './corrections-search.ts'

export type DecisionLine = DecisionLines['items'][number]
type Place = { after?: string; before?: string }

const PAGES_HELD = 20
const FOLLOW_MS = 2_000

/**
 * The decisions that the address names, the newest first: pages in both directions and their exact number. Decisions are only
 * ever added, so what is new is the difference of two counts.
 */
export function useDecisions(search: CorrectionsSearch) {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const of = JSON.stringify(toDecisionQuery(search))
  // biome-ignore lint/correctness/useExhaustiveDependencies: by what it says
  const query = useMemo(() => toDecisionQuery(search), [of])
  const key = useMemo(() => [project, 'decisions', of], [project, of])
  const pages = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) =>
      readAnswer(
        client.api.corrections['decision-page'].$get({ query: { ...query, ...pageParam } }, { init: { signal } }),
      ),
    initialPageParam: {} as Place,
    getNextPageParam: (page: DecisionLines): Place | null => (page.next === null ? null : { after: page.next }),
    getPreviousPageParam: (page: DecisionLines): Place | null =>
      page.previous === null ? null : { before: page.previous },
    maxPages: PAGES_HELD,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
  const counted = useQuery({
    queryKey: [project, 'decision count', of],
    queryFn: ({ signal }) => readAnswer(client.api.corrections['decision-count'].$get({ query }, { init: { signal } })),
    staleTime: 0,
    gcTime: 0,
  })
  useFollowing([project, 'decision count'], ['corrections'], FOLLOW_MS)
  const total = counted.data?.total
  const [shown, setShown] = useState({ of: '', total: 0 })
  if (total !== undefined && shown.of !== of) setShown({ of, total })
  const reload = () => {
    setShown({ of, total: total ?? 0 })
    void queries.resetQueries({ queryKey: key })
  }
  const rows = useMemo(() => pages.data?.pages.flatMap(page => page.items) ?? [], [pages.data])
  const fresh = total === undefined || shown.of !== of ? 0 : Math.max(0, total - shown.total)
  return { of, rows, pages, total, fresh, reload }
}
