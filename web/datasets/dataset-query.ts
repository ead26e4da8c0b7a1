import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { type Client, readAnswer, readRefusal, type ShownCaseRow } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { walkPages } from '../ui/walk-pages.ts'
import { type DatasetSearch, DEFAULT_SHARE } from './datasets-search.ts'

const PAGE = 100
/** The most cases that the server gives at a time. */
const MOST_ROWS = 200
/** Pages of cases that are held; those at the other end are let go. */
const PAGES_HELD = 20
const VERSIONS = 200
const DIFFERENCES = 20

/** Every dataset by name. */
export function useDatasets() {
  const { project, client } = useProject()
  return useQuery({
    queryKey: [project, 'datasets', 'list'],
    queryFn: () => readAnswer(client.api.datasets.$get()),
    staleTime: 0,
  })
}

/** The versions of a dataset, newest first, in pages. */
export function useDatasetVersions(name: string) {
  const { project, client } = useProject()
  const param = { name: encodeURIComponent(name) }
  return useInfiniteQuery({
    queryKey: [project, 'datasets', name, 'versions'],
    queryFn: ({ pageParam }) => {
      const query = { limit: String(VERSIONS), ...(pageParam === null ? {} : { before: String(pageParam) }) }
      return readAnswer(client.api.datasets[':name'].versions.$get({ param, query }))
    },
    initialPageParam: null as number | null,
    getNextPageParam: page => (page.length < VERSIONS ? null : (page.at(-1)?.version_no ?? null)),
    staleTime: 0,
  })
}

/** The cases of a version that a search and a split leave, in pages. */
export function useCaseRows(name: string, version: number, search: DatasetSearch) {
  const { project, client } = useProject()
  const param = { name: encodeURIComponent(name) }
  const choice = {
    version: String(version),
    ...splitQuery(search),
    ...(search.search === undefined ? {} : { search: search.search }),
  }
  const fetchPage = (limit: number, after: number, signal: AbortSignal) => {
    const query = { ...choice, limit: String(limit), after: String(after) }
    return readAnswer(client.api.datasets[':name']['case-rows'].$get({ param, query }, { init: { signal } }))
  }
  /** All of them, also those that are not held. */
  const walkRows = (signal: AbortSignal) =>
    walkPages<ShownCaseRow, number>(
      after => fetchPage(MOST_ROWS, after ?? 0, signal),
      row => row.case_id,
    )
  const pages = useInfiniteQuery({
    queryKey: [project, 'datasets', name, 'cases', choice],
    queryFn: async ({ pageParam, signal }) => {
      // A search looks at some thousand cases at a time, of which few may have the text, or none.
      const rows: ShownCaseRow[] = []
      let next: number | null = pageParam.at(-1) ?? 0
      while (next !== null && rows.length < PAGE) {
        const page = await fetchPage(PAGE - rows.length, next, signal)
        rows.push(...page.rows)
        next = page.next
      }
      return { rows, next }
    },
    // Behind which case each page begins, from the first to this one: the way back to those that were let go.
    initialPageParam: [0],
    getNextPageParam: (page, _pages, way) => (page.next === null ? null : [...way, page.next]),
    getPreviousPageParam: (_page, _pages, way) => (way.length === 1 ? null : way.slice(0, -1)),
    maxPages: PAGES_HELD,
    // A version never changes.
    staleTime: Number.POSITIVE_INFINITY,
  })
  return { pages, walkRows }
}

/** How the newest version of a dataset begins. */
export function useFirstCases(name: string) {
  const { project, client } = useProject()
  const param = { name: encodeURIComponent(name) }
  return useQuery({
    queryKey: [project, 'datasets', name, 'first cases'],
    queryFn: ({ signal }) =>
      readAnswer(
        client.api.datasets[':name']['case-rows'].$get({ param, query: { limit: '5' } }, { init: { signal } }),
      ),
  })
}

/** A case with its whole text. */
export function useCase(name: string, id: string) {
  const { project, client } = useProject()
  const param = { name: encodeURIComponent(name), case_id: id }
  return useQuery({
    queryKey: [project, 'datasets', name, 'case', id],
    queryFn: ({ signal }) =>
      readAnswer(client.api.datasets[':name'].cases[':case_id'].$get({ param }, { init: { signal } })),
  })
}

/** What changed from one version to another, in pages. */
export function useDifferences(name: string, from: string, to: number) {
  const { project, client } = useProject()
  const param = { name: encodeURIComponent(name) }
  return useInfiniteQuery({
    queryKey: [project, 'datasets', name, 'diff', from, to],
    queryFn: ({ pageParam, signal }) =>
      readAnswer(
        client.api.datasets[':name'].diff.$get(
          { param, query: { from, to: String(to), after: String(pageParam), limit: String(DIFFERENCES) } },
          { init: { signal } },
        ),
      ),
    initialPageParam: 0,
    getNextPageParam: page => page.next,
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** Asks for everything about datasets again. */
export function useRenewDatasets(): () => Promise<void> {
  const { project } = useProject()
  const queries = useQueryClient()
  return () => queries.invalidateQueries({ queryKey: [project, 'datasets'] })
}

/** The cases of a version as a file of JSONL, all of them or those of a split. */
export async function fetchExport(client: Client, name: string, version: number, search: DatasetSearch): Promise<Blob> {
  const response = await client.api.datasets[':name'].export.$get({
    param: { name: encodeURIComponent(name) },
    query: { version: String(version), ...splitQuery(search) },
  })
  if (!response.ok) throw await readRefusal(response)
  return response.blob()
}

function splitQuery({ split, share = DEFAULT_SHARE }: DatasetSearch) {
  return split === undefined ? {} : { split, test_share: String(Number(share) / 100) }
}
