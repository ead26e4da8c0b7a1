/** What a leaderboard comes to, in a sentence or three. Pure. */

export interface VerdictInput {
  /** Labels of those that rank first, the winner first: nobody is significantly better than these. */
  leaders: string[]
  /** How many variants are ranked. */
  ranked: number
  /** Cases of the winner. */
  cases: number
  /** Of a difference between the winner and another leader; the largest of them. Null: no statement is possible. */
  detectable: number | null
  /** The winner and the variant that comes next. */
  runner_up: { label: string; difference: number; low: number; high: number } | null
  /** On the cases that were held back; null where none were. */
  confirmation: {
    cases: number
    mean: number
    low: number
    high: number
    against: { label: string; difference: number; low: number; high: number }[]
  } | null
  /** Whether the ranking is on the very cases that a test would need. */
  split: 'all' | 'train' | 'test'
  /** Runs that did not take place, of an experiment that ended before its end. */
  left_out: number
}

/** The sentences; null where nothing is ranked. */
export function wordVerdict(input: VerdictInput): string | null {
  const [winner] = input.leaders
  if (winner === undefined) return null
  const sentences = [
    input.ranked === 1 ? `Only ${winner} is ranked, on ${count(input.cases, 'case')}.` : wordLead(winner, input),
  ]
  if (input.left_out > 0) sentences.push(`It ended with ${count(input.left_out, 'run')} left out.`)
  if (input.ranked > 1) sentences.push(wordSelection(winner, input))
  return sentences.join(' ')
}

/** Names in a row: `A`, `A and B`, `A, B and C`, `A, B, C and 7 others`. */
export function listNames(names: readonly string[], most = 3): string {
  const shown = names.length > most + 1 ? names.slice(0, most) : names
  const rest = names.length - shown.length
  const parts = rest > 0 ? [...shown, `${rest} others`] : shown
  return parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}

function wordLead(winner: string, { leaders, ranked, cases, detectable, runner_up }: VerdictInput): string {
  if (leaders.length > 1) {
    const shown = detectable === null ? '' : `; a difference of ${round(detectable, 'up')} would have shown`
    return `${listNames(leaders)} can't be separated on ${count(cases, 'case')}${shown}.`
  }
  const others = ranked === 2 ? 'the other' : `each of the other ${ranked - 1}`
  const lead = runner_up === null ? '' : `; ${interval(runner_up.difference, runner_up)} before ${runner_up.label}`
  return `${winner} is better than ${others} on ${count(cases, 'case')}${lead}.`
}

function wordSelection(winner: string, { confirmation, split }: VerdictInput): string {
  if (confirmation === null) {
    return split === 'train'
      ? `On the cases that were held back ${winner} has no score yet.`
      : `${winner} was selected on these cases, so its mean here is likely too high.`
  }
  const against = confirmation.against.map(one => `${interval(one.difference, one)} against ${one.label}`)
  const compared = against.length === 0 ? '' : `, ${listNames(against)}`
  return `On ${count(confirmation.cases, 'case')} held back it scores ${interval(confirmation.mean, confirmation)}${compared}.`
}

function interval(value: number, { low, high }: { low: number; high: number }): string {
  return `${round(value)} (${round(low)} to ${round(high)})`
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}

/** A minus as long as a plus; what would have shown is rounded up, so that it is true. */
function round(value: number, way: 'near' | 'up' = 'near'): string {
  const rounded = way === 'up' ? Math.ceil(value * 100 - 1e-9) / 100 : value
  return rounded
    .toFixed(2)
    .replace(/^-0\.00$/, '0.00')
    .replace('-', '−')
}
