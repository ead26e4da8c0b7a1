import { Link } from '@tanstack/react-router'
import type { ReviewThroughput } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { offerFile, writeCsv } from '../ui/csv.ts'
import { CsvButton } from '../ui/csv-button.tsx'
import { formatDuration } from '../ui/numbers.ts'
import { Empty } from '../ui/states.tsx'
import { nameAction } from './correction-words.ts'
import type { CorrectionsSearch, DecisionsSearch } from './corrections-search.ts'
import { explainNoInterval, type ReviewerSum, sumReviewers } from './reviewer-sums.ts'

const HEADER = [
  ...['reviewer', 'last_7_days', 'last_13_weeks', 'corrected', 'discarded', 'flagged'],
  ...['mean_ms', 'low_ms', 'high_ms', 'timed'],
]

/** What each reviewer decided, and in what time; each number leads to the decisions that it counts. */
export function ReviewerTable({ throughput }: { throughput: ReviewThroughput }) {
  const sums = sumReviewers(throughput)
  const { since, week_since } = throughput.days
  return (
    <section aria-labelledby="reviewers">
      <div className="section-head">
        <h2 id="reviewers">Reviewers</h2>
        <span className="quiet">decisions of the last 13 weeks, those that were taken back too; days are UTC's</span>
        <CsvButton rows={sums.length} onPress={() => offerReviewers(sums)} />
      </div>
      {sums.length === 0 ? (
        <Empty>Nobody has decided anything in the last 13 weeks.</Empty>
      ) : (
        <table className="plain-table cards">
          <thead>
            <tr>
              <th scope="col">Reviewer</th>
              {['7 days', '13 weeks', 'Corrected', 'Discarded', 'Flagged', 'Time per decision'].map(title => (
                <th key={title} scope="col" className="end">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sums.map(({ reviewer, lately, all, correct, discard, flag, time }) => (
              <tr key={reviewer}>
                <th scope="row">{reviewer}</th>
                <td data-label="7 days" className="end">
                  <DecisionCount n={lately} of={{ reviewer, since: week_since }} />
                </td>
                <td data-label="13 weeks" className="end">
                  <DecisionCount n={all} of={{ reviewer, since }} />
                </td>
                <td data-label="Corrected" className="end">
                  <DecisionCount n={correct} of={{ reviewer, since, action: 'correct' }} />
                </td>
                <td data-label="Discarded" className="end">
                  <DecisionCount n={discard} of={{ reviewer, since, action: 'discard' }} />
                </td>
                <td data-label="Flagged" className="end">
                  <DecisionCount n={flag} of={{ reviewer, since, action: 'flag' }} />
                </td>
                <td data-label="Time per decision" className="end">
                  {time === null ? <span className="quiet">not timed</span> : <MeanTime time={time} since={since} />}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

interface CountProps {
  n: number
  of: DecisionsSearch & Pick<CorrectionsSearch, 'failure_category'>
  /** What is read out after the number; by itself what it is narrowed by. */
  words?: string
  prefix?: string
}

/** A number of decisions that leads to their list. */
export function DecisionCount({ n, of, words, prefix = '' }: CountProps) {
  const { project } = useProject()
  const about =
    words ?? `decisions of ${of.reviewer ?? ''}${of.action === undefined ? '' : `: ${nameAction(of.action)}`}`
  return (
    <Link to="/p/$project/corrections" params={{ project }} search={{ tab: 'done', view: 'decisions', ...of }}>
      {prefix}
      {n.toLocaleString('en-US')}
      <span className="unseen"> {about}</span>
    </Link>
  )
}

function MeanTime({ time, since }: { time: NonNullable<ReviewerSum['time']>; since: string }) {
  const { reviewer, n, mean_ms, low_ms, high_ms } = time
  const trouble = explainNoInterval(time)
  return (
    <>
      {formatDuration(mean_ms)}{' '}
      {low_ms !== null && high_ms !== null && `[${formatDuration(low_ms)}, ${formatDuration(high_ms)}] `}
      <span className="quiet">
        <DecisionCount
          n={n}
          prefix="n="
          of={{ reviewer, since, timed: '1' }}
          words={`timed decisions of ${reviewer}`}
        />
        {trouble !== '' && `, ${trouble}`}
      </span>
    </>
  )
}

function offerReviewers(sums: ReviewerSum[]): void {
  const lines = sums.map(one => [
    ...[one.reviewer, one.lately, one.all, one.correct, one.discard, one.flag],
    ...[one.time?.mean_ms ?? null, one.time?.low_ms ?? null, one.time?.high_ms ?? null, one.time?.n ?? 0],
  ])
  offerFile('reviewers.csv', writeCsv(HEADER, lines))
}
