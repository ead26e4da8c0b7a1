import { Link } from '@tanstack/react-router'
import type { ShownFailures } from '#client.ts'
import { letterOf } from '#experiments/variant-letter.ts'
import { useProject } from '../shell/api.ts'
import { countNoun } from '../ui/numbers.ts'

/** Why runs failed, the most frequent cause first, with the variants that it hit. */
export function FailureList({ id, failures }: { id: string; failures: ShownFailures }) {
  const { project } = useProject()
  const { causes, failed, looked_at } = failures
  if (causes.length === 0) return null
  const listed = causes.reduce((sum, { n }) => sum + n, 0)
  return (
    <section className="board-section" aria-labelledby="board-failures">
      <h2 id="board-failures">
        What failed{' '}
        <span className="quiet">
          {countNoun(failed, 'run')}, each counts 0
          {looked_at < failed && `; the causes are of the last ${looked_at.toLocaleString('en-US')}`}
        </span>
      </h2>
      <ul className="board-failures">
        {causes.map(cause => (
          <li key={cause.run_id}>
            <strong>{cause.n.toLocaleString('en-US')}</strong>
            <div>
              <p>{cause.error}</p>
              <p className="quiet">
                {cause.kind !== null && `${cause.kind.replaceAll('_', ' ')} · `}
                {cause.variants.slice(0, 6).map(({ variant_no, n }) => (
                  <span key={variant_no}>
                    <Link
                      to="/p/$project/experiments/$id/matrix"
                      params={{ project, id }}
                      search={{ v: String(variant_no), show: 'failed' }}
                    >
                      {letterOf(variant_no)} {n.toLocaleString('en-US')}×
                    </Link>{' '}
                  </span>
                ))}
                {cause.variants.length > 6 && `and ${cause.variants.length - 6} more variants `}·{' '}
                <Link to="/p/$project/experiments/$id/runs/$run" params={{ project, id, run: cause.run_id }}>
                  the newest
                </Link>
              </p>
            </div>
          </li>
        ))}
      </ul>
      {listed < looked_at && (
        <p className="quiet">{countNoun(looked_at - listed, 'run')} more failed for rarer causes.</p>
      )}
    </section>
  )
}
