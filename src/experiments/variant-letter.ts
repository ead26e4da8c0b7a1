/** The letter of a variant for life, by its number from 1: A for the first, after Z comes AA. */
export function letterOf(variantNo: number): string {
  const rest = Math.floor((variantNo - 1) / 26)
  return `${rest > 0 ? letterOf(rest) : ''}${String.fromCharCode(65 + ((variantNo - 1) % 26))}`
}
