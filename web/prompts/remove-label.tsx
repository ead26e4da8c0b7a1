import { readAnswer, type ShownPrompt } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { Confirm } from '../ui/confirm.tsx'
import { useRenewPrompts } from './prompt-query.ts'

/** Takes a label away, after it has said who gets nothing then. */
export function RemoveLabel({ prompt, label, onClose }: { prompt: ShownPrompt; label: string; onClose: () => void }) {
  const { client } = useProject()
  const renew = useRenewPrompts()
  return (
    <Confirm
      title={`No version of ${prompt.name} is “${label}” any more`}
      action="Take the label away"
      onClose={onClose}
      onConfirm={async () => {
        const param = { name: encodeURIComponent(prompt.name), label: encodeURIComponent(label) }
        await readAnswer(client.api.prompts[':name'].labels[':label'].$delete({ param }))
        await renew()
      }}
    >
      <p>Whoever asks for “{label}” is answered 404 from the next request on. The version stays.</p>
    </Confirm>
  )
}
