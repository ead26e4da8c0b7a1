import { Button } from '@mantine/core'
import { Link, useNavigate } from '@tanstack/react-router'
import { useProject } from '../shell/api.ts'
import { useKeys } from '../ui/use-keys.ts'
import { type CorrectionsSearch, pickQueueFilter } from './corrections-search.ts'

const REVIEW = '/p/$project/corrections/review'

/** To the screen on which one candidate after the other is decided, narrowed as the list is. */
export function ReviewLink({ search, disabled }: { search: CorrectionsSearch; disabled: boolean }) {
  const { project } = useProject()
  const navigate = useNavigate()
  const filter = pickQueueFilter(search)
  const go = () => {
    if (!disabled) void navigate({ to: REVIEW, params: { project }, search: filter })
  }
  useKeys([{ keys: ['r'], label: 'Review, narrowed as the list is', group: 'Corrections', run: go }])
  if (disabled) {
    const reason = search.search === undefined ? 'Nothing waits' : 'The review goes by filters, not by a search'
    return (
      <Button disabled title={reason}>
        Review
      </Button>
    )
  }
  return (
    <Button variant="filled" renderRoot={props => <Link {...props} to={REVIEW} params={{ project }} search={filter} />}>
      Review
    </Button>
  )
}

/** To the same screen, beginning with a certain candidate. */
export function ReviewOneLink({ id }: { id: string }) {
  const { project } = useProject()
  return (
    <Button variant="filled" renderRoot={props => <Link {...props} to={REVIEW} params={{ project }} search={{ id }} />}>
      Review this one
    </Button>
  )
}
