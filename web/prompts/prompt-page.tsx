import { Button, NativeSelect } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import type { ShownPrompt } from '#client.ts'
import { diffLines } from '../sessions/line-diff.ts'
import { LoadFailure } from '../shell/missing.tsx'
import { useRecent } from '../shell/recent.ts'
import { useLinkKeys } from '../ui/link-keys.ts'
import { SplitPage } from '../ui/split-page.tsx'
import { Empty, Skeleton } from '../ui/states.tsx'
import { Time } from '../ui/time.tsx'
import { UnifiedDiff } from '../ui/unified-diff.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { FetchSnippet } from './fetch-snippet.tsx'
import { LabelDialog } from './label-dialog.tsx'
import { LabelHistory } from './label-history.tsx'
import { usePrompts, usePromptVersions, writeTemplates } from './prompt-query.ts'
import './prompts-page.css'
import { PromptVersions } from './prompt-versions.tsx'
import { digitsOf, type PromptSearch } from './prompts-search.ts'
import { RemoveLabel } from './remove-label.tsx'
import { WritePrompt } from './write-prompt.tsx'

const route = getRouteApi('/p/$project/prompts/$name/$v')

/** What is in it, what changed? */
export function PromptPage() {
  const { name, v } = route.useParams()
  const prompts = usePrompts()
  const versions = usePromptVersions(name)
  useLinkKeys({ noun: 'version', group: 'Prompt' })
  if (versions.isError && versions.data === undefined)
    return (
      <LoadFailure
        what="Couldn't load the prompt"
        error={versions.error}
        onRetry={() => void versions.refetch()}
        missing={{ noun: 'prompt', name: name, list: { label: 'Prompts', to: '/p/$project/prompts' } }}
      />
    )
  if (versions.data === undefined) return <Skeleton lines={10} />
  const labels = prompts.data?.find(one => one.name === name)?.labels ?? {}
  const open = v === 'latest' ? versions.data[0] : versions.data.find(one => digitsOf(one.version) === v)
  return (
    <SplitPage
      label={versions.data.length === 1 ? '1 version' : `${versions.data.length} versions`}
      list={<PromptVersions versions={versions.data} labels={labels} open={open} />}
    >
      {open === undefined ? (
        <>
          <h1 className="unseen">{name}</h1>
          <Empty>
            The prompt “{name}” has no version “{v}”.
          </Empty>
        </>
      ) : (
        <Prompt key={open.version} prompt={open} versions={versions.data} labels={labels} />
      )}
    </SplitPage>
  )
}

interface PromptProps {
  prompt: ShownPrompt
  versions: ShownPrompt[]
  labels: { [label: string]: string }
}

function Prompt({ prompt, versions, labels }: PromptProps) {
  const { name, v } = route.useParams()
  const { from, open } = route.useSearch()
  const navigate = route.useNavigate()
  const [labelling, setLabelling] = useState(false)
  const [removing, setRemoving] = useState<string | null>(null)
  const change = (to: PromptSearch) => void navigate({ search: to })
  const mine = Object.keys(labels).filter(label => labels[label] === prompt.version)
  const other = versions.find(one => digitsOf(one.version) === from)
  useRecent(v === 'latest' ? 'Prompt' : `Prompt, version ${v}`, name)
  useKeys([
    { keys: ['n'], label: 'Write a new version', group: 'Prompt', run: () => change({ open: 'write' }) },
    { keys: ['l'], label: 'Put a label at this version', group: 'Prompt', run: () => setLabelling(true) },
  ])
  return (
    <article>
      <div className="version-head">
        <h1>{prompt.version}</h1>
        {mine.map(label => (
          <span key={label} className="tag">
            {label}{' '}
            <button
              type="button"
              className="tag-remove"
              aria-label={`Take the label ${label} away …`}
              onClick={() => setRemoving(label)}
            >
              ×
            </button>
          </span>
        ))}
        <span className="quiet">
          {prompt.author ?? 'unknown'}, <Time at={prompt.created_at} focusable />
        </span>
      </div>
      <div className="version-tools">
        <Button onClick={() => setLabelling(true)}>Put a label here …</Button>
        <Button onClick={() => change({ open: 'write' })} disabled={open === 'write'}>
          New version
        </Button>
        <NativeSelect
          size="xs"
          aria-label="Compare with"
          value={other === undefined ? '' : digitsOf(other.version)}
          disabled={versions.length < 2}
          onChange={event => change(event.currentTarget.value === '' ? {} : { from: event.currentTarget.value })}
          data={[
            {
              value: '',
              label:
                versions.length < 2
                  ? 'Nothing to compare with'
                  : other === undefined
                    ? 'Compare with …'
                    : 'Not compared',
            },
            ...versions
              .filter(one => one !== prompt)
              .map(one => ({ value: digitsOf(one.version), label: `against ${nameVersion(one, labels)}` })),
          ]}
        />
        <button
          type="button"
          className="plain-button"
          aria-pressed={open === 'history'}
          onClick={() => change(open === 'history' ? {} : { open: 'history' })}
        >
          Who moved labels
        </button>
      </div>
      {open === 'write' && <WritePrompt of={prompt} onClose={() => change({})} />}
      {open === 'history' && <LabelHistory name={prompt.name} />}
      <div className="prompt-body">
        {other === undefined ? <Templates prompt={prompt} /> : <Difference before={other} after={prompt} />}
        <FetchSnippet name={prompt.name} labels={Object.keys(labels)} />
      </div>
      {labelling && <LabelDialog prompt={prompt} labels={labels} onClose={() => setLabelling(false)} />}
      {removing !== null && <RemoveLabel prompt={prompt} label={removing} onClose={() => setRemoving(null)} />}
    </article>
  )
}

function Templates({ prompt }: { prompt: ShownPrompt }) {
  return (
    <>
      {prompt.system !== null && <Template title="System message" text={prompt.system} />}
      <Template title="User's message" text={prompt.user} />
    </>
  )
}

function Template({ title, text }: { title: string; text: string }) {
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <pre className="template">{text}</pre>
    </section>
  )
}

function Difference({ before, after }: { before: ShownPrompt; after: ShownPrompt }) {
  const lines = useMemo(() => diffLines(writeTemplates(before), writeTemplates(after)), [before, after])
  return (
    <section aria-label="Changes">
      <p className="quiet">
        From <span className="mono">{before.version}</span> to <span className="mono">{after.version}</span>.
      </p>
      <UnifiedDiff label={`Changes from ${before.version} to ${after.version}`} lines={lines} />
    </section>
  )
}

function nameVersion(one: ShownPrompt, labels: { [label: string]: string }): string {
  const own = Object.keys(labels).filter(label => labels[label] === one.version)
  return own.length === 0 ? digitsOf(one.version) : `${digitsOf(one.version)} · ${own.join(', ')}`
}
