/** How numbers, money and times are read from the command line, and written for people. */
import { InvalidArgumentError } from 'commander'

/** Reads an option that is a whole number above zero. */
export function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1) throw new InvalidArgumentError('Expected a whole number from 1 on.')
  return Number(text)
}

/** Reads an option that is a number from 0 to 1. */
export function parseShare(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError('Expected a number from 0 to 1.')
  return value
}

/** Reads an option that is an amount of US dollars. */
export function parseDollars(text: string): number {
  if (!/^(\d+\.?\d*|\.\d+)$/.test(text))
    throw new InvalidArgumentError('Expected a number of US dollars, such as 2.50.')
  return Number(text)
}

/** A whole number with its thousands apart. */
export function formatCount(value: number): string {
  return value.toLocaleString('en-GB')
}

/** `1 run`, `1,200 runs`. */
export function countNoun(value: number, noun: string): string {
  return `${formatCount(value)} ${noun}${value === 1 ? '' : 's'}`
}

/** An estimate has three digits that mean something. */
export function roundEstimate(value: number): number {
  return value === 0 ? 0 : Number(value.toPrecision(3))
}

/** US dollars; small amounts with enough digits to be told apart. */
export function formatDollars(dollars: number): string {
  if (dollars === 0) return '$0'
  return `$${dollars < 1 ? dollars.toPrecision(2) : dollars.toFixed(2)}`
}

/** Seconds as people say them: `8 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

/** `2026-01-31T09:30:00.000Z` → `2026-01-31 09:30`, in UTC. */
export function formatMinute(time: string): string {
  return time.slice(0, 16).replace('T', ' ')
}
