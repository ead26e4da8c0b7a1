import { useInfiniteQuery } from '@tanstack/react-query'
import { readAnswer, type ShownComparison } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useFollowing } from '../shell/follow.ts'
import type { CompareSearch } from './board-search.ts'

export type ComparedCase = ShownComparison['cases'][number]
export type ComparedRun = ComparedCase['a']['runs'][number]

type Place = { after: string } | { before: string } | object

/** Cases of a page; each brings the answers of both variants in full. */
const PAGE = 20
/** So many pages are held; those at the other end are let go. */
const PAGES_HELD = 10
const FOLLOW_MS = 10_000

/** Two variants case by case, the largest loss first. Asks nothing before it is known which. */
export function useComparison(id: string, pair: { a: number; b: number } | null, search: CompareSearch) {
  const { project, client } = useProject()
  const { show = 'all', split } = search
  useFollowing([project, 'experiment', id, 'compare'], ['experiments'], FOLLOW_MS)
  return useInfiniteQuery({
    queryKey: [project, 'experiment', id, 'compare', pair?.a ?? 0, pair?.b ?? 0, show, split ?? ''],
    queryFn: ({ pageParam, signal }) =>
      readAnswer(
        client.api.experiments[':id'].compare.$get(
          {
            param: { id: encodeURIComponent(id) },
            query: {
              ...{ a: String(pair?.a), b: String(pair?.b), filter: show, limit: String(PAGE) },
              ...(split === undefined ? {} : { split }),
              ...pageParam,
            },
          },
          { init: { signal } },
        ),
      ),
    initialPageParam: {} as Place,
    getNextPageParam: (page: ShownComparison): Place | null => (page.next === null ? null : { after: page.next }),
    getPreviousPageParam: (page: ShownComparison): Place | null =>
      page.previous === null ? null : { before: page.previous },
    maxPages: PAGES_HELD,
    enabled: pair !== null,
    placeholderData: former => former,
    staleTime: 0,
  })
}
