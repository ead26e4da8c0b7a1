import type { ShownTrends } from '#client.ts'
import type { ShownAxis } from '../ui/axes.ts'

type Point = ShownTrends['points'][number]

/** A mean of a week, or the count of its sessions, at the week's place in the window. */
export interface LinePoint {
  index: number
  value: number
  /** Null where there is no interval: one session, or a count. */
  low: number | null
  high: number | null
  n: number
}

/** Weeks that follow each other under the same versions: what a line may join. */
export interface LineRun {
  points: LinePoint[]
}

export interface TrendLine {
  name: string
  /** Its place among the series, which is its colour. */
  place: number
  runs: LineRun[]
}

/** Where the versions change between two weeks with data. */
export interface VersionBreak {
  index: number
  what: string
  judge_version: string
  rubric_version: string
}

/** What a panel shows. */
export interface Figure {
  title: string
  lines: TrendLine[]
  breaks: VersionBreak[]
  /** Days on which the weeks start. */
  weeks: string[]
}

/** The lines of an axis, or with null those of the number of sessions. Missing weeks and other versions end a run. */
export function drawLines(data: ShownTrends, axis: ShownAxis | null): TrendLine[] {
  const places = new Map(data.weeks.map((week, index) => [week, index]))
  return data.series.map(({ name }, place) => {
    const runs: LineRun[] = []
    let former: { index: number; versions: string } | null = null
    for (const point of data.points) {
      const index = places.get(point.week_start)
      const value = point.series === name && index !== undefined ? readValue(point, axis) : null
      if (value === null || index === undefined) continue
      const versions = nameVersions(point)
      const follows = former?.index === index - 1 && (axis === null || former.versions === versions)
      if (!follows) runs.push({ points: [] })
      runs.at(-1)?.points.push({ index, ...value })
      former = { index, versions }
    }
    return { name, place, runs }
  })
}

/** Every change of judge or rubric in the window. */
export function findBreaks(data: ShownTrends): VersionBreak[] {
  const breaks: VersionBreak[] = []
  let former: Point | null = null
  for (const point of data.points) {
    if (former !== null && nameVersions(former) !== nameVersions(point)) {
      const parts = [
        ...(former.judge_version === point.judge_version ? [] : ['judge']),
        ...(former.rubric_version === point.rubric_version ? [] : ['rubric']),
      ]
      const { judge_version, rubric_version } = point
      breaks.push({
        index: data.weeks.indexOf(point.week_start),
        what: parts.join(' + '),
        judge_version,
        rubric_version,
      })
    }
    former = point
  }
  return breaks
}

/** A number of the figure as it is written: means with one decimal and their interval, counts whole. */
export function formatPoint(point: LinePoint, counts: boolean): string {
  if (counts) return point.value.toLocaleString('en-US')
  const mean = point.value.toFixed(1)
  if (!hasInterval(point)) return `${mean}, n=${point.n}, too few for an interval`
  return `${mean} [${point.low.toFixed(1)}, ${point.high.toFixed(1)}] n=${point.n.toLocaleString('en-US')}`
}

/** Whether its week has sessions enough for an interval: five. */
export function hasInterval(point: LinePoint): point is LinePoint & { low: number; high: number } {
  return point.n >= 5 && point.low !== null && point.high !== null
}

/** The figure in a sentence: per series its first and its last value, with intervals. */
export function describeFigure({ title, lines, breaks, weeks }: Figure, counts: boolean): string {
  const parts = lines.map(({ name, runs }) => {
    const points = runs.flatMap(run => run.points)
    const [first, last] = [points.at(0), points.at(-1)]
    const who = lines.length === 1 ? '' : `${name}: `
    if (first === undefined || last === undefined) return `${who}no values`
    const end = `${formatPoint(last, counts)} in the week of ${weeks[last.index]}`
    if (first === last) return `${who}${end}`
    return `${who}from ${formatPoint(first, counts)} in the week of ${weeks[first.index]} to ${end}, ${points.length} weeks`
  })
  const changes = breaks.map(({ index, what }) => `${what} changed in the week of ${weeks[index]}`)
  return [`${title}. ${parts.join('; ')}`, ...changes].join('; ')
}

function readValue(point: Point, axis: ShownAxis | null): Omit<LinePoint, 'index'> | null {
  if (axis === null) return { value: point.sample_count, low: null, high: null, n: point.sample_count }
  const interval = point.axis_intervals[axis]
  if (interval === null) return null
  return { value: interval.mean, low: interval.low, high: interval.high, n: interval.n }
}

function nameVersions({ judge_version, rubric_version }: Point): string {
  return `${judge_version} ${rubric_version}`
}
