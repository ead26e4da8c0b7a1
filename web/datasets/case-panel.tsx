import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { JsonView } from '../sessions/json-view.tsx'
import { useProject } from '../shell/api.ts'
import '../sessions/tool-unit.css'
import { PeekPanel } from '../ui/peek-panel.tsx'
import { Time } from '../ui/time.tsx'
import { useCase } from './dataset-query.ts'
import { nameSplit } from './dataset-words.ts'

const LINES = 200

interface CasePanelProps {
  name: string
  id: string
  share: string
  onClose: () => void
}

/** A case beside the table, whole: what goes in, what is expected, where it comes from. */
export function CasePanel({ name, id, share, onClose }: CasePanelProps) {
  const { project } = useProject()
  const found = useCase(name, id)
  const one = found.data
  return (
    <PeekPanel id={id} what="case beside the table" title={one?.id ?? 'Case'} query={found} onClose={onClose}>
      {one !== undefined && (
        <>
          <p className="peek-facts">
            {nameSplit(one.split, share)} · since version {one.added_in}
            {one.removed_in !== null && `, not in version ${one.removed_in} any more`} ·{' '}
            <Time at={one.created_at} focusable />
          </p>
          {one.source !== null && (
            <p>
              From{' '}
              {one.session_id === null ? (
                one.source
              ) : (
                <Link to="/p/$project/sessions/$id" params={{ project, id: one.session_id }}>
                  session {one.session_id}
                </Link>
              )}
            </p>
          )}
          <Part key={`input ${id}`} title="Input" text={one.input} />
          {one.expected !== null && <Part key={`expected ${id}`} title="Expected" text={one.expected} />}
          {one.metadata !== '{}' && <Part key={`metadata ${id}`} title="Metadata" text={one.metadata} />}
        </>
      )}
    </PeekPanel>
  )
}

function Part({ title, text }: { title: string; text: string }) {
  const [lines, setLines] = useState(LINES)
  const many = text.length > LINES * 20
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <JsonView text={text} lines={lines} depth={4} />
      {many && lines < 20_000 && (
        <button type="button" className="plain-button" onClick={() => setLines(lines * 10)}>
          Show more lines
        </button>
      )}
    </section>
  )
}
