import * as Plot from '@observablehq/plot'
import { useRouter } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useProject } from '../shell/api.ts'
import { CATEGORY_WORDS } from './correction-words.ts'
import { CATEGORIES, type CorrectionsSearch } from './corrections-search.ts'

interface Point {
  week: string
  category: string
  n: number
  /** Where the decisions that it counts are listed. */
  search: CorrectionsSearch
}

const ROW = 44
/** A label of a week needs so many pixels. */
const LABEL = 56

/** A row of bars for each category, all on one scale. */
export function WeekChart({ points, weeks }: { points: Point[]; weeks: string[] }) {
  const place = useRef<HTMLDivElement>(null)
  const width = useWidth(place)
  const { project } = useProject()
  const router = useRouter()
  useEffect(() => {
    if (place.current === null || width === 0) return
    const every = Math.max(1, Math.ceil((weeks.length * LABEL) / Math.max(LABEL, width - 96)))
    const named = points.flatMap(({ search, ...point }) => {
      if (point.n === 0) return []
      const to = { to: '/p/$project/corrections', params: { project }, search: searchList(search) } as const
      return [{ ...point, href: router.buildLocation(to).href }]
    })
    const figure = Plot.plot({
      width,
      height: CATEGORIES.length * ROW + 40,
      marginLeft: 88,
      marginRight: 4,
      marginBottom: 32,
      style: { background: 'none', color: 'var(--text)', fontSize: '12px' },
      x: {
        type: 'band',
        domain: weeks,
        label: null,
        tickFormat: nameDay,
        ticks: weeks.filter((_, index) => index % every === 0),
      },
      y: { axis: null, domain: [0, 1.5 * Math.max(...points.map(point => point.n))] },
      fy: { label: null, domain: CATEGORIES.map(category => CATEGORY_WORDS[category]), padding: 0.15 },
      marks: [
        Plot.barY(named, {
          x: 'week',
          y: 'n',
          fy: 'category',
          href: 'href',
          fill: 'var(--axis)',
          insetLeft: 2,
          insetRight: 2,
        }),
        Plot.text(named, {
          x: 'week',
          y: 'n',
          fy: 'category',
          text: point => point.n.toLocaleString('en-US'),
          dy: -8,
          fill: 'currentColor',
        }),
        Plot.ruleY([0], { stroke: 'var(--control)' }),
        Plot.tip(
          points,
          Plot.pointerX({ x: 'week', y: 'n', fy: 'category', title: describePoint, fill: 'var(--raised)' }),
        ),
      ],
    })
    // Its parts have names that say nothing; the place has one that says what is in it.
    figure.setAttribute('aria-hidden', 'true')
    openByMouse(figure, href => router.history.push(href))
    place.current.replaceChildren(figure)
    return () => figure.remove()
  }, [points, weeks, width, project, router])
  return <div ref={place} className="chart-place" role="img" aria-label={summarise(points)} />
}

function searchList(search: CorrectionsSearch): CorrectionsSearch {
  return { tab: 'done', view: 'decisions', ...search }
}

/** A mouse opens what a bar counts; by keyboard the table does, where each number is a link and this is a picture. */
function openByMouse(figure: Element, open: (href: string) => void): void {
  for (const link of figure.querySelectorAll('a')) {
    const href = link.getAttribute('href')
    const bars = [...link.children]
    link.replaceWith(...bars)
    for (const bar of bars) {
      if (bar instanceof SVGElement) bar.style.cursor = 'pointer'
      if (href !== null) bar.addEventListener('click', () => open(href))
    }
  }
}

function useWidth(place: React.RefObject<HTMLDivElement | null>): number {
  const [width, setWidth] = useState(0)
  useEffect(() => {
    if (place.current === null) return
    const watch = new ResizeObserver(([entry]) => setWidth(Math.min(960, Math.floor(entry?.contentRect.width ?? 0))))
    watch.observe(place.current)
    return () => watch.disconnect()
  }, [place])
  return width
}

function nameDay(week: string): string {
  return new Date(week).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })
}

function describePoint({ category, week, n }: Point): string {
  return `${category}, week from ${nameDay(week)}: ${n.toLocaleString('en-US')}`
}

function summarise(points: Point[]): string {
  const totals = CATEGORIES.map(category => {
    const word = CATEGORY_WORDS[category]
    return `${word} ${points.filter(one => one.category === word).reduce((sum, one) => sum + one.n, 0)}`
  })
  return `Categories by week, in all: ${totals.join(', ')}. The table has every number.`
}
