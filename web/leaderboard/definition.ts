/** The parts of an experiment's document that a page reads; the server has checked it. */

/** A number in a part of the document; null where it is not there. */
export function readNumber(part: unknown, field: string): number | null {
  if (typeof part !== 'object' || part === null) return null
  const value: unknown = Reflect.get(part, field)
  return typeof value === 'number' ? value : null
}
