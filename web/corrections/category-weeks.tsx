import { lazy, Suspense, useState } from 'react'
import type { ReviewThroughput } from '#client.ts'
import { offerFile, writeCsv } from '../ui/csv.ts'
import { CsvButton } from '../ui/csv-button.tsx'
import { Empty } from '../ui/states.tsx'
import { CATEGORY_WORDS } from './correction-words.ts'
import { CATEGORIES, type Category } from './corrections-search.ts'
import { DecisionCount } from './reviewer-table.tsx'

const WeekChart = lazy(() => import('./week-chart.tsx').then(module => ({ default: module.WeekChart })))
const WEEKS = 13
const DAY_MS = 24 * 60 * 60 * 1000
const WEEK_MS = 7 * DAY_MS

/** How often each category was named in each week: as a figure, as a table, as CSV. */
export function CategoryWeeks({ throughput: { categories: given, days } }: { throughput: ReviewThroughput }) {
  const [asTable, setAsTable] = useState(false)
  const weeks = listWeeks(given)
  const count = (week: string, category: string) =>
    given.find(one => one.week_start === week && one.category === category)?.n ?? 0
  const points = weeks.flatMap(week =>
    CATEGORIES.map(category => ({
      week,
      category: CATEGORY_WORDS[category],
      n: count(week, category),
      search: searchWeek(week, category, days.since),
    })),
  )
  return (
    <section aria-labelledby="categories">
      <div className="section-head">
        <h2 id="categories">Categories by week</h2>
        <span className="quiet">as they were named; a decision that was taken back still counts</span>
        {weeks.length > 0 && (
          <>
            <button
              type="button"
              className="plain-button"
              aria-pressed={asTable}
              onClick={() => setAsTable(former => !former)}
            >
              {asTable ? 'As a figure' : 'As a table'}
            </button>
            <CsvButton
              onPress={() =>
                offerFile(
                  'categories.csv',
                  writeCsv(
                    ['week_start', ...CATEGORIES],
                    weeks.map(week => [week, ...CATEGORIES.map(category => count(week, category))]),
                  ),
                )
              }
            />
          </>
        )}
      </div>
      {weeks.length === 0 && <Empty>No category has been named in the last 13 weeks.</Empty>}
      {weeks.length > 0 && !asTable && (
        <Suspense fallback={<div className="chart-place" />}>
          <WeekChart points={points} weeks={weeks} />
        </Suspense>
      )}
      {asTable && (
        <div className="wide-table">
          <table className="plain-table">
            <thead>
              <tr>
                <th scope="col">Week from</th>
                {CATEGORIES.map(category => (
                  <th key={category} scope="col" className="end">
                    {CATEGORY_WORDS[category]}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {weeks.map(week => (
                <tr key={week}>
                  <th scope="row">{week}</th>
                  {CATEGORIES.map(category => (
                    <td key={category} className="end">
                      <DecisionCount
                        n={count(week, category)}
                        of={searchWeek(week, category, days.since)}
                        words={`${CATEGORY_WORDS[category]}, week from ${week}`}
                      />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

/** The decisions of a week, Monday to Sunday, that named a category; of the first week what is counted. */
function searchWeek(week: string, category: Category, first: string) {
  const until = new Date(Date.parse(week) + WEEK_MS - DAY_MS).toISOString().slice(0, 10)
  return { since: week < first ? first : week, until, failure_category: category, action: 'submitted' as const }
}

/** The weeks that are counted, the last of them the present one; none where nothing was named. */
function listWeeks(given: ReviewThroughput['categories']): string[] {
  const first = given.at(0)?.week_start
  if (first === undefined) return []
  const day = new Date()
  const monday = Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate() - ((day.getUTCDay() + 6) % 7))
  const weeks: string[] = []
  for (let at = Math.min(Date.parse(first), monday - (WEEKS - 1) * WEEK_MS); at <= monday; at += WEEK_MS)
    weeks.push(new Date(at).toISOString().slice(0, 10))
  return weeks
}
