import { Link } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useState } from 'react'
import { nameWholeCandidate } from '../corrections/candidate-name.ts'
import { describeDecision, startSentence } from './decision-words.ts'
import type { Entry } from './outbox.ts'
import type { TakenBack } from './send-decision.ts'

const RefusedDialog = lazy(() => import('./refused-dialog.tsx').then(module => ({ default: module.RefusedDialog })))

/** A decision can be taken back by a click for so long; by its key later as well. */
const TOAST_MS = 10_000

export interface Undone {
  entry: Entry
  /** Null until the server has taken it back. */
  taken: TakenBack | null
}

/** What became of the decisions that were sent: one line that stays in its place, and more only in trouble. */
export function ReviewNotices(props: {
  project: string
  entries: Entry[]
  notice: string | null
  undone: Undone | null
  onUndo: () => void
  onLookAgain: (entry: Entry) => Promise<void>
}) {
  const { project, entries, notice, undone, onUndo, onLookAgain } = props
  const [compared, setCompared] = useState<string | null>(null)
  const stuck = entries.filter(entry => entry.trouble !== null)
  const refused = entries.filter(entry => entry.state === 'refused')
  const shown = refused.find(entry => entry.no === compared)
  return (
    <div className="review-notices">
      {refused.map(entry => (
        <div key={entry.no} className="notice bad" role="alert">
          <span>
            <span aria-hidden="true">✗ </span>
            {describeRefusal(entry)}
          </span>
          <button type="button" className="bar-button" onClick={() => setCompared(entry.no)}>
            Compare
          </button>
        </div>
      ))}
      {stuck.length > 0 && (
        <div className="notice bad" role="alert">
          Not saved: {stuck.at(-1)?.trouble} Your text is kept; trying again.
          {stuck.length > 1 && ` ${stuck.length} decisions wait.`}
        </div>
      )}
      {notice !== null && (
        <div className="notice" role="alert">
          {notice}
        </div>
      )}
      <div className="notice last-decision" role="status">
        {undone === null ? (
          <Toast entries={entries} onUndo={onUndo} />
        ) : (
          <UndoneWords project={project} undone={undone} />
        )}
      </div>
      <Suspense>
        {shown !== undefined && (
          <RefusedDialog entry={shown} onLookAgain={onLookAgain} onClose={() => setCompared(null)} />
        )}
      </Suspense>
    </div>
  )
}

function describeRefusal({ candidate, action, refused }: Entry): string {
  const name = nameWholeCandidate(candidate)
  if (refused?.by == null) return `Not saved: ${refused?.message ?? ''} Your text is kept.`
  const { author, at, action: theirs, category } = refused.by
  const when = new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
  const kept = action === 'correct' ? ' Your text is kept.' : ''
  return `“${name}” was ${describeDecision(theirs, category)} by ${author} at ${when}, so your decision was not taken.${kept}`
}

/** The last decision, with the way back. */
function Toast({ entries, onUndo }: { entries: Entry[]; onUndo: () => void }) {
  const last = entries.findLast(entry => !entry.undo && !entry.second && entry.state !== 'refused')
  const [over, setOver] = useState<string | null>(null)
  const no = last?.no
  const age = last === undefined ? TOAST_MS : Date.now() - last.decided_at
  // biome-ignore lint/correctness/useExhaustiveDependencies: the time runs from when it is first shown
  useEffect(() => {
    if (no === undefined || age >= TOAST_MS) return
    const timer = setTimeout(() => setOver(no), TOAST_MS - age)
    return () => clearTimeout(timer)
  }, [no])
  if (last === undefined || age >= TOAST_MS || over === no) return null
  return (
    <>
      {startSentence(describeDecision(last.action, last.category))}.{' '}
      <button type="button" className="plain-button" onClick={onUndo}>
        Undo
      </button>
    </>
  )
}

function UndoneWords({ project, undone: { entry, taken } }: { project: string; undone: Undone }) {
  if (taken === null) return <>Taking it back …</>
  return (
    <>
      {describeTakenBack(entry, taken)}
      {taken.exports.length > 0 && (
        <>
          {' '}
          <Link to="/p/$project/corrections" params={{ project }} search={{ tab: 'exports' }}>
            {taken.exports.length === 1 ? '1 file' : `${taken.exports.length} files`} made before
          </Link>{' '}
          still {taken.exports.length === 1 ? 'has' : 'have'} its line.
        </>
      )}
    </>
  )
}

function describeTakenBack({ action, text, candidate }: Entry, { datasets }: TakenBack): string {
  if (action !== 'correct') return 'Taken back; nothing had been made of it.'
  const made = [
    'its row',
    ...(text === candidate.model_response || candidate.model_response === '' ? [] : ['its pair']),
    ...datasets.map(name => `its case in ${name}`),
  ]
  return `Taken back, and with it ${made.join(', ').replace(/, ([^,]*)$/, ' and $1')}.`
}
