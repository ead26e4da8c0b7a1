import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type CorrectionCounts, type ReviewThroughput, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useFollowing } from '../shell/follow.ts'
import { offerFile, writeCsv } from '../ui/csv.ts'
import { CsvButton } from '../ui/csv-button.tsx'
import { formatDuration } from '../ui/numbers.ts'
import { Empty, Failure, Skeleton } from '../ui/states.tsx'
import { AgreementReport } from './agreement-report.tsx'
import { CategoryWeeks } from './category-weeks.tsx'
import { countOf } from './correction-words.ts'
import { KindTables } from './kind-tables.tsx'
import { sumReviewers } from './reviewer-sums.ts'
import './stats.css'

const FOLLOW_MS = 5_000

/** How much was done, by whom and how fast; what waits, and for how long; how far reviewers agree. */
export function StatsTab() {
  const { project, client } = useProject()
  const stats = useQuery({
    queryKey: [project, 'correction stats', 'counts'],
    queryFn: ({ signal }) => readAnswer(client.api.corrections.stats.$get({}, { init: { signal } })),
    staleTime: 0,
  })
  const throughput = useQuery({
    queryKey: [project, 'correction stats', 'throughput'],
    queryFn: ({ signal }) => readAnswer(client.api.corrections.throughput.$get({ query: {} }, { init: { signal } })),
    staleTime: 0,
  })
  useFollowing([project, 'correction stats'], ['corrections'], FOLLOW_MS)
  useFollowing([project, 'candidate-kinds'], ['corrections'], FOLLOW_MS)
  const failed = [stats, throughput].find(one => one.isError)
  return (
    <div className="scrolled stats">
      {failed && <Failure what="Couldn't load statistics" error={failed.error} onRetry={() => void failed.refetch()} />}
      {(stats.isPending || throughput.isPending) && <Skeleton lines={10} />}
      {stats.data && <Counts stats={stats.data} />}
      {throughput.data && (
        <>
          <Reviewers rows={throughput.data.reviewers} />
          <CategoryWeeks weeks={throughput.data.categories} />
          <Ages waiting={throughput.data.waiting} />
        </>
      )}
      <KindTables />
      <AgreementReport />
    </div>
  )
}

function Counts({ stats }: { stats: CorrectionCounts }) {
  const { project } = useProject()
  const to = '/p/$project/corrections' as const
  const { by_status: by } = stats
  const figure = (n: number | undefined) => (n ?? 0).toLocaleString('en-US')
  return (
    <dl className="figures">
      <div>
        <dt>Waiting</dt>
        <dd>
          <Link to={to} params={{ project }}>
            {figure(by.needs_review)}
          </Link>
        </dd>
      </div>
      {(
        [
          ['approved', 'Corrected'],
          ['discarded', 'Discarded'],
          ['model_rejected', 'Flagged'],
        ] as const
      ).map(([status, word]) => (
        <div key={status}>
          <dt>{word}</dt>
          <dd>
            <Link to={to} params={{ project }} search={{ tab: 'done', status }}>
              {figure(by[status])}
            </Link>
          </dd>
        </div>
      ))}
      <div>
        <dt>Ready to export</dt>
        <dd>
          <Link to={to} params={{ project }} search={{ tab: 'exports' }}>
            {figure(stats.export_ready)}
          </Link>
        </dd>
      </div>
      <div>
        <dt>In all</dt>
        <dd>{figure(stats.total)}</dd>
      </div>
    </dl>
  )
}

function Reviewers({ rows }: { rows: ReviewThroughput['reviewers'] }) {
  const sums = sumReviewers(rows, Date.now())
  const header = ['reviewer', 'last_7_days', 'last_13_weeks', 'corrected', 'discarded', 'flagged', 'mean_ms', 'timed']
  return (
    <section aria-labelledby="reviewers">
      <div className="section-head">
        <h2 id="reviewers">Reviewers</h2>
        <span className="quiet">decisions of the last 13 weeks, those that were taken back too; days are UTC's</span>
        <CsvButton
          rows={sums.length}
          onPress={() =>
            offerFile(
              'reviewers.csv',
              writeCsv(
                header,
                sums.map(one => [
                  ...[one.reviewer, one.lately, one.all, one.correct, one.discard, one.flag, one.mean_ms, one.timed],
                ]),
              ),
            )
          }
        />
      </div>
      {sums.length === 0 ? (
        <Empty>Nobody has decided anything in the last 13 weeks.</Empty>
      ) : (
        <table className="plain-table cards">
          <thead>
            <tr>
              <th scope="col">Reviewer</th>
              <th scope="col" className="end">
                7 days
              </th>
              <th scope="col" className="end">
                13 weeks
              </th>
              <th scope="col" className="end">
                Corrected
              </th>
              <th scope="col" className="end">
                Discarded
              </th>
              <th scope="col" className="end">
                Flagged
              </th>
              <th scope="col" className="end">
                Time per decision
              </th>
            </tr>
          </thead>
          <tbody>
            {sums.map(one => (
              <tr key={one.reviewer}>
                <th scope="row">{one.reviewer}</th>
                <td data-label="7 days" className="end">
                  {countOf(one.lately, 'decision')}
                </td>
                <td data-label="13 weeks" className="end">
                  {one.all.toLocaleString('en-US')}
                </td>
                <td data-label="Corrected" className="end">
                  {one.correct.toLocaleString('en-US')}
                </td>
                <td data-label="Discarded" className="end">
                  {one.discard.toLocaleString('en-US')}
                </td>
                <td data-label="Flagged" className="end">
                  {one.flag.toLocaleString('en-US')}
                </td>
                <td data-label="Time per decision" className="end">
                  {one.mean_ms === null ? (
                    <span className="quiet">not timed</span>
                  ) : (
                    <>
                      {formatDuration(one.mean_ms)} <span className="quiet">n={one.timed.toLocaleString('en-US')}</span>
                    </>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

const AGES: { [days: number]: string } = {
  0: 'in all',
  1: 'a day or longer',
  7: 'a week or longer',
  30: '30 days or longer',
  90: '90 days or longer',
}

function Ages({ waiting }: { waiting: ReviewThroughput['waiting'] }) {
  const { project } = useProject()
  const { total, median_age_days, oldest_day, by_age } = waiting
  return (
    <section aria-labelledby="ages">
      <div className="section-head">
        <h2 id="ages">How long it waits</h2>
        <span className="quiet">
          {total === 0
            ? 'nothing waits'
            : `median age ${countOf(median_age_days ?? 0, 'day')}; the oldest since ${oldest_day ?? ''}`}
        </span>
        <CsvButton
          onPress={() =>
            offerFile(
              'waiting.csv',
              writeCsv(
                ['at_least_days', 'n'],
                by_age.map(one => [one.at_least_days, one.n]),
              ),
            )
          }
        />
      </div>
      <table className="plain-table bars">
        <caption className="unseen">Candidates that wait, by how long</caption>
        <tbody>
          {by_age.map(({ at_least_days, n }) => (
            <tr key={at_least_days}>
              <th scope="row">{AGES[at_least_days] ?? `${at_least_days} days or longer`}</th>
              <td className="end">
                <Link to="/p/$project/corrections" params={{ project }}>
                  {n.toLocaleString('en-US')}
                </Link>
              </td>
              <td className="bar-cell" aria-hidden="true">
                <span style={{ width: `${total === 0 ? 0 : (100 * n) / total}%` }} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
