import type { ShownComparison } from '#client.ts'
import { letterOf } from '#experiments/variant-letter.ts'
import type { ComparedRun } from './compare-query.ts'
import { formatScore } from './score-numbers.ts'
import { colourOf } from './variant-name.tsx'

const WIDTH = 132
const ROW = 14
const EDGE = 18
/** Between the middles of dots that would lie on one another. */
const APART = 6

/** Each repeat of both variants as a dot between 0 and 1; a failed one as a cross. */
export function RepeatDots({ a, b, variants }: { a: ComparedRun[]; b: ComparedRun[]; variants: ShownComparison }) {
  const rows = [
    { runs: a, variant: variants.a },
    { runs: b, variant: variants.b },
  ]
  const words = rows.map(({ runs, variant }) => `${letterOf(variant.variant_no)} ${runs.map(describe).join(', ')}`)
  return (
    <svg width={WIDTH} height={2 * ROW} role="img" aria-label={`Repeats: ${words.join('; ')}`} className="repeat-dots">
      {rows.map(({ runs, variant }, row) => {
        const y = row * ROW + ROW / 2
        return (
          <g key={variant.variant_no} style={{ color: colourOf(variant.variant_no) }}>
            <text x={0} y={y + 4}>
              {letterOf(variant.variant_no)}
            </text>
            <path d={`M${EDGE} ${y}H${WIDTH - 6}`} className="rail" />
            {runs.map((run, index) => (
              <Dot key={run.run_id} x={placeDot(runs, index)} y={y} run={run} />
            ))}
          </g>
        )
      })}
    </svg>
  )
}

/** Repeats with the same score stand beside one another, away from the nearer end. */
function placeDot(runs: ComparedRun[], index: number): number {
  const score = runs[index]?.weighted ?? 0
  const before = runs.slice(0, index).filter(run => (run.weighted ?? 0) === score).length
  return EDGE + score * (WIDTH - 6 - EDGE) + (score > 0.5 ? -1 : 1) * before * APART
}

function Dot({ x, y, run }: { x: number; y: number; run: ComparedRun }) {
  if (run.status === 'failed') return <path d={`M${x - 4} ${y - 4}l8 8m0 -8l-8 8`} className="cross" />
  if (run.weighted === null) return <circle cx={x} cy={y} r={3} className="ring" />
  return <circle cx={x} cy={y} r={4} className="dot" />
}

function describe(run: ComparedRun): string {
  return run.status === 'failed' ? 'failed' : run.weighted === null ? 'no score' : formatScore(run.weighted)
}
