import { Button, NativeSelect } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { JudgeVersion, ShownPins } from '#client.ts'
import { useJudgeVersions } from '../judges/judge-query.ts'
import { splitVersion } from '../judges/judge-words.ts'
import { PinDialog } from '../judges/pin-dialog.tsx'
import { usePins } from '../judges/unpinned.tsx'
import { useProject } from '../shell/api.ts'
import { Failure, Skeleton } from '../ui/states.tsx'
import { Time } from '../ui/time.tsx'

/** Which panel judges, by which rubric: what scores are current, and what is stale. */
export function PinSettings() {
  const pins = usePins()
  const { panels, rubrics } = useJudgeVersions()
  const trouble = [pins, panels, rubrics].find(one => one.isError)
  return (
    <>
      <p className="settings-lead">
        Sessions that were judged under these two versions count as judged, all others as stale or pending. Lists and
        trends show scores under the pins.
      </p>
      {trouble !== undefined && (
        <Failure what="Couldn't load the pins" error={trouble.error} onRetry={() => void trouble.refetch()} />
      )}
      {trouble === undefined && (pins.isPending || panels.isPending || rubrics.isPending) && (
        <Skeleton lines={3} height={32} />
      )}
      {pins.data !== undefined && panels.data !== undefined && rubrics.data !== undefined && (
        <PinForm
          key={`${pins.data.judge_version} ${pins.data.rubric_version}`}
          pins={pins.data}
          panels={panels.data}
          rubrics={rubrics.data}
        />
      )}
    </>
  )
}

function PinForm({ pins, panels, rubrics }: { pins: ShownPins; panels: JudgeVersion[]; rubrics: JudgeVersion[] }) {
  const [panel, setPanel] = useState(pins.judge_version)
  const [rubric, setRubric] = useState(pins.rubric_version)
  const [asking, setAsking] = useState(false)
  const same = panel === pins.judge_version && rubric === pins.rubric_version
  return (
    <>
      <p>
        Pinned <Time at={pins.pinned_at} focusable />: panel <VersionLink kind="panels" version={pins.judge_version} />,
        rubric <VersionLink kind="rubrics" version={pins.rubric_version} />.
      </p>
      <form
        className="settings-form"
        aria-label="Pins"
        onSubmit={event => {
          event.preventDefault()
          setAsking(true)
        }}
      >
        <Choice label="Panel" value={panel} versions={panels} onChange={setPanel} />
        <Choice label="Rubric" value={rubric} versions={rubrics} onChange={setRubric} />
        <Button type="submit" variant="filled" disabled={same} title={same ? 'These are pinned' : undefined}>
          Pin …
        </Button>
      </form>
      {asking && <PinDialog pins={{ panel, rubric }} onClose={() => setAsking(false)} />}
    </>
  )
}

interface ChoiceProps {
  label: string
  value: string
  versions: JudgeVersion[]
  onChange: (version: string) => void
}

function Choice({ label, value, versions, onChange }: ChoiceProps) {
  const known = versions.some(one => one.version === value)
  return (
    <NativeSelect
      label={label}
      value={value}
      onChange={event => onChange(event.currentTarget.value)}
      data={[
        ...(known ? [] : [value]),
        ...versions.map(({ version, pinned }) => ({ value: version, label: pinned ? `${version} (pinned)` : version })),
      ]}
    />
  )
}

function VersionLink({ kind, version }: { kind: 'panels' | 'rubrics'; version: string }) {
  const { project } = useProject()
  return (
    <Link to="/p/$project/judges/$kind/$name/$v" params={{ project, kind, ...splitVersion(version) }}>
      {version}
    </Link>
  )
}
