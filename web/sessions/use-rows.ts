import { type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useReducer, useRef } from 'react'
import { createHeights, type RowHeights } from './row-heights.ts'

/** Chromium draws no element higher than 33,554,428 px; from half of that on the scroll bar is a scale. */
const HIGHEST = 16_000_000
/** Rows this far out of sight are in the page as well. */
const OVERSCAN = 500
const MARGIN = 8
const REST_MS = 150

export interface Rows {
  first: number
  last: number
  /** Of the element that holds all rows, and where in it the shown ones begin. */
  height: number
  top: number
  /** The row at the upper edge. */
  seen: number
  /** The rows that are seen, as parts of the whole: for a map of it. */
  view: { from: number; to: number }
  /** Brings a row to the upper edge, and keeps it there until somebody scrolls. */
  scrollTo: (row: number) => void
  isSeen: (row: number) => boolean
}

/**
 * Rows of any number and any heights, of which only those in sight are in the page. Heights are estimates until a row was
 * measured; what is looked at stays where it is when a row above turns out higher. `list` holds the shown rows, each with
 * `data-row-index`. It begins at the row `initial`, if that is not -1.
 */
export function useRows(
  estimates: ArrayLike<number>,
  scroller: RefObject<HTMLElement | null>,
  list: RefObject<HTMLElement | null>,
  initial: number,
): Rows {
  const [, draw] = useReducer((n: number) => n + 1, 0)
  const former = useRef<RowHeights | null>(null)
  // Rows that are added do not make the others forget how high they are.
  const heights = useMemo(() => {
    const known = former.current
    return createHeights(
      known === null
        ? estimates
        : Float64Array.from(estimates, (height, row) => (row < known.count ? known.get(row) : height)),
    )
  }, [estimates])
  former.current = heights
  // `top` is the place in the whole, `bar` what the scroll bar says; they differ where the bar is a scale.
  const at = useRef({
    top: initial > 0 && initial < heights.count ? heights.offsetOf(initial) - MARGIN : 0,
    bar: 0,
    pinned: initial > 0 && initial < heights.count ? initial : -1,
    viewport: 800,
    rest: undefined as ReturnType<typeof setTimeout> | undefined,
  })
  const place = at.current
  const total = heights.total()
  const height = Math.min(HIGHEST, total)
  const moveBar = useCallback(() => {
    const element = scroller.current
    if (element === null) return
    const whole = heights.total()
    const spacer = Math.min(HIGHEST, whole)
    if (list.current?.parentElement) list.current.parentElement.style.height = `${spacer}px`
    place.top = Math.max(0, Math.min(place.top, whole - place.viewport))
    const range = whole - place.viewport
    const bar = whole === spacer || range <= 0 ? place.top : (place.top / range) * (spacer - place.viewport)
    element.scrollTop = bar
    place.bar = element.scrollTop
  }, [heights, list, scroller, place])
  const measure = useCallback(() => {
    const element = list.current
    if (element === null) return
    const anchor = heights.rowAt(place.top)
    let above = 0
    let changed = false
    for (const row of element.children) {
      if (!(row instanceof HTMLElement) || row.dataset.rowIndex === undefined) continue
      const index = Number(row.dataset.rowIndex)
      const growth = heights.set(index, row.offsetHeight)
      changed ||= growth !== 0
      if (index < anchor) above += growth
    }
    if (!changed) return
    place.top = place.pinned >= 0 ? heights.offsetOf(place.pinned) - MARGIN : place.top + above
    moveBar()
    draw()
  }, [heights, list, moveBar, place])
  useLayoutEffect(measure)
  useEffect(() => {
    const [element, shown] = [scroller.current, list.current]
    if (element === null || shown === null) return
    place.viewport = element.clientHeight
    const onScroll = () => {
      const bar = element.scrollTop
      if (Math.abs(bar - place.bar) < 1) return
      place.pinned = -1
      const whole = heights.total()
      const spacer = Math.min(HIGHEST, whole)
      const moved = bar - place.bar
      const isEdge = bar <= 0 || bar >= spacer - place.viewport - 1
      if (whole === spacer) place.top = bar
      else if (!isEdge && Math.abs(moved) < 2 * place.viewport) place.top += moved
      else place.top = (bar / (spacer - place.viewport)) * (whole - place.viewport)
      place.bar = bar
      clearTimeout(place.rest)
      place.rest = setTimeout(() => {
        if (heights.total() <= HIGHEST) return
        moveBar()
        draw()
      }, REST_MS)
      draw()
    }
    const observer = new ResizeObserver(() => {
      place.viewport = element.clientHeight
      measure()
      draw()
    })
    observer.observe(element)
    observer.observe(shown)
    element.addEventListener('scroll', onScroll, { passive: true })
    draw()
    return () => {
      observer.disconnect()
      element.removeEventListener('scroll', onScroll)
      clearTimeout(place.rest)
    }
  }, [heights, list, scroller, measure, moveBar, place])
  const scrollTo = useCallback(
    (row: number) => {
      place.pinned = row
      place.top = heights.offsetOf(row) - MARGIN
      moveBar()
      draw()
    },
    [heights, moveBar, place],
  )
  const first = heights.rowAt(Math.max(0, place.top - OVERSCAN))
  const last = heights.rowAt(place.top + place.viewport + OVERSCAN)
  return {
    first,
    last,
    height,
    top: place.bar + heights.offsetOf(first) - place.top,
    seen: heights.rowAt(place.top + MARGIN),
    view: { from: place.top / Math.max(1, total), to: (place.top + place.viewport) / Math.max(1, total) },
    scrollTo,
    isSeen: row => {
      const [from, to] = [heights.offsetOf(row), heights.offsetOf(row + 1)]
      return to > place.top + MARGIN && from < place.top + place.viewport - 40 && heights.get(row) > 0
    },
  }
}
