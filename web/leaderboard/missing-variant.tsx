import type { ReactNode } from 'react'
import { Refusal } from '#client.ts'
import { Empty } from '../ui/states.tsx'

/** The parameters of the pages' questions that name variants. */
const NAMING = new Set<unknown>(['baseline', 'variant', 'a', 'b'])

/**
 * The variants of an address that there are not, where that is why the server refused; none for any other error. Where what
 * there is is not known, all that were wished for.
 */
export function findMissingVariants(
  error: unknown,
  wished: readonly (number | undefined)[],
  known: readonly { variant_no: number }[] = [],
): number[] {
  if (!(error instanceof Refusal && error.fields.some(({ path }) => NAMING.has(path[0])))) return []
  const named = wished.filter(one => one !== undefined)
  const missing = named.filter(one => !known.some(({ variant_no }) => variant_no === one))
  return missing.length > 0 ? missing : named
}

/** Says that there are no such variants; the link leads to the same page without them. */
export function MissingVariants({ numbers, children }: { numbers: number[]; children: ReactNode }) {
  return <Empty action={children}>{describeMissing(numbers)} in this experiment.</Empty>
}

/** `There is no variant 9`. */
export function describeMissing(numbers: readonly number[]): string {
  return numbers.length === 1
    ? `There is no variant ${numbers[0]}`
    : `There are no variants ${numbers.slice(0, -1).join(', ')} and ${numbers.at(-1)}`
}
