import { type InfiniteData, type QueryClient, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useMemo, useRef, useState } from 'react'
import { walkPages } from '../ui/walk-pages.ts'
import { useThrottledChanges, waitForAnswer } from './follow.ts'

/** Where a page of a list is: behind or before a place that another page named, at a date, or at the list's beginning. */
export type ListPlace = { after: string } | { before: string } | { at: string } | object

interface ListPage<Row> {
  items: Row[]
  next: string | null
  previous: string | null
}

interface LiveList<Row, Page extends ListPage<Row>> {
  /** Of the list, however it is narrowed. */
  key: string[]
  /** What it is narrowed to: two lists of one name are the same. */
  name: string
  start: ListPlace
  fetchPage: (place: ListPlace, signal?: AbortSignal) => Promise<Page>
  /** Left out where it is not counted. */
  fetchCount?: ((signal: AbortSignal) => Promise<{ n: number; exact: boolean }>) | undefined
  keyOf: (row: Row) => string
  /** What changes when a row does, and how often it is followed at most. */
  topic: string
  followMs: number
  /** A row that goes on by itself is asked for alone once it has left the list, or was pushed off its page. */
  alone?: { goesOn: (row: Row) => boolean; fetchRow: (key: string) => Promise<Row> }
  /** Whether the rows are still there when the reader comes back to the page; nobody followed them meanwhile. */
  isKept?: boolean
  /** Whether no page is let go, because none leads back to those before it. */
  isWhole?: boolean
}

/** A page has 100 rows; so many pages are held, and those at the other end are let go. */
const PAGES_HELD = 20
const KEPT_MS = 300_000
/** The largest page that the server gives. */
const WALKED = '500'
/** So many rows at a time are asked for alone. */
const MOST_ALONE = 50

/** A list in pages in both directions, the count that comes after them, and what is new above. */
export function useLiveList<Row, Page extends ListPage<Row>>(options: LiveList<Row, Page>) {
  const { key, name, start, fetchPage, fetchCount, isKept = false, isWhole = false } = options
  const queries = useQueryClient()
  const pages = useInfiniteQuery({
    queryKey: [...key, 'list', name],
    queryFn: ({ pageParam, signal }) => fetchPage(pageParam, signal),
    initialPageParam: start,
    getNextPageParam: (page: Page): ListPlace | null => (page.next === null ? null : { after: page.next }),
    getPreviousPageParam: (page: Page): ListPlace | null => (page.previous === null ? null : { before: page.previous }),
    maxPages: isWhole ? 0 : PAGES_HELD,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: isKept ? KEPT_MS : 0,
    placeholderData: former => former,
  })
  const count = useQuery({
    queryKey: [...key, 'count', name],
    queryFn: ({ signal }) => fetchCount?.(signal) ?? null,
    // Behind the rows that it counts: a new count never stands over former rows.
    enabled: pages.isSuccess && !pages.isPlaceholderData && fetchCount !== undefined,
    placeholderData: former => former,
    staleTime: 0,
  })
  const showFresh = () => {
    void queries.resetQueries({ queryKey: [...key, 'list'] })
    void queries.invalidateQueries({ queryKey: [...key, 'count'] })
  }
  const { fresh, onSeen } = useFollowedPages(options, showFresh)
  const rows = useMemo(() => pages.data?.pages.flatMap(page => page.items) ?? [], [pages.data])
  const [shown, setShown] = useState(name)
  // The former rows stay until those of the new question are there.
  if (!pages.isPlaceholderData && shown !== name) setShown(name)
  return {
    rows,
    pages,
    /** The question of the address, and that which the rows answer. */
    asked: name,
    of: pages.isPlaceholderData ? shown : name,
    count: fetchCount === undefined ? undefined : (count.data ?? undefined),
    /** How many came above since the rows were loaded. */
    fresh,
    showFresh,
    /** Every row that matches, also those that are not held. */
    walkRows: (signal: AbortSignal) =>
      walkPages<Row, string>(async after => {
        const page = await fetchPage({ limit: WALKED, ...(after === null ? {} : { after }) }, signal)
        return { rows: page.items, next: page.next }
      }, options.keyOf),
    /** Told which rows are seen, so that those follow the server. */
    onSeen,
  }
}

/** Puts rows that are known anew into every list below the key where they stand already. */
export function replaceListRows<Row>(
  queries: QueryClient,
  key: string[],
  keyOf: (row: Row) => string,
  updates: ReadonlyMap<string, Row>,
): void {
  queries.setQueriesData<InfiniteData<ListPage<Row>, ListPlace>>(
    { queryKey: key },
    data =>
      data && {
        ...data,
        pages: data.pages.map(page => ({ ...page, items: page.items.map(row => updates.get(keyOf(row)) ?? row) })),
      },
  )
}

/**
 * Rows that are seen take over what changed in them, where they stand: nothing moves under a reader. What would stand above
 * them is counted; an empty list shows it at once.
 */
function useFollowedPages<Row, Page extends ListPage<Row>>(options: LiveList<Row, Page>, showFresh: () => void) {
  const { name } = options
  const queries = useQueryClient()
  const [fresh, setFresh] = useState({ of: '', n: 0 })
  const [seen] = useState({ rows: [0, 0] as [number, number] })
  const latest = useRef({ options, showFresh })
  latest.current = { options, showFresh }
  const follow = async () => {
    const { keyOf } = options
    const key = [...options.key, 'list', name]
    await waitForAnswer(queries, key)
    const data = queries.getQueryData<InfiniteData<Page, ListPlace>>(key)
    if (data === undefined) return
    const { updates, n } = await lookAgain(data, seen.rows, options)
    // A page that comes takes the others with it as they were when it was asked for.
    await waitForAnswer(queries, key)
    if (latest.current.options.name !== name) return
    const isEmpty = data.pages.every(page => page.items.length === 0)
    if (isEmpty && n !== null && n > 0) return latest.current.showFresh()
    if (n !== null) setFresh({ of: name, n })
    replaceListRows(queries, key, keyOf, updates)
  }
  useThrottledChanges([options.topic], options.followMs, () => void follow().catch(() => {}))
  const onSeen = useCallback(
    (from: number, to: number) => {
      seen.rows = [from, to]
    },
    [seen],
  )
  return { fresh: fresh.of === name ? fresh.n : 0, onSeen }
}

/** Asks again for the pages that are seen and for the first, and says how many rows came before it; null away from it. */
async function lookAgain<Row, Page extends ListPage<Row>>(
  { pages, pageParams }: InfiniteData<Page, ListPlace>,
  [from, to]: [number, number],
  { fetchPage, keyOf, alone }: LiveList<Row, Page>,
): Promise<{ updates: Map<string, Row>; n: number | null }> {
  const held = new Set(pages.flatMap(page => page.items.map(keyOf)))
  const updates = new Map<string, Row>()
  const seen: Row[] = []
  let n: number | null = null
  let first = 0
  for (const [index, page] of pages.entries()) {
    const isSeen = first <= to && first + page.items.length >= from
    seen.push(...page.items.slice(Math.max(0, from - first), Math.max(0, to - first + 1)))
    first += page.items.length
    const place = pageParams[index]
    // The first page is looked at whatever is seen: that is where the new ones are.
    const isHead = index === 0 && page.previous === null
    if (place === undefined || !(isSeen || isHead)) continue
    const now = await fetchPage(isHead ? {} : place)
    for (const row of now.items) updates.set(keyOf(row), row)
    if (isHead) n = countAbove(now.items.map(keyOf), held)
  }
  const left = alone === undefined ? [] : seen.filter(row => alone.goesOn(row) && !updates.has(keyOf(row)))
  for (const row of left.slice(0, MOST_ALONE)) {
    const now = await alone?.fetchRow(keyOf(row))
    if (now !== undefined) updates.set(keyOf(row), now)
  }
  return { updates, n }
}

/** Rows that are not held and stand before the last that is; all of them where none is. */
function countAbove(now: string[], held: Set<string>): number {
  const last = now.findLastIndex(key => held.has(key))
  return now.slice(0, last < 0 ? now.length : last).filter(key => !held.has(key)).length
}
