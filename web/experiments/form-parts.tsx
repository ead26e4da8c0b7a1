import { TextInput } from '@mantine/core'
import { type ReactNode, useEffect, useState } from 'react'
import type { Path, Trouble } from './document.ts'
import type { Schema } from './schema-walk.ts'

/** The document as its form has it. */
export interface FormDocument {
  /** What the text says; while it cannot be read, what it said last. */
  value: { [field: string]: unknown }
  /** Writes a value into the text; `undefined` takes the field away. */
  change: (path: Path, value: unknown) => void
  troubles: Trouble[]
  /** Why nothing can be changed here until the text is mended. */
  frozen: Trouble | null
  schema: Schema | undefined
  goTo: (from: number) => void
}

/** A part of the form, with what is wrong in it. */
export function FormSection(props: { form: FormDocument; title: string; path: Path; children: ReactNode }) {
  const { form, title, path, children } = props
  const mine = form.frozen === null ? form.troubles.filter(one => path.every((step, at) => one.path[at] === step)) : []
  return (
    <section className="form-section" aria-label={title}>
      <h2>{title}</h2>
      {children}
      {mine.map(({ line, from, message }) => (
        <p className="form-trouble" key={`${from} ${message}`}>
          <span aria-hidden="true">✗</span>{' '}
          <button type="button" className="plain-button" onClick={() => form.goTo(from)}>
            line {line}
          </button>{' '}
          {message}
        </p>
      ))}
    </section>
  )
}

/**
 * A field whose letters are its own until they mean something: what is typed stays as it is typed, and what cannot be meant
 * is said and not written.
 */
function ParsedInput<Value>(props: {
  label: string
  value: Value | undefined
  show: (value: Value) => string
  /** `undefined` where the text means nothing. */
  parse: (text: string) => Value | undefined
  /** Without it an empty field takes the value away. */
  required?: boolean
  onChange: (value: Value | undefined) => void
  complaint?: string
  placeholder?: string
  hidden?: boolean
}) {
  const { label, value, show, parse, onChange, complaint } = props
  const shown = value === undefined ? '' : show(value)
  const [text, setText] = useState(shown)
  const meant = text.trim() === '' ? undefined : parse(text)
  const same = (meant === undefined ? '' : show(meant)) === shown
  useEffect(() => {
    // Changed elsewhere: in the YAML, or by going back.
    setText(former => {
      const before = former.trim() === '' ? undefined : parse(former)
      return (before === undefined ? '' : show(before)) === shown ? former : shown
    })
  }, [shown, parse, show])
  const wrong = text.trim() !== '' && meant === undefined
  return (
    <TextInput
      {...(props.hidden ? { 'aria-label': label } : { label })}
      value={same || wrong ? text : shown}
      placeholder={props.placeholder ?? ''}
      error={wrong && (complaint ?? 'Not understood')}
      onChange={event => {
        const typed = event.currentTarget.value
        setText(typed)
        if (typed.trim() === '') {
          if (!props.required) onChange(undefined)
          return
        }
        const next = parse(typed)
        if (next !== undefined) onChange(next)
      }}
    />
  )
}

/** A number, within bounds. */
export function NumberInput(props: {
  label: string
  value: unknown
  onChange: (value: number | undefined) => void
  whole?: boolean
  min?: number
  max?: number
  required?: boolean
  placeholder?: string
  hidden?: boolean
}) {
  const { value, whole = false, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, ...rest } = props
  const parse = (text: string) => {
    const number = /^\s*[-+]?(\d+\.?\d*|\.\d+)\s*$/.test(text) ? Number(text) : Number.NaN
    return Number.isNaN(number) || number < min || number > max || (whole && !Number.isInteger(number))
      ? undefined
      : number
  }
  const kind = whole ? 'A whole number' : 'A number'
  const complaint = `${kind}${min > Number.NEGATIVE_INFINITY ? ` from ${min}` : ''}${max < Number.POSITIVE_INFINITY ? ` to ${max}` : ''}`
  return (
    <ParsedInput
      {...rest}
      value={typeof value === 'number' ? value : undefined}
      show={String}
      parse={parse}
      complaint={complaint}
    />
  )
}

/** A text of the document; anything else is shown as nothing. */
export function readString(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
