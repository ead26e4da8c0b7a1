import { type AxisScores, SHOWN_AXES, type ShownAxis } from '../ui/axes.ts'
import { nameExpert, ShapePath } from './expert-shapes.tsx'
import type { Pass } from './pass-groups.ts'

const WIDTH = 160
const HEIGHT = 24
const INSET = 7

/**
 * Per axis a line from 0 to 100 with each expert's score and their mean, and the same in numbers. One session has no interval;
 * how far the experts lie apart stands in its place.
 */
export function AxisTable({ pass }: { pass: Pass }) {
  return (
    <table className="axis-table">
      <caption className="unseen">Scores of this pass, 0 to 100</caption>
      <thead>
        <tr>
          <th scope="col">Axis</th>
          <th scope="col">
            <span className="scale">
              <span>0</span>
              <span>100</span>
            </span>
          </th>
          <th scope="col">Mean</th>
          <th scope="col" title="The lowest and the highest score that an expert gave">
            Experts
          </th>
          <th scope="col" title={describeChange(pass)}>
            Δ
          </th>
        </tr>
      </thead>
      <tbody>
        {SHOWN_AXES.map(({ axis, label }) => (
          <tr key={axis} data-axis={axis}>
            <th scope="row">{label}</th>
            <td>
              <AxisLine pass={pass} axis={axis} label={label} />
            </td>
            <td className="number">{pass.average[axis] ?? <span className="quiet">–</span>}</td>
            <td className="number quiet">{describeRange(pass, axis)}</td>
            <td className="number" title={describeChange(pass)}>
              {showChange(pass.change[axis])}
            </td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <td colSpan={5} className="quiet">
            {describeChange(pass)}
          </td>
        </tr>
      </tfoot>
    </table>
  )
}

interface LineProps {
  pass: { experts: { expert_id: string; scores: AxisScores }[]; average: AxisScores }
  axis: ShownAxis
  label: string
}

/** An axis as a line from 0 to 100 with each expert's score and their mean. */
export function AxisLine({ pass, axis, label }: LineProps) {
  const scores = pass.experts.map((expert, index) => ({ expert: expert.expert_id, index, score: expert.scores[axis] }))
  const used = scores.filter(one => one.score !== null)
  const mean = pass.average[axis]
  if (mean === null) return <span className="quiet">○ not used</span>
  const words = `${label}: ${scores.map(one => `${nameExpert(one.expert)} ${one.score ?? 'not used'}`).join(', ')}, mean ${mean}`
  const place = (score: number) => INSET + (score / 100) * (WIDTH - 2 * INSET)
  const raise = spread(used.map(one => one.score ?? 0))
  return (
    <svg
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={words}
      className="axis-line"
    >
      <title>{words}</title>
      <path d={`M${INSET} 12H${WIDTH - INSET}M${INSET} 8v8M${WIDTH - INSET} 8v8`} className="scale-line" />
      <path d={`M${place(mean)} 3v18`} className="mean-tick" />
      {used.map(({ expert, index, score }, nth) => (
        <g key={expert} transform={`translate(${place(score ?? 0) - 5} ${7 + (raise[nth] ?? 0)}) scale(0.85)`}>
          <ShapePath expert={expert} index={index} />
        </g>
      ))}
    </svg>
  )
}

/** Scores that lie on one another stand above and below the line. */
function spread(scores: number[]): number[] {
  return scores.map((score, index) => {
    const near = scores.slice(0, index).filter(other => Math.abs(other - score) < 6).length
    return near === 0 ? 0 : near % 2 === 1 ? -6 : 6
  })
}

/** `40–70`; one number where all agree, nothing where one expert or none has a score. */
function describeRange(pass: Pass, axis: ShownAxis): string {
  const scores = pass.experts.flatMap(expert => expert.scores[axis] ?? [])
  const [low, high] = [Math.min(...scores), Math.max(...scores)]
  if (scores.length < 2) return ''
  return low === high ? `all ${low}` : `${low}–${high}`
}

/** A difference, always with its sign; nothing where there is none. Pure. */
export function showChange(change: number | null): string {
  if (change === null) return ''
  return change === 0 ? '±0' : change > 0 ? `+${change}` : `−${-change}`
}

function describeChange(pass: Pass): string {
  if (pass.comparable === null) return 'The first pass of this session.'
  return pass.comparable
    ? 'Δ: against the pass before, by the same judge.'
    : 'Δ: against the pass before, which another judge, rubric or model made.'
}
