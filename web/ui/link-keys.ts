import { useKeys } from './use-keys.ts'

/** `j` and `k` through the links of a list of versions, and what Enter does there. */
export function useLinkKeys({ noun, group }: { noun: string; group: string }): void {
  const move = (step: number) => {
    const links = [...document.querySelectorAll<HTMLAnchorElement>('.version-list a')]
    const { activeElement } = document
    const focused = activeElement instanceof HTMLAnchorElement ? links.indexOf(activeElement) : -1
    const open = links.findIndex(link => link.hasAttribute('aria-current'))
    const from = focused >= 0 ? focused : open
    links[Math.min(links.length - 1, Math.max(0, from + step))]?.focus()
  }
  useKeys([
    { keys: ['j'], label: `Next ${noun}`, group, run: () => move(1), repeats: true },
    { keys: ['k'], label: `Previous ${noun}`, group, run: () => move(-1), repeats: true },
    { keys: ['Enter'], label: `Open the ${noun}`, group, run: () => {}, told: true },
  ])
}
