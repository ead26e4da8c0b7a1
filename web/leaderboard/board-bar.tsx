import { NativeSelect } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ShownExperiment, ShownLeaderboard } from '#client.ts'
import { letterOf } from '#experiments/variant-letter.ts'
import { useProject } from '../shell/api.ts'
import { CsvButton } from '../ui/csv-button.tsx'
import { nameKey } from '../ui/keys.ts'
import { offerBoard } from './board-csv.ts'
import type { BoardEntry } from './board-query.ts'
import { type BoardSearch, listVariants } from './board-search.ts'
import { readNumber } from './definition.ts'

interface BarProps {
  board: ShownLeaderboard
  experiment: ShownExperiment | undefined
  rows: BoardEntry[]
  search: BoardSearch
  onChange: (to: Partial<{ [field in keyof BoardSearch]: BoardSearch[field] | undefined }>) => void
}

const SPLITS = [
  { value: '', label: 'As ranked' },
  { value: 'train', label: 'Train cases' },
  { value: 'test', label: 'Held-back cases' },
  { value: 'all', label: 'All cases' },
]

/** With what the variants are compared, on which cases; and what can be done with those that are picked. */
export function BoardBar({ board, experiment, rows, search, onChange }: BarProps) {
  const { project } = useProject()
  const params = { project, id: board.experiment_id }
  const repeats = readNumber(experiment?.sweep, 'repeats') ?? 1
  const hasTest = board.split !== 'all' || (readNumber(experiment?.dataset, 'test_share') ?? 0) > 0
  const picked = listVariants(search.pick)
  const [first, second] = picked
  return (
    <div className="board-bar">
      <div className="board-choice">
        Compared with <kbd className="key">{nameKey('b')}</kbd>
        <NativeSelect
          size="xs"
          aria-label="Compared with"
          value={board.baseline?.variant_no ?? ''}
          onChange={event => onChange({ baseline: Number(event.currentTarget.value) })}
          data={[...rows]
            .sort((one, other) => one.variant_no - other.variant_no)
            .map(({ variant_no, label }) => ({ value: String(variant_no), label: `${letterOf(variant_no)} ${label}` }))}
        />
      </div>
      {hasTest && (
        <div className="board-choice">
          On
          <NativeSelect
            size="xs"
            aria-label="Cases"
            value={search.split ?? ''}
            onChange={event => {
              const split = (['all', 'train', 'test'] as const).find(one => one === event.currentTarget.value)
              onChange({ split })
            }}
            data={SPLITS}
          />
        </div>
      )}
      {repeats > 1 && (
        <div className="board-choice">
          pass@
          <NativeSelect
            size="xs"
            aria-label="k of pass@k"
            value={String(search.k ?? 1)}
            onChange={event => onChange({ k: Number(event.currentTarget.value) })}
            data={Array.from({ length: Math.min(repeats, 20) }, (_, index) => String(index + 1))}
          />
        </div>
      )}
      {picked.length > 0 && (
        <span className="board-picked">
          {picked.map(letterOf).join(', ')} picked:{' '}
          {picked.length === 2 && first && second && (
            <>
              <Link to="/p/$project/experiments/$id/compare" params={params} search={{ a: first, b: second }}>
                Compare
              </Link>{' '}
            </>
          )}
          <Link to="/p/$project/experiments/$id/matrix" params={params} search={{ v: picked.join() }}>
            Cases side by side
          </Link>
          <button type="button" className="plain-button" onClick={() => onChange({ pick: undefined })}>
            Clear
          </button>
        </span>
      )}
      <span className="board-links">
        <Link to="/p/$project/experiments/$id/matrix" params={params}>
          Matrix of cases
        </Link>
        <CsvButton rows={rows.length} more={rows.length < board.variants} onPress={() => offerBoard(board, rows)} />
      </span>
    </div>
  )
}
