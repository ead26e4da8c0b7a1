import { nameKey } from '../ui/keys.ts'
import { onFirstClick } from './first-click.ts'
import { KeyHint } from './key-hint.tsx'
import type { ReviewActions } from './use-review-keys.ts'

/** What can be done, with the keys that do it. */
export function ActionBar(props: { actions: ReviewActions; canUndo: boolean; asking: 'discard' | 'flag' | null }) {
  const { actions, canUndo, asking } = props
  const bar = [
    { key: 'c', label: 'correct', run: actions.correct },
    { key: 'd', label: 'discard', run: actions.discard, open: asking === 'discard' },
    { key: 'f', label: 'flag', run: actions.flag, open: asking === 'flag' },
    { key: 's', label: 'skip', run: actions.passOver },
    { key: 'u', label: 'undo', run: actions.undo, idle: !canUndo },
  ]
  return (
    <div className="action-bar" role="group" aria-label="Decide">
      {bar.map(({ key, label, run, open, idle }) => (
        <button
          key={key}
          type="button"
          className="bar-button"
          {...onFirstClick(run)}
          {...(open === undefined ? {} : { 'aria-expanded': open })}
          {...(idle ? { disabled: true, title: 'Nothing was decided yet that could be taken back' } : {})}
        >
          <KeyHint of={key} />
          {label}
        </button>
      ))}
      <button type="button" className="bar-button main" {...onFirstClick(actions.submit)}>
        <span className="key" aria-hidden="true">
          {nameKey('mod+Enter')}
        </span>
        submit
      </button>
    </div>
  )
}
