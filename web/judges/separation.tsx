import { NativeSelect } from '@mantine/core'
import { useState } from 'react'
import { SHOWN_AXES, type ShownAxis } from '../ui/axes.ts'
import { Failure, Skeleton } from '../ui/states.tsx'
import { useSeparation } from './judge-query.ts'

/** How well the pinned judge tells success from failure, where what really happened is known. */
export function Separation() {
  const [axis, setAxis] = useState<ShownAxis>('goal_completion')
  const report = useSeparation(axis)
  return (
    <section className="separation" aria-labelledby="separation">
      <h2 id="separation">Agreement with outcomes</h2>
      <div className="separation-line">
        <NativeSelect
          size="xs"
          aria-label="Axis"
          value={axis}
          onChange={event =>
            setAxis(SHOWN_AXES.find(one => one.axis === event.currentTarget.value)?.axis ?? 'goal_completion')
          }
          data={SHOWN_AXES.map(one => ({ value: one.axis, label: one.label }))}
        />
        {report.isPending && <Skeleton lines={1} />}
        {report.isError && (
          <Failure what="Couldn't measure it" error={report.error} onRetry={() => void report.refetch()} />
        )}
        {report.data && <Report report={report.data} />}
      </div>
    </section>
  )
}

type Report = NonNullable<ReturnType<typeof useSeparation>['data']>

function Report({ report }: { report: Report }) {
  const { separation, sessions_with_outcome, sessions_judged, judge_models } = report
  if (sessions_with_outcome === 0) return <p>No session came with a known outcome, so this cannot be measured here.</p>
  if (separation === null) {
    return (
      <p>
        Of {count(sessions_with_outcome)} sessions with a known outcome, {count(sessions_judged)} are judged under the
        pins; it takes a success and a failure among them.
      </p>
    )
  }
  const { auc, low, high, n, positives, negatives, tasks } = separation
  return (
    <div>
      <p>
        <strong>
          {auc.toFixed(2)} [{low.toFixed(2)}, {high.toFixed(2)}] n={count(n)}
        </strong>{' '}
        {low <= 0.5 && high >= 0.5 ? 'no difference from chance shown' : ''}
      </p>
      <p className="quiet">
        The probability that a success has the higher score than a failure: 0.5 is chance, 1 always. {count(positives)}{' '}
        successes, {count(negatives)} failures, {count(tasks)} tasks; the 95 % interval is over tasks.
        {judge_models.length > 1 && ` It mixes ${judge_models.join(', ')}.`}
      </p>
    </div>
  )
}

function count(n: number): string {
  return n.toLocaleString('en-US')
}
