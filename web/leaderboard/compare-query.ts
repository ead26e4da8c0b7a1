import { useInfiniteQuery } from '@tanstack/react-query'
import { readAnswer, type ShownComparison } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useFollowing } from '../shell/follow.ts'
import { walkPages } from '../ui/walk-pages.ts'
import type { CompareSearch } from './board-search.ts'

export type ComparedCase = ShownComparison['cases'][number]
export type ComparedRun = ComparedCase['a']['runs'][number]

type Place = { after: string } | { before: string } | object

/** Cases of a page; each brings the answers of both variants in full. */
const PAGE = 20
/** The largest page that the server gives. */
const WALKED = 100
/** So many pages are held; those at the other end are let go. */
const PAGES_HELD = 10
const FOLLOW_MS = 10_000

/** Two variants case by case, the largest loss first. Asks nothing before it is known which. */
export function useComparison(id: string, pair: { a: number; b: number } | null, search: CompareSearch) {
  const { project, client } = useProject()
  const { show = 'all', split } = search
  useFollowing([project, 'experiment', id, 'compare'], ['experiments'], FOLLOW_MS)
  const fetchPage = (place: Place, limit: number, signal: AbortSignal) =>
    readAnswer(
      client.api.experiments[':id'].compare.$get(
        {
          param: { id: encodeURIComponent(id) },
          query: {
            ...{ a: String(pair?.a), b: String(pair?.b), filter: show, limit: String(limit) },
            ...(split === undefined ? {} : { split }),
            ...place,
          },
        },
        { init: { signal } },
      ),
    )
  /** Every case that matches, also those that are not shown yet. */
  const walkRows = (signal: AbortSignal) =>
    walkPages<ComparedCase, string>(
      async after => {
        const { cases, next } = await fetchPage(after === null ? {} : { after }, WALKED, signal)
        return { rows: cases, next }
      },
      one => one.case_id,
    )
  const pages = useInfiniteQuery({
    queryKey: [project, 'experiment', id, 'compare', pair?.a ?? 0, pair?.b ?? 0, show, split ?? ''],
    queryFn: ({ pageParam, signal }) => fetchPage(pageParam, PAGE, signal),
    initialPageParam: {} as Place,
    getNextPageParam: (page: ShownComparison): Place | null => (page.next === null ? null : { after: page.next }),
    getPreviousPageParam: (page: ShownComparison): Place | null =>
      page.previous === null ? null : { before: page.previous },
    maxPages: PAGES_HELD,
    enabled: pair !== null,
    placeholderData: former => former,
    staleTime: 0,
  })
  return { pages, walkRows }
}
