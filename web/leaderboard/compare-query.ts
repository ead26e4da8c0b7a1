import { useInfiniteQuery } from '@tanstack/react-query'
import { readAnswer, type ShownComparison } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useFollowing } from './board-query.ts'
import type { CompareSearch } from './board-search.ts'

export type ComparedCase = ShownComparison['cases'][number]
export type ComparedRun = ComparedCase['a']['runs'][number]

/** Cases of a page; each brings the answers of both variants in full. */
const PAGE = 20
const FOLLOW_MS = 10_000

/** Two variants case by case, the largest loss first. Asks nothing before it is known which. */
export function useComparison(id: string, pair: { a: number; b: number } | null, search: CompareSearch) {
  const { project, client } = useProject()
  const { show = 'all', split } = search
  useFollowing([project, 'experiment', id, 'compare'], FOLLOW_MS)
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
              ...(pageParam === '' ? {} : { after: pageParam }),
            },
          },
          { init: { signal } },
        ),
      ),
    initialPageParam: '',
    getNextPageParam: (page: ShownComparison) => page.next,
    enabled: pair !== null,
    placeholderData: former => former,
    staleTime: 0,
  })
}
