/** A number with its noun: `1 word`, `0 words`. */
export function writeCount(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}
