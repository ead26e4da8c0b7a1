import { useLayoutEffect, useRef } from 'react'
import { useKeys } from '../ui/use-keys.ts'

interface EarlierPages {
  hasPreviousPage: boolean
  isFetching: boolean
  fetchPreviousPage: () => Promise<{ isError: boolean }>
}

/** Shows the cases before, and when they stand there goes to the last of them. */
export function useWayBack(pages: EarlierPages): () => Promise<void> {
  const former = useRef<string | null>(null)
  useLayoutEffect(() => {
    if (former.current !== null && focusBefore(former.current)) former.current = null
  })
  return async () => {
    if (!pages.hasPreviousPage || pages.isFetching) return
    former.current = document.querySelector('.compare-case')?.getAttribute('data-case') ?? null
    const { isError } = await pages.fetchPreviousPage()
    if (isError) former.current = null
  }
}

/** Goes to the case before one; false as long as there is none. */
function focusBefore(key: string): boolean {
  const all = [...document.querySelectorAll<HTMLElement>('.compare-case')]
  const before = all[all.findIndex(one => one.getAttribute('data-case') === key) - 1]
  if (before !== undefined) focusCase(before)
  return before !== undefined
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
