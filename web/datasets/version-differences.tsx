import { Button } from '@mantine/core'
import { Chips } from '../ui/chips.tsx'
import { Empty, Failure, Skeleton } from '../ui/states.tsx'
import { useDifferences } from './dataset-query.ts'
import { DifferenceList } from './difference-list.tsx'

/** What changed from one version to another. */
export function VersionDifferences({ name, from, to }: { name: string; from: string; to: number }) {
  const pages = useDifferences(name, from, to)
  const [first] = pages.data?.pages ?? []
  if (pages.isError && first === undefined)
    return <Failure what="Couldn't compare them" error={pages.error} onRetry={() => void pages.refetch()} />
  if (first === undefined) return <Skeleton lines={10} />
  const differences = pages.data?.pages.flatMap(page => page.differences) ?? []
  return (
    <section className="version-differences" aria-label={`From version ${from} to version ${to}`}>
      <p>
        From version {from} to version {to}: <Chips counts={first} />,{' '}
        <span className="quiet">{first.unchanged.toLocaleString('en-US')} unchanged.</span>
      </p>
      {differences.length === 0 ? (
        <Empty>Both versions have the same cases.</Empty>
      ) : (
        <DifferenceList differences={differences} />
      )}
      {pages.isFetchNextPageError && <Failure what="Couldn't load more" error={pages.error} />}
      {pages.hasNextPage && (
        <Button onClick={() => void pages.fetchNextPage()} loading={pages.isFetchingNextPage}>
          Show more
        </Button>
      )}
    </section>
  )
}
