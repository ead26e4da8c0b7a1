/** Throws a `RangeError` unless a level of confidence, or a power, lies between 0 and 1. */
export function requireLevel(level: number, name = 'level'): void {
  if (!(level > 0 && level < 1)) throw new RangeError(`${name} must lie between 0 and 1, not ${level}`)
}
