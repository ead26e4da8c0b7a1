import { useKeys } from '../ui/use-keys.ts'
import { type FailureCategory, NUMBERED_CATEGORIES } from './categories.ts'

/** What can be done with the candidate on the screen. */
export interface ReviewActions {
  correct: () => void
  discard: () => void
  flag: () => void
  passOver: () => void
  undo: () => void
  submit: () => void
  choose: (category: FailureCategory) => void
  togglePrompt: () => void
  toggleDiff: () => void
}

const GROUP = 'Review'

/** The keys of the review; digits say what fits the moment. */
export function useReviewKeys(actions: ReviewActions, asking: 'discard' | 'flag' | null): void {
  const verb = asking === null ? 'Category' : asking === 'discard' ? 'Discard as' : 'Flag as'
  useKeys([
    { keys: ['c'], label: 'Correct the answer', group: GROUP, run: actions.correct },
    { keys: ['d'], label: 'Discard', group: GROUP, run: actions.discard },
    { keys: ['f'], label: 'Flag', group: GROUP, run: actions.flag },
    { keys: ['s'], label: 'Skip', group: GROUP, run: actions.passOver },
    { keys: ['u'], label: 'Undo the last decision', group: GROUP, run: actions.undo },
    {
      keys: ['mod+enter'],
      label: 'Submit the correction',
      group: GROUP,
      // With Ctrl it comes through dialogs as well; from the palette, which is one, there is no event.
      run: event => {
        if (event === null || !isUnderDialog()) actions.submit()
      },
    },
    ...NUMBERED_CATEGORIES.map(({ category, word }, index) => ({
      keys: [String(index + 1)],
      label: `${verb} ${word}`,
      group: GROUP,
      run: () => actions.choose(category),
    })),
    { keys: ['p'], label: 'Open or fold the prompt', group: GROUP, run: actions.togglePrompt },
    { keys: ['v'], label: 'Show or hide the changes', group: GROUP, run: actions.toggleDiff },
    { keys: ['Escape'], label: 'Leave the editor, or the question', group: GROUP, run: () => {}, told: true },
  ])
}

/** Whether a dialog lies over the page, so that it stands down. */
export function isUnderDialog(): boolean {
  return document.querySelector('[role="dialog"][aria-modal="true"]') !== null
}
