import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReviewerAgreement, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { offerFile, writeCsv } from '../ui/csv.ts'
import { CsvButton } from '../ui/csv-button.tsx'
import { countOf } from '../ui/numbers.ts'
import { Empty, Failure, Skeleton } from '../ui/states.tsx'

/** How far first and second reviewers agree, on what to do and on the category. */
export function AgreementReport() {
  const { project, client } = useProject()
  const report = useQuery({
    queryKey: [project, 'agreement'],
    queryFn: ({ signal }) => readAnswer(client.api.corrections.agreement.$get({ query: {} }, { init: { signal } })),
    staleTime: 30_000,
  })
  return (
    <section aria-labelledby="agreement">
      <div className="section-head">
        <h2 id="agreement">Agreement</h2>
        <span className="quiet">
          {report.data && `${countOf(report.data.candidates, 'candidate')} with a second opinion`}
        </span>
        <Link to="/p/$project/corrections" params={{ project }} search={{ tab: 'done', view: 'disputes' }}>
          Where they differ
        </Link>
        {report.data && report.data.candidates > 0 && <CsvButton onPress={() => offerAgreement(report.data)} />}
      </div>
      {report.isPending && <Skeleton lines={3} />}
      {report.isError && (
        <Failure what="Couldn't load the agreement" error={report.error} onRetry={() => void report.refetch()} />
      )}
      {report.data &&
        (report.data.candidates === 0 ? (
          <Empty>No candidate has a second opinion yet.</Empty>
        ) : (
          <Tables report={report.data} />
        ))}
    </section>
  )
}

/** Fewer candidates than this carry no interval that is worth showing. */
const FEW = 5

type Interval = ReviewerAgreement['action']['alpha']

function Tables({ report }: { report: ReviewerAgreement }) {
  const { action, category, candidates } = report
  return (
    <>
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">On</th>
            <th scope="col" className="end">
              Alike, %
            </th>
            <th scope="col" className="end">
              Krippendorff's α
            </th>
          </tr>
        </thead>
        <tbody>
          {(
            [
              ['what to do', action],
              ['the category', category],
            ] as const
          ).map(([on, { percent, alpha }]) => (
            <tr key={on}>
              <th scope="row">{on}</th>
              <td className="end">{formatInterval(percent, 0, candidates)}</td>
              <td className="end">{formatInterval(alpha, 2, candidates)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {action.kappas.length > 0 && (
        <table className="plain-table">
          <thead>
            <tr>
              <th scope="col">Pair</th>
              <th scope="col" className="end">
                n
              </th>
              <th scope="col" className="end">
                Cohen's κ, what to do
              </th>
              <th scope="col" className="end">
                Cohen's κ, category
              </th>
            </tr>
          </thead>
          <tbody>
            {action.kappas.map((pair, index) => (
              <tr key={pair.reviewers.join('\n')}>
                <th scope="row">{pair.reviewers.join(' and ')}</th>
                <td className="end">{pair.n.toLocaleString('en-US')}</td>
                <td className="end">{formatFigure(pair.kappa, 2)}</td>
                <td className="end">{formatFigure(category.kappas[index]?.kappa ?? null, 2)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p className="quiet">
        Intervals hold 95 %, by drawing candidates again. Undefined: only one value was ever given.
      </p>
    </>
  )
}

function formatInterval({ estimate, low, high }: Interval, digits: number, n: number): string {
  if (estimate === null) return formatFigure(estimate, digits)
  if (n < FEW) return `${formatFigure(estimate, digits)} n=${n}, too few for an interval`
  const interval = low === null || high === null ? '' : ` [${formatFigure(low, digits)}, ${formatFigure(high, digits)}]`
  return `${formatFigure(estimate, digits)}${interval} n=${n.toLocaleString('en-US')}`
}

function formatFigure(value: number | null, digits: number): string {
  return value === null ? 'undefined' : value.toFixed(digits).replace('-', '−')
}

function offerAgreement({ action, category, candidates }: ReviewerAgreement): void {
  const measures = [
    ['action', 'percent', action.percent],
    ['action', 'alpha', action.alpha],
    ['category', 'percent', category.percent],
    ['category', 'alpha', category.alpha],
  ] as const
  const kappas = (
    [
      ['action', action],
      ['category', category],
    ] as const
  ).flatMap(([on, { kappas: pairs }]) =>
    pairs.map(pair => [on, `kappa ${pair.reviewers.join(' and ')}`, pair.kappa, null, null, pair.n]),
  )
  const lines = measures.map(([on, name, { estimate, low, high }]) => [on, name, estimate, low, high, candidates])
  offerFile('agreement.csv', writeCsv(['on', 'measure', 'estimate', 'low', 'high', 'n'], [...lines, ...kappas]))
}
