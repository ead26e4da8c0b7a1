import { useState } from 'react'

/** Longer texts are folded. */
const FOLDED_LINES = 6
const FOLDED_CHARACTERS = 700

/** What a case asked, field by field, and what was expected. */
export function CaseInput({ input, expected }: { input: unknown; expected: unknown }) {
  const fields = listFields(input)
  const alone = fields.length === 1
  return (
    <dl className="case-input">
      {fields.map(([name, value]) => (
        <Field key={name} name={alone ? 'input' : name} value={value} />
      ))}
      {expected !== null && expected !== undefined && <Field name="expected" value={expected} />}
    </dl>
  )
}

function Field({ name, value }: { name: string; value: unknown }) {
  const [open, setOpen] = useState(false)
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2)
  const short = fold(text)
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {open ? text : short}
        {short !== text && (
          <button type="button" className="plain-button" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? 'Show less' : `Show all ${text.length.toLocaleString('en-US')} characters`}
          </button>
        )}
      </dd>
    </div>
  )
}

function fold(text: string): string {
  const lines = text.split('\n', FOLDED_LINES).join('\n')
  const short = lines.slice(0, FOLDED_CHARACTERS)
  return short.length === text.length ? text : `${short} …`
}

function listFields(input: unknown): [string, unknown][] {
  return typeof input === 'object' && input !== null && !Array.isArray(input)
    ? Object.entries(input)
    : [['input', input]]
}
