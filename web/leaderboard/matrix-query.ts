import { useInfiniteQuery } from '@tanstack/react-query'
import { readAnswer, type ShownMatrix } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useFollowing } from '../shell/follow.ts'
import { walkPages } from '../ui/walk-pages.ts'
import { listVariants, type MatrixSearch } from './board-search.ts'

export type MatrixRow = ShownMatrix['cases'][number]
export type MatrixCell = NonNullable<MatrixRow['cells'][number]>

type Place = { after: string } | { before: string }

/** So many cases are held at most; those at the other end are let go. */
const PAGE = 50
const PAGES_HELD = 40
/** Cases that a file asks for at a time. */
const WALKED = 200
/** Many pages, all of which are asked for again. */
const FOLLOW_MS = 4_000

/** The cases behind the address by at most four variants, in pages in both directions. */
export function useMatrix(id: string, search: MatrixSearch) {
  const { project, client } = useProject()
  const { v, split, show } = search
  useFollowing([project, 'experiment', id, 'matrix'], ['experiments'], FOLLOW_MS)
  const fetchPage = (place: Place, limit: number, signal: AbortSignal) =>
    readAnswer(
      client.api.experiments[':id'].matrix.$get(
        {
          param: { id: encodeURIComponent(id) },
          query: {
            ...{ most_variants: '4', texts: 'true', limit: String(limit) },
            ...(v === undefined ? {} : { variant: listVariants(v).map(String) }),
            ...(split === undefined ? {} : { split }),
            ...(show === undefined ? {} : { filter: show }),
            ...place,
          },
        },
        { init: { signal } },
      ),
    )
  /** Every case that matches, also those that are not held. */
  const walkRows = (signal: AbortSignal) =>
    walkPages<MatrixRow, number>(
      async after => {
        const { cases, next } = await fetchPage({ after: String(after ?? 0) }, WALKED, signal)
        return { rows: cases, next }
      },
      row => String(row.case_no),
    )
  const pages = useInfiniteQuery({
    queryKey: [project, 'experiment', id, 'matrix', v ?? '', split ?? '', show ?? ''],
    queryFn: ({ pageParam, signal }) => fetchPage(pageParam, PAGE, signal),
    initialPageParam: { after: '0' } as Place,
    getNextPageParam: (page: ShownMatrix): Place | null => (page.next === null ? null : { after: String(page.next) }),
    getPreviousPageParam: (page: ShownMatrix): Place | null =>
      page.previous === null ? null : { before: String(page.previous) },
    maxPages: PAGES_HELD,
    placeholderData: former => former,
    staleTime: 0,
  })
  return { pages, walkRows }
}
