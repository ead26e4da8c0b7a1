import { Tooltip } from '@mantine/core'
import './axis-bars.css'
import { type AxisScores, describeScores, SHOWN_AXES } from './axes.ts'

const STEP = 14
const WIDTH = 8
const HEIGHT = 20
/** A score of 0 is a foot, so that it is not taken for nothing. */
const FOOT = 2

/** Seven bars, 0 to 100: complexity in grey behind a gap, a ring where an axis was not used, grey all over when stale. */
export function AxisBars({ scores, stale }: { scores: AxisScores | null; stale: boolean }) {
  if (scores === null) return <span className="axis-none">–</span>
  const words = describeScores(scores, stale)
  return (
    <Tooltip label={words} multiline w={240} openDelay={150}>
      <svg width={7 * STEP + 4} height={HEIGHT} role="img" aria-label={words} className="axis-bars">
        {SHOWN_AXES.map(({ axis }, index) => {
          const x = placeOf(index)
          const score = scores[axis]
          if (score === null) return <circle key={axis} cx={x + WIDTH / 2} cy={HEIGHT - 3} r={2.5} className="ring" />
          const height = Math.max(FOOT, (score / 100) * HEIGHT)
          const quiet = stale || index === 0
          return (
            <rect
              key={axis}
              x={x}
              y={HEIGHT - height}
              width={WIDTH}
              height={height}
              className={quiet ? 'quiet' : 'bar'}
            />
          )
        })}
        <path d={`M${STEP - 1} 0V${HEIGHT}`} className="gap" />
      </svg>
    </Tooltip>
  )
}

/** The letters over the bars. */
export function AxisLetters() {
  return (
    <span className="axis-letters">
      {SHOWN_AXES.map(({ letter, label }, index) => (
        <abbr key={letter} title={label} style={{ left: placeOf(index) }}>
          {letter}
        </abbr>
      ))}
    </span>
  )
}

function placeOf(index: number): number {
  return index * STEP + (index === 0 ? 0 : 4)
}
