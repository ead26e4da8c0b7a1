import { NativeSelect } from '@mantine/core'
import { type Path, readPath } from './document.ts'
import { isFields } from './fields.ts'
import { type FormDocument, FormSection, NumberInput, readString } from './form-parts.tsx'
import { listValues, type Schema } from './schema-walk.ts'

/** What counts, and how much. */
export function ScoringFields({ form }: { form: FormDocument }) {
  const scoring = isFields(form.value.scoring_config) ? form.value.scoring_config : {}
  const scorers: unknown[] = Array.isArray(scoring.scorers) ? scoring.scorers : []
  const weights = isFields(scoring.weights) ? scoring.weights : {}
  const kinds = listKinds(form.schema)
  const names = scorers.map(nameScorer)
  const others = Object.keys(weights).filter(name => !names.includes(name))
  return (
    <FormSection form={form} title="What counts" path={['scoring_config']}>
      {scorers.map((scorer, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: scorers are told apart by their place
        <Scorer key={index} form={form} index={index} scorer={scorer} weights={weights} kinds={kinds} />
      ))}
      {others.map(name => (
        <div className="form-scorer" key={name}>
          <span>
            {name} <span className="quiet">by people</span>
          </span>
          <Weight form={form} name={name} weights={weights} />
        </div>
      ))}
      <div className="form-row">
        <NativeSelect
          label="Add a scorer"
          value=""
          data={[{ value: '', label: 'Choose one' }, ...kinds]}
          onChange={event => {
            const kind = event.currentTarget.value
            if (kind !== '') form.change(['scoring_config', 'scorers', scorers.length], startScorer(kind))
          }}
        />
        <NumberInput
          label="A run passes from"
          value={scoring.pass_threshold}
          min={0}
          max={1}
          placeholder="0.5"
          onChange={value => form.change(['scoring_config', 'pass_threshold'], value)}
        />
      </div>
    </FormSection>
  )
}

interface ScorerProps {
  form: FormDocument
  index: number
  scorer: unknown
  weights: { [name: string]: unknown }
  kinds: string[]
}

function Scorer({ form, index, scorer, weights, kinds }: ScorerProps) {
  const path: Path = ['scoring_config', 'scorers', index]
  const kind = readString(isFields(scorer) ? scorer.kind : scorer)
  const name = nameScorer(scorer)
  const settings = isFields(scorer)
    ? Object.entries(scorer).flatMap(([field, value]) =>
        field === 'kind' || field === 'name' ? [] : [`${field}: ${JSON.stringify(value)}`],
      )
    : []
  const choose = (next: string) => {
    const named = isFields(scorer) && typeof scorer.name === 'string' ? { name: scorer.name } : {}
    const started = startScorer(next)
    const plain = typeof started === 'string' && !('name' in named)
    form.change(path, plain ? next : { ...(typeof started === 'string' ? { kind: next } : started), ...named })
  }
  return (
    <div className="form-scorer">
      <NativeSelect
        aria-label={`Kind of scorer ${index + 1}`}
        value={kind}
        data={[...new Set([kind, ...kinds])]}
        onChange={event => choose(event.currentTarget.value)}
      />
      <Weight form={form} name={name} weights={weights} />
      <button
        type="button"
        className="plain-button"
        aria-label={`Remove scorer ${name}`}
        onClick={() => form.change(path, undefined)}
      >
        ✕
      </button>
      {(name !== kind || settings.length > 0) && (
        <code className="form-settings">{[...(name === kind ? [] : [`name: ${name}`]), ...settings].join(', ')}</code>
      )}
    </div>
  )
}

function Weight({ form, name, weights }: { form: FormDocument; name: string; weights: { [name: string]: unknown } }) {
  return (
    <NumberInput
      label={`Weight of ${name}`}
      hidden
      value={readPath(weights, [name])}
      min={0}
      placeholder="weight"
      onChange={value => form.change(['scoring_config', 'weights', name], value)}
    />
  )
}

/** A scorer's name: its kind, unless it has one of its own. */
function nameScorer(scorer: unknown): string {
  if (!isFields(scorer)) return readString(scorer)
  return readString(scorer.name) || readString(scorer.kind)
}

/** What a scorer begins with that cannot do without settings. */
function startScorer(kind: string): string | { [field: string]: unknown } {
  const needed: { [kind: string]: object } = {
    ...{ regex: { pattern: '' }, json_schema: { schema: { type: 'object' } }, length: { max: 1000 } },
    ...{ keyword: { keywords: [''] }, latency: { limit_ms: 10_000 }, cost: { limit_usd: 0.01 } },
    ...{ llm_judge: { rubric: 'What a 10 is, and what a 1 is.', model: '' }, markdown: { headings: [] } },
  }
  const settings = needed[kind]
  return settings === undefined ? kind : { kind, ...settings }
}

function listKinds(schema: Schema | undefined): string[] {
  if (schema === undefined) return []
  const offers = listValues(schema, ['scoring_config', 'scorers', 0], {})
  return [...new Set(offers.map(({ label }) => label))]
}
