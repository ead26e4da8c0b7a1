import { Link } from '@tanstack/react-router'
import type { PromptSummary } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { PeekPanel } from '../ui/peek-panel.tsx'
import { Labels } from './labels.tsx'
import { usePromptVersions } from './prompt-query.ts'
import { PromptVersions } from './prompt-versions.tsx'

const NEWEST = 10
/** So many characters of a template are shown. */
const BEGINNING = 1_500

interface PromptPeekProps {
  name: string
  /** As the list has it. */
  row: PromptSummary | undefined
  onClose: () => void
}

/** A prompt beside the list: its labels, how its newest version begins, and the versions before that. */
export function PromptPeek({ name, row, onClose }: PromptPeekProps) {
  const { project } = useProject()
  const versions = usePromptVersions(name, NEWEST)
  const newest = versions.data?.[0]
  const count = row?.version_count ?? 0
  return (
    <PeekPanel id={name} what="prompt beside the list" title={name} query={versions} onClose={onClose}>
      {versions.data && newest && (
        <>
          <p className="peek-facts">
            <Labels labels={row?.labels ?? {}} /> ·{' '}
            <Link to="/p/$project/prompts/$name/$v" params={{ project, name, v: 'latest' }}>
              Open
            </Link>
          </p>
          {newest.system !== null && <Beginning title="System message" text={newest.system} />}
          <Beginning title="User's message" text={newest.user} />
          <h3>{count > NEWEST ? `The newest ${NEWEST} of ${count.toLocaleString('en-US')} versions` : 'Versions'}</h3>
          <PromptVersions versions={versions.data} labels={row?.labels ?? {}} open={undefined} />
        </>
      )}
    </PeekPanel>
  )
}

function Beginning({ title, text }: { title: string; text: string }) {
  return (
    <>
      <h3>{title}</h3>
      <pre className="template">{text.length > BEGINNING ? `${text.slice(0, BEGINNING)} …` : text}</pre>
    </>
  )
}
