import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core'
import { useId } from 'react'
import type { Path } from './document.ts'
import { isFields } from './fields.ts'
import { type FormDocument, FormSection, readString } from './form-parts.tsx'
import { useBackendList, useModelList, usePromptList } from './use-suggestions.ts'

type Fields = { [field: string]: unknown }

/** What is asked: one prompt, or stages that read what those before them answered. */
export function PipelineFields({ form }: { form: FormDocument }) {
  const { pipeline } = form.value
  const stages = listStages(pipeline)
  const isList = Array.isArray(pipeline) || (isFields(pipeline) && Array.isArray(pipeline.stages))
  return (
    <FormSection form={form} title="What is asked" path={['pipeline']}>
      {!Array.isArray(pipeline) && (
        <AskedFields form={form} path={['pipeline']} given={isFields(pipeline) ? pipeline : {}} />
      )}
      {stages.map(({ path, stage }, index) => (
        <div key={path.join('.')} className={isList ? 'form-stage' : 'form-plain'}>
          {isList && (
            <>
              <div className="form-row">
                <TextInput
                  label={`Stage ${index + 1}`}
                  value={readString(stage.name)}
                  onChange={event => form.change([...path, 'name'], event.currentTarget.value)}
                />
                <Button
                  className="form-remove"
                  onClick={() => form.change(path, undefined)}
                  disabled={stages.length === 1}
                >
                  Remove stage
                </Button>
              </div>
              <AskedFields form={form} path={path} given={stage} inherits={!Array.isArray(pipeline)} />
            </>
          )}
          <PromptFields form={form} path={[...path, 'prompt']} prompt={stage.prompt} />
          {(stage.schema !== undefined || stage.tools !== undefined) && (
            <p className="quiet">Its schema of the output and its tools stand in the YAML.</p>
          )}
        </div>
      ))}
      <Button onClick={() => addStage(form, stages)}>Add a stage</Button>
    </FormSection>
  )
}

function listStages(pipeline: unknown): { path: Path; stage: Fields }[] {
  const [list, above]: [unknown[], Path] = Array.isArray(pipeline)
    ? [pipeline, ['pipeline']]
    : isFields(pipeline) && Array.isArray(pipeline.stages)
      ? [pipeline.stages, ['pipeline', 'stages']]
      : [[], []]
  if (above.length > 0)
    return list.map((stage, index) => ({ path: [...above, index], stage: isFields(stage) ? stage : {} }))
  return [{ path: ['pipeline'], stage: isFields(pipeline) ? pipeline : {} }]
}

function addStage(form: FormDocument, stages: { path: Path; stage: Fields }[]): void {
  const { pipeline } = form.value
  const names = stages.map(({ stage }) => readString(stage.name))
  let number = stages.length + 1
  while (names.includes(`stage_${number}`)) number++
  const former = names.at(-1) || 'stage_1'
  const added = { name: `stage_${number}`, prompt: `{{ stages.${former}.output }}` }
  const list = Array.isArray(pipeline) ? pipeline : isFields(pipeline) ? pipeline.stages : undefined
  if (Array.isArray(list)) {
    form.change([...(list === pipeline ? ['pipeline'] : ['pipeline', 'stages']), list.length], added)
    return
  }
  const { prompt = '', schema, tools, ...outer } = isFields(pipeline) ? pipeline : {}
  const first = {
    name: 'stage_1',
    prompt,
    ...(schema === undefined ? {} : { schema }),
    ...(tools === undefined ? {} : { tools }),
  }
  form.change(['pipeline'], { ...outer, stages: [first, added] })
}

function AskedFields(props: { form: FormDocument; path: Path; given: Fields; inherits?: boolean }) {
  const { form, path, given, inherits = false } = props
  const outer = isFields(form.value.pipeline) ? form.value.pipeline : {}
  const backend = readString(given.backend) || readString(outer.backend) || 'ollama'
  const backends = useBackendList().data ?? []
  const models = useModelList(backend)
  const list = useId()
  const names = [...new Set([...backends.map(one => one.name), ...(given.backend ? [readString(given.backend)] : [])])]
  return (
    <div className="form-row">
      <NativeSelect
        label="Backend"
        value={readString(given.backend)}
        onChange={event => form.change([...path, 'backend'], event.currentTarget.value || undefined)}
        data={[{ value: '', label: inherits ? 'as above' : 'ollama, by default' }, ...names]}
      />
      <TextInput
        label="Model"
        list={list}
        value={readString(given.model)}
        placeholder={inherits ? 'as above' : 'or varied below'}
        onChange={event => form.change([...path, 'model'], event.currentTarget.value || undefined)}
      />
      <datalist id={list}>
        {models.slice(0, 200).map(model => (
          <option key={model} value={model} />
        ))}
      </datalist>
    </div>
  )
}

/** A text of one or two messages, or a prompt of the registry. */
function PromptFields({ form, path, prompt }: { form: FormDocument; path: Path; prompt: unknown }) {
  const registered = isFields(prompt) && typeof prompt.name === 'string' ? prompt : null
  const texts = isFields(prompt) && registered === null ? prompt : { user: prompt }
  const system = readString(texts.system)
  const user = readString(texts.user)
  const write = (next: { system: string; user: string }) => {
    if (next.system === '') return form.change(path, next.user)
    if (!isFields(prompt) || registered !== null) return form.change(path, next)
    form.change([...path, next.system === system ? 'user' : 'system'], next.system === system ? next.user : next.system)
  }
  const switchTo = (kind: string) => form.change(path, kind === 'registry' ? { name: '' } : '')
  return (
    <>
      <div className="form-row">
        <NativeSelect
          label="Prompt"
          value={registered === null ? 'text' : 'registry'}
          onChange={event => switchTo(event.currentTarget.value)}
          data={[
            { value: 'text', label: 'a text that stands here' },
            { value: 'registry', label: 'from the registry' },
          ]}
        />
        {registered !== null && <RegisteredFields form={form} path={path} prompt={registered} />}
      </div>
      {registered === null && (
        <>
          <Textarea
            label="System message"
            className="template"
            autosize
            minRows={1}
            maxRows={16}
            value={system}
            placeholder="none"
            onChange={event => write({ system: event.currentTarget.value, user })}
          />
          <Textarea
            label="User's message"
            className="template"
            description="A Liquid template: {{ text }} is that field of a case's input"
            autosize
            minRows={2}
            maxRows={24}
            value={user}
            onChange={event => write({ system, user: event.currentTarget.value })}
          />
        </>
      )}
    </>
  )
}

function RegisteredFields({ form, path, prompt }: { form: FormDocument; path: Path; prompt: Fields }) {
  const prompts = usePromptList().data ?? []
  const name = readString(prompt.name)
  const names = [...new Set([...prompts.map(one => one.name), name])].filter(one => one !== '')
  const byVersion = typeof prompt.version === 'string'
  return (
    <>
      <NativeSelect
        label="Name"
        value={name}
        data={[{ value: '', label: 'Choose one' }, ...names]}
        onChange={event => form.change([...path, 'name'], event.currentTarget.value)}
      />
      <TextInput
        label={byVersion ? 'Version' : 'Label'}
        placeholder={byVersion ? '' : 'production'}
        value={readString(byVersion ? prompt.version : prompt.label)}
        onChange={event =>
          form.change([...path, byVersion ? 'version' : 'label'], event.currentTarget.value || undefined)
        }
      />
    </>
  )
}
