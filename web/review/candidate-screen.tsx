import { type ReactNode, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { isBlank } from '#corrections/blank.ts'
import { nameWholeCandidate } from '../corrections/candidate-name.ts'
import { AnswerCalls } from '../corrections/candidate-text.tsx'
import { ActionBar } from './action-bar.tsx'
import type { FailureCategory } from './categories.ts'
import { CategoryStrip } from './category-strip.tsx'
import { CorrectionEditor, type EditorControl } from './correction-editor.tsx'
import type { Held } from './desk.ts'
import { onFirstClick } from './first-click.ts'
import { KeyHint } from './key-hint.tsx'
import { OriginalText } from './original-text.tsx'
import { usePreference } from './preference.ts'
import { PromptFold } from './prompt-fold.tsx'
import { formatSecond } from './review-time.ts'
import { type Keeping, useDraft } from './use-draft.ts'
import { isUnderDialog, useReviewKeys } from './use-review-keys.ts'
import { useVisibleTime } from './use-visible-time.ts'
import { diffWords, findAdded } from './word-diff.ts'

/** What a reviewer decided. */
export interface Decided {
  action: 'correct' | 'discard' | 'flag'
  text: string | null
  category: FailureCategory | null
  duration_ms: number
}

interface ScreenProps {
  project: string
  held: Held
  /** What is told between the texts and the keys. */
  notices: ReactNode
  canUndo: boolean
  onDecide: (decided: Decided) => void
  onPassOver: () => void
  onUndo: () => void
}

type Asking = 'discard' | 'flag' | null

/** One candidate: the answer, the correction, and what can be done. It is made anew for every candidate. */
export function CandidateScreen(props: ScreenProps) {
  const { project, held, notices } = props
  const { candidate } = held
  const original = candidate.model_response
  const draft = useDraft(project, held)
  const [asking, setAsking] = useState<Asking>(null)
  const [trouble, setTrouble] = useState<'blank' | 'identical' | null>(null)
  const [promptOpen, setPromptOpen] = useState(false)
  const [diffOn, toggleDiff] = usePreference('review-diff')
  const asked = useRef(false)
  const region = useRef<HTMLElement>(null)
  const editor = useRef<EditorControl>(null)
  const marked = useRef<HTMLButtonElement>(null)
  const measure = useVisibleTime()
  const rest = () => region.current?.focus({ preventScroll: true })
  useRestingFocus(region)

  const decide = (action: Decided['action'], category: FailureCategory | null) => {
    const text = draft.readText()
    props.onDecide({ action, text: action === 'correct' ? (text ?? original) : text, category, duration_ms: measure() })
  }
  const correct = () => {
    setAsking(null)
    asked.current = true
    draft.begin(original)
    editor.current?.focus()
  }
  const submit = () => {
    const text = draft.readText() ?? original
    setAsking(null)
    if (isBlank(text)) {
      setTrouble('blank')
      correct()
    } else if (text === original) setTrouble('identical')
    else decide('correct', draft.category)
  }
  const choose = (category: FailureCategory | null) => {
    if (asking === null) draft.choose(category)
    else decide(asking, category)
  }
  const ask = (next: Asking) => () => {
    setTrouble(null)
    setAsking(next)
    if (next === asking) marked.current?.focus()
  }
  const leave = () => {
    setAsking(null)
    setTrouble(null)
    rest()
  }
  const togglePrompt = () => setPromptOpen(open => !open)
  const actions = {
    ...{ correct, submit, choose, togglePrompt, toggleDiff, discard: ask('discard'), flag: ask('flag') },
    ...{ passOver: props.onPassOver, undo: props.onUndo },
  }
  useReviewKeys(actions, asking)

  const begun = draft.text !== null
  const { text } = draft
  const diff = useMemo(() => (text === null || !diffOn ? null : diffWords(original, text)), [original, text, diffOn])
  const additions = useMemo(() => ({ of: text ?? '', ranges: diff === null ? [] : findAdded(diff) }), [text, diff])
  return (
    <>
      <div className="candidate-frame">
        <section
          className="candidate"
          ref={region}
          tabIndex={-1}
          aria-label={`Candidate ${nameWholeCandidate(candidate)}`}
        >
          <PromptFold project={project} candidate={candidate} open={promptOpen} onToggle={togglePrompt} />
          <div className="panes">
            <section className="pane original" aria-label="Original">
              <header>
                <h2>Original</h2>
                <span className="voice-model">{modelOf(candidate.model_name)}</span>
                {begun && (
                  <button type="button" className="plain-button" aria-pressed={diffOn} onClick={toggleDiff}>
                    <KeyHint of="v" /> changes
                  </button>
                )}
              </header>
              <OriginalText text={original} diff={diff} />
              <AnswerCalls of={candidate} />
            </section>
            <section className="pane correction" aria-label="Correction">
              <header>
                <h2>Correction</h2>
                <span className="voice-person">you</span>
                <DraftState keeping={draft.keeping} begun={begun} />
                {begun && (
                  <button
                    type="button"
                    className="plain-button"
                    onClick={() => {
                      draft.drop()
                      setTrouble(null)
                      rest()
                    }}
                  >
                    Start over
                  </button>
                )}
              </header>
              <p className="field-trouble" id="correction-trouble" role={trouble === 'blank' ? 'alert' : undefined}>
                {trouble === 'blank' &&
                  'A correction needs text that can be seen. To drop the answer: Esc, then discard.'}
              </p>
              {draft.text === null ? (
                <button type="button" className="begin" tabIndex={-1} onClick={correct}>
                  <KeyHint of="c" /> Correct the answer, beginning with its text
                </button>
              ) : (
                <CorrectionEditor
                  readText={() => draft.readText() ?? ''}
                  label="Correction"
                  describedBy="correction-trouble"
                  invalid={trouble === 'blank'}
                  autoFocus={asked.current}
                  caretAtEnd={draft.text !== original}
                  additions={additions}
                  control={editor}
                  onChange={text => {
                    draft.change(text)
                    setTrouble(null)
                  }}
                  onLeave={leave}
                />
              )}
            </section>
          </div>
        </section>
      </div>
      <div className="review-foot">
        {notices}
        {trouble === 'identical' && (
          <Identical
            onSubmit={() => decide('correct', draft.category)}
            onBack={() => {
              setTrouble(null)
              if (begun) editor.current?.focus()
              else rest()
            }}
          />
        )}
        <CategoryStrip asking={asking} chosen={draft.category} first={marked} onChoose={choose} onLeave={leave} />
        <ActionBar actions={actions} canUndo={props.canUndo} asking={asking} />
      </div>
    </>
  )
}

/** The focus rests on the candidate, at first and whenever what had it is gone. */
function useRestingFocus(region: { current: HTMLElement | null }): void {
  const take = () => {
    if (!isUnderDialog()) region.current?.focus({ preventScroll: true })
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for a candidate
  useLayoutEffect(take, [])
  useEffect(() => {
    if (document.activeElement === document.body || document.activeElement === null) take()
  })
}

/** The question before an answer is approved as it stands. */
function Identical({ onSubmit, onBack }: { onSubmit: () => void; onBack: () => void }) {
  const yes = useRef<HTMLButtonElement>(null)
  useEffect(() => yes.current?.focus(), [])
  return (
    <div
      className="review-question"
      role="group"
      aria-label="Identical to the original"
      onKeyDown={event => {
        // The Enter that asked may still be down.
        if (event.repeat) event.preventDefault()
        if (event.key !== 'Escape') return
        event.preventDefault()
        onBack()
      }}
    >
      <span role="alert">Identical to the original. Submit anyway?</span>
      <button type="button" className="bar-button" ref={yes} {...onFirstClick(onSubmit)}>
        <kbd className="key">Enter</kbd> Submit anyway
      </button>
      <button type="button" className="bar-button" onClick={onBack}>
        <kbd className="key">Esc</kbd> Back
      </button>
    </div>
  )
}

function DraftState({ keeping, begun }: { keeping: Keeping; begun: boolean }) {
  if (keeping.failed) return <span className="draft-state warn">not kept: this browser stores nothing</span>
  if (!begun || keeping.saved_at === null) return <span className="draft-state" />
  return <span className="draft-state">draft saved {formatSecond(keeping.saved_at)}</span>
}

function modelOf(name: unknown): string {
  return typeof name === 'string' && name !== '' ? name : 'model'
}
