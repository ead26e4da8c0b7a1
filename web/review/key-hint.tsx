import { useSingleKeys } from '../ui/use-keys.ts'

/** The key on a button; nothing where single keys are switched off. */
export function KeyHint({ of }: { of: string }) {
  if (!useSingleKeys()) return null
  return (
    <span className="key" aria-hidden="true">
      {of}
    </span>
  )
}
