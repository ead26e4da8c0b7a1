import { Button, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { Failure, Skeleton } from '../ui/states.tsx'

/** How corrections are reviewed in this project. */
export function ReviewSettings() {
  const { project, client } = useProject()
  const share = useQuery({
    queryKey: [project, 'corrections', 'share'],
    queryFn: () => readAnswer(client.api.corrections.opinions.share.$get({ query: {} })),
  })
  const config = useQuery({
    queryKey: [project, 'corrections', 'config'],
    queryFn: () => readAnswer(client.api.corrections.config.$get()),
  })
  const rules = useQuery({
    queryKey: [project, 'corrections', 'rules'],
    queryFn: () => readAnswer(client.api.corrections.rules.$get({ query: {} })),
  })
  const trouble = [share, config, rules].find(one => one.isError)
  if (trouble !== undefined)
    return <Failure what="Couldn't load the settings" error={trouble.error} onRetry={() => void trouble.refetch()} />
  if (share.data === undefined || config.data === undefined || rules.data === undefined) return <Skeleton lines={6} />
  const on = rules.data.filter(rule => rule.enabled).length
  return (
    <>
      <p className="settings-lead">
        A reviewer's screen holds a candidate for ten minutes and renews that while it is seen; an abandoned one comes
        back by itself.
      </p>
      <ShareSetting key={share.data.share} share={share.data.share} />
      <FolderSetting key={config.data.bench_results_dir} folder={config.data.bench_results_dir} />
      <h2>Rules</h2>
      <p>
        {rules.data.length === 0
          ? 'No rule promotes answers by itself. '
          : `${rules.data.length} ${rules.data.length === 1 ? 'rule promotes' : 'rules promote'} answers by themselves, ${on} of them on. `}
        <Link to="/p/$project/corrections" params={{ project }} search={{ tab: 'rules' }}>
          See the rules
        </Link>
      </p>
    </>
  )
}

function ShareSetting({ share }: { share: number }) {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const [text, setText] = useState(formatPercent(share))
  const wanted = readPercent(text)
  const save = useMutation({
    mutationFn: (value: number) => readAnswer(client.api.corrections.opinions.share.$post({ json: { share: value } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: [project, 'corrections', 'share'] }),
  })
  return (
    <Setting
      title="Second opinions"
      error={save.error}
      saving={save.isPending}
      changed={wanted !== null && wanted !== share}
      onSave={() => wanted !== null && save.mutate(wanted)}
    >
      <TextInput
        label="Share of candidates that a second reviewer sees as well, in percent"
        description="Which ones they are depends on their ids alone, so a larger share only adds. Where two differ, the candidate is put to adjudication."
        inputMode="decimal"
        value={text}
        error={wanted === null && 'A number from 0 to 100'}
        onChange={event => setText(event.currentTarget.value)}
      />
    </Setting>
  )
}

function FolderSetting({ folder }: { folder: string }) {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const [path, setPath] = useState(folder)
  const save = useMutation({
    mutationFn: (bench_results_dir: string) =>
      readAnswer(client.api.corrections.config.$post({ json: { bench_results_dir } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: [project, 'corrections'] }),
  })
  return (
    <Setting
      title="Benchmark results"
      error={save.error}
      saving={save.isPending}
      changed={path.trim() !== folder}
      onSave={() => save.mutate(path.trim())}
    >
      <TextInput
        label="Folder whose runs can be imported as candidates"
        description="On the server, below a root that whetstone.yaml names (bench_roots). Empty: none."
        placeholder="/srv/bench/results"
        value={path}
        onChange={event => setPath(event.currentTarget.value)}
      />
    </Setting>
  )
}

interface SettingProps {
  title: string
  children: ReactNode
  changed: boolean
  saving: boolean
  error: unknown
  onSave: () => void
}

function Setting({ title, children, changed, saving, error, onSave }: SettingProps) {
  return (
    <form
      className="setting"
      aria-label={title}
      onSubmit={event => {
        event.preventDefault()
        if (changed) onSave()
      }}
    >
      <h2>{title}</h2>
      {children}
      <div className="settings-bar" style={{ marginTop: 8 }}>
        <Button type="submit" disabled={!changed} loading={saving}>
          Save
        </Button>
        <span role="status" className="quiet">
          {changed ? 'Not saved yet' : ''}
        </span>
      </div>
      {error !== null && <Failure what="It was not saved" error={error} />}
    </form>
  )
}

/** Null for what is no number from 0 to 100. */
function readPercent(text: string): number | null {
  if (!/^\s*\d{1,3}([.,]\d{1,4})?\s*%?\s*$/.test(text)) return null
  const value = Number.parseFloat(text.replace(',', '.'))
  return value > 100 ? null : Math.round(value * 10_000) / 1_000_000
}

function formatPercent(share: number): string {
  return String(Math.round(share * 1_000_000) / 10_000)
}
