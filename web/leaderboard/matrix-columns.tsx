import { Link } from '@tanstack/react-router'
import type { ShownMatrix } from '#client.ts'
import { letterOf } from '#experiments/variant-letter.ts'
import type { Column } from '../ui/table.tsx'
import type { MatrixCell, MatrixRow } from './matrix-query.ts'
import { formatScore } from './score-numbers.ts'
import { VariantName } from './variant-name.tsx'

interface MatrixContext {
  id: string
  project: string
  variants: ShownMatrix['variants']
  narrow: boolean
  onRemove: (variantNo: number) => void
}

/** A column for the case, and one for each variant; on a narrow page one card. */
export function listMatrixColumns(context: MatrixContext): Column<MatrixRow>[] {
  const { variants, narrow, onRemove } = context
  const name = (row: MatrixRow) => <CaseName row={row} context={context} />
  if (narrow) {
    return [
      {
        id: 'case',
        header: variants.map(variant => (
          <span key={variant.variant_no} className="matrix-key">
            <VariantName variant={variant} />
          </span>
        )),
        width: 'minmax(0, 1fr)',
        render: row => (
          <>
            {name(row)}
            {variants.map(({ variant_no }, index) => (
              <div key={variant_no} className="matrix-line">
                <b>{letterOf(variant_no)}</b>
                <Cell cell={row.cells[index] ?? null} context={context} />
              </div>
            ))}
          </>
        ),
      },
    ]
  }
  return [
    { id: 'case', header: 'Case', width: 'minmax(180px, 1fr)', render: name },
    ...variants.map(
      (variant, index): Column<MatrixRow> => ({
        id: `variant-${variant.variant_no}`,
        header: (
          <span className="matrix-head">
            <span className="matrix-name" title={variant.label}>
              <VariantName variant={variant} />
            </span>
            {variants.length > 1 && (
              <button
                type="button"
                className="plain-button"
                aria-label={`Take ${letterOf(variant.variant_no)} away`}
                onClick={() => onRemove(variant.variant_no)}
              >
                ×
              </button>
            )}
          </span>
        ),
        width: 'minmax(160px, 1fr)',
        render: row => <Cell cell={row.cells[index] ?? null} context={context} />,
      }),
    ),
  ]
}

function CaseName({ row, context: { id, project } }: { row: MatrixRow; context: MatrixContext }) {
  const run = row.cells.find(cell => cell?.run != null)?.run
  const words = row.preview || row.id || row.case_id || `case ${row.case_no}`
  return (
    <>
      <div className="matrix-text">
        {run ? (
          <Link to="/p/$project/experiments/$id/runs/$run" params={{ project, id, run: run.run_id }} data-row>
            {words}
          </Link>
        ) : (
          words
        )}
      </div>
      {(row.id !== null || row.split === 'test') && (
        <div className="quiet matrix-note">
          {row.id} {row.split === 'test' && 'held back'}
        </div>
      )}
    </>
  )
}

function Cell({ cell, context: { id, project } }: { cell: MatrixCell | null; context: MatrixContext }) {
  if (cell === null) return <span className="quiet">not run</span>
  const { run } = cell
  const passes = cell.runs > 1 ? `${cell.passes} of ${cell.runs} pass` : cell.passes > 0 ? 'passes' : 'does not pass'
  const score = (
    <>
      <strong>{cell.score === null ? 'no score' : formatScore(cell.score)}</strong>{' '}
      <span className="quiet">{cell.score === null ? '' : passes}</span>
      {cell.failed > 0 && <span className="board-failed"> ✗ {cell.failed === 1 ? '' : cell.failed} failed</span>}
    </>
  )
  return (
    <div className="matrix-cell">
      {run === null ? (
        <div>{score}</div>
      ) : (
        <Link
          className="above matrix-score"
          to="/p/$project/experiments/$id/runs/$run"
          params={{ project, id, run: run.run_id }}
        >
          {score}
        </Link>
      )}
      <div className="matrix-text" data-failed={run?.status === 'failed' || undefined}>
        {run?.status === 'failed' ? (run.error ?? 'no reason') : run?.output}
      </div>
    </div>
  )
}
