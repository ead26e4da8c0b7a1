import { Button } from '@mantine/core'
import { useRouter } from '@tanstack/react-router'
import type { MouseEvent } from 'react'
import { useProject } from '../shell/api.ts'
import { writeAddress } from '../shell/search.ts'
import { useKeys } from '../ui/use-keys.ts'
import { type CorrectionsSearch, pickQueueFilter } from './corrections-search.ts'

/** To the screen on which one candidate after the other is decided, narrowed as the list is. */
export function ReviewLink({ search, disabled }: { search: CorrectionsSearch; disabled: boolean }) {
  const { address, go } = useReview({ ...pickQueueFilter(search) })
  useKeys([
    { keys: ['r'], label: 'Review, narrowed as the list is', group: 'Corrections', run: () => !disabled && go() },
  ])
  if (disabled) return <Button disabled>Review</Button>
  return (
    <AddressButton address={address} go={go} variant="filled">
      Review
    </AddressButton>
  )
}

/** To the same screen, beginning with a certain candidate. */
export function ReviewOneLink({ id }: { id: string }) {
  const { address, go } = useReview({ id })
  return (
    <AddressButton address={address} go={go} variant="filled">
      Review this one
    </AddressButton>
  )
}

function useReview(parameters: { [name: string]: string }) {
  const { project } = useProject()
  const router = useRouter()
  const address = `/p/${encodeURIComponent(project)}/corrections/review${writeAddress(parameters)}`
  return { address, go: () => router.history.push(address) }
}

interface AddressProps {
  address: string
  go: () => void
  variant: string
  children: string
}

function AddressButton({ address, go, variant, children }: AddressProps) {
  return (
    <Button
      component="a"
      variant={variant}
      href={address}
      onClick={(event: MouseEvent) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
        event.preventDefault()
        go()
      }}
    >
      {children}
    </Button>
  )
}
