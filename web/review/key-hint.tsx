import { useKeyActions, useSingleKeys } from '../ui/use-keys.ts'

/** The key on a button; nothing where it does nothing, or single keys are switched off. */
export function KeyHint({ of }: { of: string }) {
  const actions = useKeyActions()
  if (!useSingleKeys() || !actions.some(({ keys, told }) => keys.includes(of) && !told)) return null
  return (
    <span className="key" aria-hidden="true">
      {of}
    </span>
  )
}
