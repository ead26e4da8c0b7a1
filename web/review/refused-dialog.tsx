import { Button, Modal } from '@mantine/core'
import { useState } from 'react'
import { describeError } from '../ui/states.tsx'
import { formatExact } from '../ui/time.tsx'
import { describeDecision, startSentence } from './decision-words.ts'
import { removeDraft } from './drafts.ts'
import { type Entry, forgetEntry, retryEntry } from './outbox.ts'
import { uncountDecision } from './sitting.ts'

/** A decision that was not taken, beside what stands there instead. Nothing of either is lost until somebody says so. */
export function RefusedDialog(props: {
  entry: Entry
  onLookAgain: (entry: Entry) => Promise<void>
  onClose: () => void
}) {
  const { entry, onLookAgain, onClose } = props
  const { refused, candidate } = entry
  const [failure, setFailure] = useState<unknown>(null)
  const isDecided = refused?.candidate != null && refused.candidate.status !== 'needs_review'
  const drop = () => {
    forgetEntry(entry.no)
    uncountDecision(entry.project)
    const { id, review } = candidate
    void removeDraft({ project: entry.project, id, content_hash: review.content_hash })
    onClose()
  }
  const lookAgain = async () => {
    try {
      await onLookAgain(entry)
      onClose()
    } catch (error) {
      setFailure(error)
    }
  }
  return (
    <Modal opened onClose={onClose} title="Your decision was not taken" size="xl">
      <p>{refused?.message}</p>
      <div className="refused-texts">
        <section aria-label="What stands there">
          <h3>{describeTheirs(entry)}</h3>
          {refused?.by && <p className="quiet">{formatExact(refused.by.at)}</p>}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
          <div className="foreign-text" tabIndex={0} role="group" aria-label="Their text">
            {refused?.by?.text ?? (isDecided ? 'Without a correction.' : refused?.candidate?.model_response)}
          </div>
        </section>
        <section aria-label="Yours">
          <h3>You: {describeDecision(entry.action, entry.category)}</h3>
          <p className="quiet">{formatExact(new Date(entry.decided_at).toISOString())}</p>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
          <div className="foreign-text mine" tabIndex={0} role="group" aria-label="Your text">
            {entry.text ?? 'Without a correction.'}
          </div>
        </section>
      </div>
      {failure !== null && (
        <p className="field-trouble" role="alert">
          It did not work: {describeError(failure)}
        </p>
      )}
      <div className="refused-choices">
        <Button onClick={drop}>{refused?.by ? 'Keep theirs, drop mine' : 'Drop mine'}</Button>
        {refused?.candidate == null ? (
          <Button
            onClick={() => {
              retryEntry(entry.no)
              onClose()
            }}
          >
            Send mine again
          </Button>
        ) : (
          <Button onClick={() => void lookAgain()}>
            {isDecided ? 'Take theirs back and review it with my text' : 'Review it as it is now with my text'}
          </Button>
        )}
      </div>
    </Modal>
  )
}

function describeTheirs({ refused }: Entry): string {
  if (refused?.by) return `${refused.by.author}: ${describeDecision(refused.by.action, refused.by.category)}`
  return refused?.candidate == null ? 'Not known' : startSentence(refused.candidate.status.replace('_', ' '))
}
