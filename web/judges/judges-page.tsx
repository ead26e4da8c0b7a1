import { Button, NativeSelect } from '@mantine/core'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import type { JudgeVersion } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useLinkKeys } from '../ui/link-keys.ts'
import { SplitPage } from '../ui/split-page.tsx'
import { Empty, Failure, Skeleton } from '../ui/states.tsx'
import { Time } from '../ui/time.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { JudgeList } from './judge-list.tsx'
import { useJudgeVersions } from './judge-query.ts'
import { readJudgeSearch } from './judge-search.ts'
import { JudgeDiff, JudgeText } from './judge-text.tsx'
import './judges-page.css'
import { PinDialog } from './pin-dialog.tsx'
import { Separation } from './separation.tsx'
import { Trial } from './trial.tsx'

/** Can I trust the judge? */
export function JudgesPage() {
  const { kind: given, name, v } = useParams({ strict: false })
  const { project } = useProject()
  const { panels, rubrics } = useJudgeVersions()
  useLinkKeys({ noun: 'version', group: 'Judges' })
  const trouble = [panels, rubrics].find(one => one.isError)
  if (trouble !== undefined)
    return <Failure what="Couldn't load the judges" error={trouble.error} onRetry={() => void trouble.refetch()} />
  if (panels.data === undefined || rubrics.data === undefined) return <Skeleton lines={10} />
  const kind = given === 'panels' ? 'panels' : 'rubrics'
  const versions = kind === 'panels' ? panels.data : rubrics.data
  const open =
    name === undefined
      ? (versions.find(one => one.pinned) ?? versions[0])
      : versions.find(one => one.version === `${name}@${v}`)
  return (
    <SplitPage label="Rubrics and panels" list={<JudgeList rubrics={rubrics.data} panels={panels.data} open={open} />}>
      {open === undefined ? (
        <>
          <h1 className="unseen">Judges</h1>
          <Empty
            action={
              <Link to="/p/$project/judges" params={{ project }}>
                Judges
              </Link>
            }
          >
            There is no {kind === 'panels' ? 'panel' : 'rubric'} “{name}@{v}” in this project.
          </Empty>
        </>
      ) : (
        <Judge key={open.version} kind={kind} version={open} versions={versions} />
      )}
    </SplitPage>
  )
}

interface JudgeProps {
  kind: 'panels' | 'rubrics'
  version: JudgeVersion
  versions: JudgeVersion[]
}

function Judge({ kind, version, versions }: JudgeProps) {
  const { from, open } = readJudgeSearch(useSearch({ strict: false }))
  const navigate = useNavigate()
  const [pinning, setPinning] = useState(false)
  const [asked, setAsked] = useState(false)
  const opener = useRef<HTMLButtonElement>(null)
  const compare = (to: string) => void navigate({ to: '.', search: to === '' ? {} : { from: to } })
  const openTrial = () => {
    setAsked(true)
    if (open !== 'try') void navigate({ to: '.', search: { open: 'try' } })
  }
  const closeTrial = () => {
    opener.current?.focus()
    setAsked(false)
    void navigate({ to: '.', search: {} })
  }
  useKeys([
    { keys: [], label: `Pin ${version.version}`, group: 'Judges', run: () => setPinning(!version.pinned) },
    { keys: ['t'], label: 'Try it on a session', group: 'Judges', run: openTrial },
  ])
  return (
    <article>
      <div className="version-head">
        <h1>{version.version}</h1>
        <span className="quiet">
          {kind === 'panels' ? 'Panel' : 'Rubric'}, since <Time at={version.created_at} focusable />
        </span>
      </div>
      <div className="version-tools">
        {version.pinned ? (
          <span className="pinned">◆ Pinned</span>
        ) : (
          <Button onClick={() => setPinning(true)}>Pin …</Button>
        )}
        <Button ref={opener} aria-expanded={open === 'try'} onClick={open === 'try' ? closeTrial : openTrial}>
          Try …
        </Button>
        <NativeSelect
          size="xs"
          aria-label="Compare with"
          value={from ?? ''}
          onChange={event => compare(event.currentTarget.value)}
          disabled={versions.length < 2}
          data={[
            {
              value: '',
              label:
                versions.length < 2
                  ? 'Nothing to compare with'
                  : from === undefined
                    ? 'Compare with …'
                    : 'Not compared',
            },
            ...versions
              .filter(one => one !== version)
              .map(one => ({ value: one.version, label: `against ${one.version}` })),
          ]}
        />
      </div>
      <div className="judge-body">
        {open === 'try' && <Trial kind={kind} version={version.version} asked={asked} onClose={closeTrial} />}
        {from === undefined ? (
          <>
            {version.pinned && <Separation />}
            <JudgeText kind={kind} version={version.version} />
          </>
        ) : (
          <JudgeDiff kind={kind} from={from} to={version.version} />
        )}
      </div>
      {pinning && (
        <PinDialog
          pins={kind === 'panels' ? { panel: version.version } : { rubric: version.version }}
          onClose={() => setPinning(false)}
        />
      )}
    </article>
  )
}
