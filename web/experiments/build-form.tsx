import { NativeSelect, Textarea, TextInput } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { memo } from 'react'
import { useProject } from '../shell/api.ts'
import { countNoun } from '../ui/numbers.ts'
import { type Path, readPath } from './document.ts'
import { isFields } from './fields.ts'
import { type FormDocument, FormSection, NumberInput, readString } from './form-parts.tsx'
import { PipelineFields } from './pipeline-fields.tsx'
import { ScoringFields } from './scoring-fields.tsx'
import { SpaceFields } from './space-fields.tsx'
import { useDatasetList } from './use-suggestions.ts'

/** The document as a form. What it has no field for stays in the YAML as it is. */
export const BuildForm = memo(function BuildForm({ form }: { form: FormDocument }) {
  const { frozen } = form
  return (
    <div className="build-form" role="region" aria-label="Form">
      {frozen !== null && (
        <div className="form-frozen" role="alert">
          <span aria-hidden="true">✗</span>
          <span>
            <button type="button" className="plain-button" onClick={() => form.goTo(frozen.from)}>
              line {frozen.line}
            </button>
            : {frozen.message}
            <br />
            <span className="quiet">The form waits until the YAML is mended. Your text is kept.</span>
          </span>
        </div>
      )}
      <fieldset disabled={frozen !== null} aria-label="The experiment">
        <FormSection form={form} title="Question" path={['name']}>
          <div className="form-row">
            <TextInput
              label="Name"
              value={readString(form.value.name)}
              onChange={event => form.change(['name'], event.currentTarget.value)}
            />
          </div>
          <Textarea
            label="What it is about"
            autosize
            minRows={1}
            value={readString(form.value.description)}
            onChange={event => form.change(['description'], event.currentTarget.value || undefined)}
          />
        </FormSection>
        <DatasetFields form={form} />
        <PipelineFields form={form} />
        <SpaceFields form={form} />
        <ScoringFields form={form} />
        <SweepFields form={form} />
      </fieldset>
    </div>
  )
})

function DatasetFields({ form }: { form: FormDocument }) {
  const { project } = useProject()
  const datasets = useDatasetList()
  const given = form.value.dataset
  const settings = isFields(given) ? given : {}
  const name = readString(isFields(given) ? given.name : given)
  const known = (datasets.data ?? []).map(one => ({
    value: one.name,
    label: `${one.name} · ${countNoun(one.case_count, 'case')}`,
  }))
  const isOther = name !== '' && !known.some(one => one.value === name)
  const choose = (chosen: string) => {
    if (!isFields(given)) return form.change(['dataset'], chosen || null)
    const { version: _version, cases: _cases, ...rest } = given
    form.change(['dataset'], { ...rest, name: chosen })
  }
  const set = (field: string, value: unknown) => {
    if (isFields(given)) form.change(['dataset', field], value)
    else if (value !== undefined) form.change(['dataset'], { name, [field]: value })
  }
  const inline = Array.isArray(settings.cases) ? settings.cases.length : null
  return (
    <FormSection form={form} title="Cases" path={['dataset']}>
      <NativeSelect
        label="Dataset"
        value={name}
        onChange={event => choose(event.currentTarget.value)}
        data={[{ value: '', label: 'Choose one' }, ...(isOther ? [{ value: name, label: name }] : []), ...known]}
      />
      {name !== '' && !isOther && (
        // A long name is cut in the field, and whole here.
        <p className="chosen-dataset">
          <Link to="/p/$project/datasets/$name/$v" params={{ project, name, v: 'newest' }}>
            {name}
          </Link>
        </p>
      )}
      <div className="form-row">
        <NumberInput
          label="Share held back"
          value={settings.test_share}
          min={0}
          max={0.9}
          placeholder="0"
          onChange={value => set('test_share', value)}
        />
        <NumberInput
          label="At most"
          value={settings.limit}
          whole
          min={1}
          placeholder="all cases"
          onChange={value => set('limit', value)}
        />
      </div>
      {inline !== null && (
        <p className="quiet">
          {countNoun(inline, 'case')} {inline === 1 ? 'stands' : 'stand'} in the YAML.
        </p>
      )}
      {datasets.data?.length === 0 && inline === null && (
        <p className="quiet">There are no datasets yet: upload a CSV or JSONL file, or take cases from sessions.</p>
      )}
    </FormSection>
  )
}

const METHODS = [
  { value: 'grid', label: 'grid: every combination' },
  { value: 'random', label: 'random: some combinations' },
  { value: 'guided', label: 'guided: drops the worse half early' },
]

function SweepFields({ form }: { form: FormDocument }) {
  const read = (field: string) => readPath(form.value, ['sweep', field])
  const write = (field: string) => (value: unknown) => form.change(sweepPath(field), value)
  const method = readString(read('method')) || 'grid'
  return (
    <FormSection form={form} title="How it is run" path={['sweep']}>
      <div className="form-row">
        <NativeSelect
          label="Combinations"
          value={method}
          data={METHODS}
          onChange={event => write('method')(event.currentTarget.value)}
        />
        <NumberInput
          label="Variants, at most"
          value={read('trials')}
          whole
          min={1}
          placeholder="100"
          onChange={write('trials')}
        />
        <NumberInput
          label="Repeats"
          value={read('repeats')}
          whole
          min={1}
          max={1000}
          placeholder="1"
          onChange={write('repeats')}
        />
        <NumberInput
          label="Ceiling, US dollars"
          value={read('max_cost_usd')}
          min={0}
          placeholder="none"
          onChange={write('max_cost_usd')}
        />
        <NumberInput
          label="At the same time"
          value={read('concurrency')}
          whole
          min={1}
          placeholder="as the backend"
          onChange={write('concurrency')}
        />
      </div>
    </FormSection>
  )
}

function sweepPath(field: string): Path {
  return ['sweep', field]
}
