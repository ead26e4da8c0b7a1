/** A time of the day to the second, as `14:02:11`. */
export function formatSecond(time: number): string {
  return new Date(time).toLocaleTimeString('en-GB')
}

/** What is left, as `9:40`; never below nothing. */
export function formatLeft(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
