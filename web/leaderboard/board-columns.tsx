import type { ReactNode } from 'react'
import type { ShownLeaderboard } from '#client.ts'
import { letterOf } from '#experiments/variant-letter.ts'
import { formatDollars, formatDuration } from '../ui/numbers.ts'
import type { Column } from '../ui/table.tsx'
import { type BoardContext, CountCell, describeFailed, Front, Missing, RankCell, RowLink } from './board-cells.tsx'
import type { BoardEntry } from './board-query.ts'
import { DifferenceCell, formatGap, formatGapInterval, shownInterval } from './difference-cell.tsx'
import {
  describeMean,
  formatChance,
  formatDollarInterval,
  formatDurationInterval,
  formatInterval,
  isTooFew,
  type ShownMean,
} from './score-numbers.ts'
import { colourOf } from './variant-name.tsx'
import { fitDifferences, fitScores, MeanText, Whisker, WhiskerAxis } from './whisker.tsx'

const SCORE_WIDTH = 108
const DIFFERENCE_WIDTH = 80
const CARD_WIDTH = 150
/** Between a whisker and its numbers. */
const GAP = 8
/** Pixels of a character of an interval, on average, in a wide sans. */
const LETTER = 6.6

/** The columns of the leaderboard; on a narrow page rank, name and whisker. */
export function listBoardColumns(context: BoardContext, narrow: boolean): Column<BoardEntry>[] {
  const { board, rows } = context
  const { provisional } = board
  const scores = fitScores(rows.flatMap(entry => entry.weighted ?? []))
  const gaps = fitDifferences(
    rows.flatMap(({ difference }) => {
      const interval = difference === null ? null : shownInterval(difference)
      if (difference === null) return []
      return [difference.estimate, ...(interval === null ? [] : [interval.low, interval.high])]
    }),
  )
  const whisker = (entry: BoardEntry, width: number) =>
    entry.weighted && (
      <Whisker
        mean={entry.weighted}
        stretch={scores}
        width={width}
        colour={colourOf(entry.variant_no)}
        provisional={provisional}
        words={`${provisional ? 'provisional ' : ''}${describeMean(entry.weighted)}`}
      />
    )
  const rank: Column<BoardEntry> = {
    id: 'rank',
    header: 'Rank',
    width: '58px',
    render: entry => <RankCell entry={entry} provisional={provisional} />,
  }
  if (narrow) {
    return [
      rank,
      {
        id: 'variant',
        header: (
          <>
            <span className="unseen">Variant and score</span>
            <WhiskerAxis stretch={scores} width={CARD_WIDTH} />
          </>
        ),
        width: 'minmax(0, 1fr)',
        render: entry => (
          <>
            <div className="board-card-name">
              <RowLink entry={entry} context={context} />
            </div>
            <div className="board-score">
              {whisker(entry, CARD_WIDTH) ?? <Missing entry={entry} />}
              {entry.weighted && <MeanText mean={entry.weighted} interval={formatInterval(entry.weighted)} />}
              {entry.on_front && <Front />}
            </div>
          </>
        ),
      },
    ]
  }
  return [
    rank,
    {
      id: 'variant',
      header: 'Variant',
      width: context.isLong ? 'minmax(72px, 1fr)' : 'minmax(112px, 1fr)',
      render: entry => <RowLink entry={entry} context={context} />,
    },
    {
      id: 'score',
      header: (
        <div className="board-score">
          <WhiskerAxis stretch={scores} width={SCORE_WIDTH} /> Score ↓
        </div>
      ),
      width: `${SCORE_WIDTH + 106}px`,
      render: entry => (
        <div className="board-score">
          {whisker(entry, SCORE_WIDTH) ?? <Missing entry={entry} />}
          {entry.weighted && <MeanText mean={entry.weighted} interval={formatInterval(entry.weighted)} />}
          {entry.on_front && <Front />}
        </div>
      ),
    },
    {
      id: 'difference',
      header: (
        <div className="board-score" title={describeFamily(board)}>
          <WhiskerAxis stretch={gaps} width={DIFFERENCE_WIDTH} zero />Δ to{' '}
          {board.baseline === null ? 'baseline' : letterOf(board.baseline.variant_no)}
        </div>
      ),
      width: `${DIFFERENCE_WIDTH + GAP + fitText(rows.map(measureGap), 140)}px`,
      render: entry => (
        <DifferenceCell
          difference={entry.difference}
          isBaseline={entry.variant_no === board.baseline?.variant_no}
          stretch={gaps}
          width={DIFFERENCE_WIDTH}
          colour={colourOf(entry.variant_no)}
          provisional={provisional}
        />
      ),
    },
    {
      id: 'p',
      header: <abbr title="Corrected for the number of comparisons, by Holm">p (Holm)</abbr>,
      width: '68px',
      align: 'end',
      render: ({ difference }) =>
        difference?.p_value == null || isTooFew(difference) ? '' : formatChance(difference.p_value),
    },
    describeMeans(
      rows,
      'pass',
      <abbr title={`Cases that at least one of ${board.k} repeats passes`}>pass@{board.k}</abbr>,
      entry => entry.pass_at_k,
      value => value.estimate.toFixed(2),
      formatInterval,
    ),
    describeMeans(
      rows,
      'consistency',
      <abbr title="How often two repeats of a case agree in passing">consist.</abbr>,
      entry => entry.consistency,
      value => value.estimate.toFixed(2),
      formatInterval,
    ),
    describeMeans(
      rows,
      'cost',
      <abbr title="Of one run">$/case</abbr>,
      entry => entry.cost_usd,
      value => formatDollars(value.estimate),
      formatDollarInterval,
    ),
    describeMeans(
      rows,
      'p50',
      <abbr title="The median over the cases of the mean duration of their runs">p50</abbr>,
      entry => entry.latency_p50_ms,
      value => formatDuration(value.estimate),
      formatDurationInterval,
    ),
    {
      id: 'n',
      header: <abbr title="Cases, and runs that failed, which count 0">n</abbr>,
      width: `${fitText(
        rows.map(({ failed }) => (failed > 0 ? describeFailed(failed).length : 0)),
        64,
      )}px`,
      align: 'end',
      render: entry => <CountCell entry={entry} context={context} />,
    },
  ]
}

/** A column of means, each over its interval, as wide as the longest of them needs. */
function describeMeans(
  rows: BoardEntry[],
  id: string,
  header: ReactNode,
  read: (entry: BoardEntry) => ShownMean | null,
  write: (value: ShownMean) => string,
  writeInterval: (value: ShownMean) => string,
): Column<BoardEntry> {
  const lengths = rows.map(read).map(value => (value === null ? 0 : writeInterval(value).length))
  return {
    id,
    header,
    width: `${fitText(lengths, 80)}px`,
    align: 'end',
    render: entry => {
      const value = read(entry)
      if (value === null) return <span className="quiet">–</span>
      return (
        <span className="mean-text">
          {write(value)}
          <small>{writeInterval(value)}</small>
        </span>
      )
    },
  }
}

function describeFamily({ comparisons, provisional }: ShownLeaderboard): string {
  if (provisional) return 'Intervals of each difference alone, while it runs'
  return comparisons > 1 ? `95 % intervals for all ${comparisons} comparisons together` : '95 % interval'
}

/** Letters of a difference with its interval. */
function measureGap({ difference }: BoardEntry): number {
  return difference === null ? 0 : `${formatGap(difference)} ${formatGapInterval(difference)}`.length
}

/** Pixels that texts of so many letters need; in steps, so that a digit more does not move the columns. */
function fitText(lengths: number[], least: number): number {
  return Math.max(least, 8 * Math.ceil((Math.max(0, ...lengths) * LETTER + 14) / 8))
}
