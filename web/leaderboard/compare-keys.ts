import { useKeys } from '../ui/use-keys.ts'

/** Goes to the case that came before the one that was first. */
export function focusBefore(former: string | null | undefined): void {
  const all = [...document.querySelectorAll<HTMLElement>('.compare-case')]
  const at = all.findIndex(one => one.getAttribute('data-case') === former)
  const before = all[at - 1]
  if (before !== undefined) focusCase(before)
}

function focusCase(one: HTMLElement): void {
  one.focus({ preventScroll: true })
  one.scrollIntoView({ block: 'start' })
}

/** Goes from case to case; past the last one that is there the next are asked for, before the first those before it. */
export function useCaseKeys(more: () => void, back: () => void): void {
  const move = (step: 1 | -1) => {
    const all = [...document.querySelectorAll<HTMLElement>('.compare-case')]
    const present = document.activeElement?.closest('.compare-case')
    const at = present instanceof HTMLElement ? all.indexOf(present) : findSeen(all) - (step === 1 ? 1 : 0)
    const next = all[at + step]
    if (next === undefined) return step === 1 ? more() : back()
    focusCase(next)
  }
  const group = 'Case by case'
  useKeys([
    { keys: ['n', 'j'], label: 'Next case', group, run: () => move(1), repeats: true },
    { keys: ['p', 'k'], label: 'Previous case', group, run: () => move(-1), repeats: true },
  ])
}

function findSeen(all: HTMLElement[]): number {
  return Math.max(
    0,
    all.findIndex(one => one.getBoundingClientRect().bottom > 60),
  )
}
