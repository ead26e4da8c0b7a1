import { NativeSelect } from '@mantine/core'

export interface ChoiceProps {
  label: string
  value: string | undefined
  onChange: (event: { currentTarget: { value: string } }) => void
  /** Values with their words; the empty one is for none. */
  options: [string, string][]
}

/** What a list is narrowed by: one of a few. */
export function Choice({ label, value, onChange, options }: ChoiceProps) {
  return (
    <NativeSelect
      size="xs"
      aria-label={label}
      value={value ?? ''}
      onChange={onChange}
      data={options.map(([of, text]) => ({ value: of, label: text }))}
      data-set={value !== undefined || undefined}
    />
  )
}
