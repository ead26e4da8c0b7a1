/** What variants are called where people read of them. */
import { canonicalJson, isJsonObject } from '#json.ts'

interface Trial {
  variant_no: number
  trial: { [name: string]: unknown }
}

const MOST_CHARACTERS = 60

/**
 * A label for each variant that says only what differs between them: the text where one parameter does and its values are
 * texts or prompts, else `name=value` for each. Long values are cut, numbers rounded to four digits, and labels that then
 * are the same get the variant's number. A variant that nothing sets apart is called by its number.
 */
export function labelVariants(variants: readonly Trial[]): string[] {
  const names = [...new Set(variants.flatMap(({ trial }) => Object.keys(trial)))]
  const differing = names.filter(
    name =>
      new Set(variants.map(({ trial }) => (Object.hasOwn(trial, name) ? canonicalJson(trial[name]) : ''))).size > 1,
  )
  const [only = ''] = differing
  const isNamed = differing.length > 1 || variants.some(({ trial }) => !isTelling(trial[only]))
  const labels = variants.map(({ variant_no, trial }) => {
    const parts = differing.map(name => (Object.hasOwn(trial, name) ? showValue(trial[name]) : '–'))
    if (parts.length === 0) return `variant ${variant_no}`
    return isNamed ? parts.map((part, at) => `${differing[at]}=${part}`).join(', ') : (parts[0] ?? '')
  })
  const counts = new Map<string, number>()
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  return labels.map((label, index) =>
    (counts.get(label) ?? 0) > 1 ? `${label} (variant ${variants[index]?.variant_no})` : label,
  )
}

/** A number or a flag by itself does not say what it is of, and may be taken for a variant's number. */
function isTelling(value: unknown): boolean {
  return (typeof value === 'string' && !/^\s*[-+.\d]/.test(value)) || isJsonObject(value)
}

function showValue(value: unknown): string {
  const text = describeValue(value).replace(/\s+/g, ' ').trim()
  const characters = [...text]
  if (text === '') return '""'
  return characters.length <= MOST_CHARACTERS ? text : `${characters.slice(0, MOST_CHARACTERS - 1).join('')}…`
}

function describeValue(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(Number.isInteger(value) ? value : Number(value.toPrecision(4)))
  if (!isJsonObject(value)) return JSON.stringify(value)
  // A prompt of the registry.
  if (typeof value.name === 'string' && value.user === undefined) {
    const which = value.version ?? value.label
    if (typeof which !== 'string') return value.name
    // A version's label begins with the prompt's name.
    return which.startsWith(`${value.name}@`) ? which : `${value.name} ${which}`
  }
  return typeof value.user === 'string' ? value.user : JSON.stringify(value)
}
