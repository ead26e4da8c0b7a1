import { TextInput } from '@mantine/core'
import { useEffect, useState } from 'react'

const TYPING_MS = 250

interface SearchProps {
  label: string
  /** What stands in the field while it is empty, where it has no room for the label. */
  hint?: string
  text: string
  onSearch: (text: string) => void
}

/** Searches a moment after the typing stops. */
export function SearchField({ label, hint = label, text, onSearch }: SearchProps) {
  const [typed, setTyped] = useState(text)
  useEffect(() => setTyped(text), [text])
  useEffect(() => {
    if (typed.trim() === text) return
    const timer = setTimeout(() => onSearch(typed.trim()), TYPING_MS)
    return () => clearTimeout(timer)
  }, [typed, text, onSearch])
  return (
    <TextInput
      type="search"
      size="xs"
      className="search-field"
      aria-label={label}
      title={hint === label ? undefined : label}
      placeholder={`${hint}  /`}
      value={typed}
      onChange={event => setTyped(event.currentTarget.value)}
      onKeyDown={event => {
        if (event.key === 'Enter') onSearch(typed.trim())
        if (event.key === 'Escape') event.currentTarget.blur()
      }}
    />
  )
}
