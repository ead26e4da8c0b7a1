import { TextInput } from '@mantine/core'
import { readDay } from './days.ts'

/** Begins a list, newest first, at a day. */
export function JumpToDate(props: {
  at: string | undefined
  onJump: (day: string | undefined) => void
  disabled?: boolean
}) {
  const { at, onJump, disabled = false } = props
  return (
    <TextInput
      type="date"
      size="xs"
      aria-label="Jump to date"
      title="Jump to date"
      value={at ?? ''}
      onChange={event => onJump(readDay(event.currentTarget.value))}
      disabled={disabled}
    />
  )
}
