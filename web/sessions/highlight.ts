import { type RefObject, useEffect, useRef } from 'react'
import type { Search } from './find-bar.tsx'
import { nameBlock } from './views.ts'

/** The places of one block that are marked at most. */
const MOST = 200

/**
 * Marks what was found wherever it is in the page, without changing the page: the browser's own highlights. Rows and longer texts
 * come and go, so it looks again whenever something in the list has changed. The place that was stepped to is brought into sight
 * once.
 */
export function useHighlights(list: RefObject<HTMLElement | null>, search: Search | null): void {
  const brought = useRef<Search | null>(null)
  useEffect(() => {
    const root = list.current
    if (!('highlights' in CSS) || root === null || search === null || search.text === '') return
    let frame = 0
    const look = () => {
      frame = 0
      const here = mark(root, search)
      if (here === null || brought.current === search) return
      brought.current = search
      bringIntoSight(root.closest('.transcript-scroller'), here)
    }
    const lookSoon = () => {
      if (frame === 0) frame = requestAnimationFrame(look)
    }
    const observer = new MutationObserver(lookSoon)
    observer.observe(root, { subtree: true, childList: true, characterData: true })
    lookSoon()
    return () => {
      observer.disconnect()
      cancelAnimationFrame(frame)
      CSS.highlights.delete('found')
      CSS.highlights.delete('found-here')
    }
  }, [list, search])
}

function bringIntoSight(scroller: Element | null, place: Range): void {
  if (scroller === null) return
  const [box, around] = [place.getBoundingClientRect(), scroller.getBoundingClientRect()]
  if (box.top < around.top + 20 || box.bottom > around.bottom - 20) {
    scroller.scrollBy({ top: box.top - around.top - around.height / 3 })
  }
}

/** @returns the place that was stepped to, if it is in the page. */
function mark(root: HTMLElement, search: Search): Range | null {
  const found = new Highlight()
  const here = new Highlight()
  const current = search.hits[search.nth]
  const place = current === undefined ? '' : nameBlock(current[0], current[1], current[2])
  const before =
    current === undefined
      ? -1
      : search.hits.slice(0, search.nth).filter(hit => nameBlock(hit[0], hit[1], hit[2]) === place).length
  for (const block of root.querySelectorAll<HTMLElement>('[data-block]')) {
    const ranges = findRanges(block, search.text)
    const isCurrent = block.dataset.block === place
    for (const [index, range] of ranges.entries()) (isCurrent && index === before ? here : found).add(range)
  }
  CSS.highlights.set('found', found)
  CSS.highlights.set('found-here', here)
  const [reached] = here
  return reached instanceof Range ? reached : null
}

function findRanges(block: HTMLElement, wanted: string): Range[] {
  const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT, node =>
    node.parentElement?.closest('button, .remark') ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
  )
  const nodes: { node: Node; from: number }[] = []
  let text = ''
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    nodes.push({ node, from: text.length })
    text += node.textContent ?? ''
  }
  const folded = text.toLowerCase()
  if (folded.length !== text.length) return []
  const needle = wanted.toLowerCase()
  const ranges: Range[] = []
  for (
    let at = folded.indexOf(needle);
    at >= 0 && ranges.length < MOST;
    at = folded.indexOf(needle, at + needle.length)
  ) {
    const range = document.createRange()
    const start = nodes.findLast(one => one.from <= at)
    const end = nodes.findLast(one => one.from < at + needle.length)
    if (start === undefined || end === undefined) continue
    range.setStart(start.node, at - start.from)
    range.setEnd(end.node, at + needle.length - end.from)
    ranges.push(range)
  }
  return ranges
}
