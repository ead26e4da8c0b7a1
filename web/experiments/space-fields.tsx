import { Button, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { Path } from './document.ts'
import { isFields } from './fields.ts'
import { type FormDocument, FormSection, NumberInput } from './form-parts.tsx'

/** Parameters whose values are always texts. */
const TEXTS = new Set(['model', 'backend', 'system', 'user', 'prompt'])

/** What is varied: parameters with the values that they take. */
export function SpaceFields({ form }: { form: FormDocument }) {
  const space = isFields(form.value.parameter_space) ? form.value.parameter_space : {}
  const [name, setName] = useState('')
  const add = () => {
    const wanted = name.trim()
    if (wanted === '' || Object.hasOwn(space, wanted)) return
    form.change(['parameter_space', wanted], [''])
    setName('')
  }
  return (
    <FormSection form={form} title="What is varied" path={['parameter_space']}>
      {Object.entries(space).map(([key, given]) => (
        <Parameter key={key} form={form} name={key} given={given} />
      ))}
      <div className="form-row">
        <TextInput
          label="Parameter"
          list="varied-names"
          placeholder="model, system, temperature, …"
          value={name}
          onChange={event => setName(event.currentTarget.value)}
          onKeyDown={event => event.key === 'Enter' && add()}
        />
        <datalist id="varied-names">
          {['model', 'system', 'user', 'prompt', 'backend', 'temperature', 'top_p', 'max_tokens'].map(one => (
            <option key={one} value={one} />
          ))}
        </datalist>
        <Button
          className="form-remove"
          onClick={add}
          disabled={name.trim() === '' || Object.hasOwn(space, name.trim())}
        >
          Vary it
        </Button>
      </div>
    </FormSection>
  )
}

function Parameter({ form, name, given }: { form: FormDocument; name: string; given: unknown }) {
  const path: Path = ['parameter_space', name]
  const within = isFields(given) && Array.isArray(given.values)
  const values = Array.isArray(given) ? given : isFields(given) && Array.isArray(given.values) ? given.values : null
  return (
    <fieldset className="form-parameter" aria-label={`Values of ${name}`}>
      <div className="form-parameter-head">
        <code>{name}</code>
        <button
          type="button"
          className="plain-button"
          onClick={() => form.change(path, undefined)}
          aria-label={`Remove ${name}`}
        >
          Remove
        </button>
      </div>
      {values !== null && <Values form={form} path={within ? [...path, 'values'] : path} name={name} values={values} />}
      {values === null && isFields(given) && (
        <div className="form-row">
          {['min', 'max', 'step'].map(field => (
            <NumberInput
              key={field}
              label={field}
              value={given[field]}
              required={field !== 'step'}
              placeholder={field === 'step' ? 'any between' : ''}
              onChange={value => form.change([...path, field], value)}
            />
          ))}
        </div>
      )}
    </fieldset>
  )
}

function Values({ form, path, name, values }: { form: FormDocument; path: Path; name: string; values: unknown[] }) {
  return (
    <>
      {values.map((value, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: values are told apart by their place alone
        <div className="form-value" key={index}>
          {typeof value === 'object' && value !== null ? (
            <code>{JSON.stringify(value)}</code>
          ) : (
            <ValueField
              label={`Value ${index + 1} of ${name}`}
              value={value}
              isText={TEXTS.has(name.split('.').at(-1) ?? '')}
              onChange={next => form.change([...path, index], next)}
            />
          )}
          <button
            type="button"
            className="plain-button"
            aria-label={`Remove value ${index + 1} of ${name}`}
            disabled={values.length === 1}
            onClick={() => form.change([...path, index], undefined)}
          >
            ✕
          </button>
        </div>
      ))}
      <button type="button" className="plain-button" onClick={() => form.change([...path, values.length], '')}>
        Add a value
      </button>
    </>
  )
}

/** Letters stay as they are typed while they mean the value: `1.0` is not changed to `1` under one's hands. */
function ValueField(props: { label: string; value: unknown; isText: boolean; onChange: (value: unknown) => void }) {
  const { label, value, isText, onChange } = props
  const [text, setText] = useState(String(value ?? ''))
  const parse = (typed: string) => (isText ? typed : parseScalar(typed))
  return (
    <Textarea
      aria-label={label}
      autosize
      minRows={1}
      maxRows={12}
      className={isText ? 'template' : ''}
      value={parse(text) === value ? text : String(value ?? '')}
      onChange={event => {
        setText(event.currentTarget.value)
        onChange(parse(event.currentTarget.value))
      }}
    />
  )
}

function parseScalar(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : text
}
