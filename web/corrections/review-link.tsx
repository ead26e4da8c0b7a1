import { Button } from '@mantine/core'
import { useRouter } from '@tanstack/react-router'
import type { MouseEvent } from 'react'
import { useProject } from '../shell/api.ts'
import { writeAddress } from '../shell/search.ts'
import { useKeys } from '../ui/use-keys.ts'
import { type CorrectionsSearch, pickQueueFilter } from './corrections-search.ts'

/** To the screen on which one candidate after the other is decided, narrowed as the list is. */
export function ReviewLink({ search, disabled }: { search: CorrectionsSearch; disabled: boolean }) {
  const { project } = useProject()
  const router = useRouter()
  const address = `/p/${encodeURIComponent(project)}/corrections/review${writeAddress({ ...pickQueueFilter(search) })}`
  const go = () => router.history.push(address)
  useKeys([
    { keys: ['r'], label: 'Review, narrowed as the list is', group: 'Corrections', run: () => !disabled && go() },
  ])
  if (disabled) return <Button disabled>Review</Button>
  return (
    <Button
      component="a"
      variant="filled"
      href={address}
      onClick={(event: MouseEvent) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
        event.preventDefault()
        go()
      }}
    >
      Review
    </Button>
  )
}
