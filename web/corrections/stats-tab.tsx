import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type CorrectionCounts, type ReviewThroughput, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useFollowing } from '../shell/follow.ts'
import { offerFile, writeCsv } from '../ui/csv.ts'
import { CsvButton } from '../ui/csv-button.tsx'
import { formatDay } from '../ui/days.ts'
import { countOf } from '../ui/numbers.ts'
import { Failure, Skeleton } from '../ui/states.tsx'
import { AgreementReport } from './agreement-report.tsx'
import { CategoryWeeks } from './category-weeks.tsx'
import { nameAge } from './correction-words.ts'
import { KindTables } from './kind-tables.tsx'
import { ReviewerTable } from './reviewer-table.tsx'
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
          <ReviewerTable throughput={throughput.data} />
          <CategoryWeeks throughput={throughput.data} />
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
          <Link to={to} params={{ project }} search={{ tab: 'done', ready: '1' }}>
            {figure(stats.export_ready)}
          </Link>
        </dd>
      </div>
    </dl>
  )
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
            : `median age ${countOf(median_age_days ?? 0, 'day')}; the oldest since ${oldest_day === null ? '' : formatDay(oldest_day)}`}
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
              <th scope="row">{nameAge(at_least_days)}</th>
              <td className="end">
                <Link
                  to="/p/$project/corrections"
                  params={{ project }}
                  search={at_least_days === 0 ? {} : { min_age_days: String(at_least_days) }}
                >
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
