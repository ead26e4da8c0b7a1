/** What a leaderboard comes to, in a sentence or three. Pure. */

export interface VerdictInput {
  /** Labels of those that rank first, the winner first: nobody is significantly better than these. */
  leaders: string[]
  /** How many variants are ranked. */
  ranked: number
  /** How many of the others the winner is significantly better than. */
  beaten: number
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

/** The sentences; null where nothing is ranked. Labels of several words stand in quotation marks. */
export function wordVerdict(given: VerdictInput): string | null {
  const input = quoteLabels(given)
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
function listNames(names: readonly string[], most = 3): string {
  const shown = names.length > most + 1 ? names.slice(0, most) : names
  const rest = names.length - shown.length
  const parts = rest > 0 ? [...shown, `${rest} others`] : shown
  return parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}

function quoteLabels(input: VerdictInput): VerdictInput {
  const { leaders, runner_up, confirmation } = input
  const quoteLabel = <Labelled extends { label: string }>(one: Labelled) => ({ ...one, label: quoteName(one.label) })
  return {
    ...input,
    leaders: leaders.map(quoteName),
    runner_up: runner_up && quoteLabel(runner_up),
    confirmation: confirmation && { ...confirmation, against: confirmation.against.map(quoteLabel) },
  }
}

function quoteName(label: string): string {
  return /\s/.test(label) && !/^variant \d+$/.test(label) ? `“${label}”` : label
}

function wordLead(winner: string, { leaders, ranked, beaten, cases, detectable, runner_up }: VerdictInput): string {
  if (leaders.length > 1) {
    const shown = detectable === null ? '' : `; a difference of ${round(detectable, 'up')} would have shown`
    return `${listNames(leaders)} can't be separated on ${count(cases, 'case')}${shown}.`
  }
  const lead = runner_up === null ? '' : `; ${interval(runner_up.difference, runner_up)} ahead of ${runner_up.label}`
  if (beaten === ranked - 1) {
    const others = ranked === 2 ? 'the other' : `each of the other ${ranked - 1}`
    return `${winner} is better than ${others} on ${count(cases, 'case')}${lead}.`
  }
  // In a guided sweep those that were dropped saw few cases.
  const better = beaten === 0 ? '' : `it is better than ${beaten} of the other ${ranked - 1} and `
  const rest = beaten === 0 ? 'any of the others' : 'the rest'
  return `${winner} leads on ${count(cases, 'case')}: ${better}can't be separated from ${rest}${lead}.`
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
