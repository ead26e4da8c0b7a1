import { Button, SegmentedControl } from '@mantine/core'
import { lazy, Suspense, useCallback, useDeferredValue, useMemo, useRef, useState } from 'react'
import type { ShownExperiment } from '#client.ts'
import { useProject } from '../shell/api.ts'
import '../ui/plain.css'
import { Skeleton } from '../ui/states.tsx'
import { formatClock } from '../ui/time.tsx'
import { useNarrow } from '../ui/use-narrow.ts'
import { BuildFoot } from './build-foot.tsx'
import { BuildForm } from './build-form.tsx'
import './build.css'
import { changeText, type Path, readText, type Trouble } from './document.ts'
import { listFields, listValues } from './schema-walk.ts'
import { useCheck, useDefinitionSchema } from './use-check.ts'
import { keepDraft, nameDraft, useDraft } from './use-draft.ts'
import { useSuggestions } from './use-suggestions.ts'
import { findTypingPlace } from './yaml-place.ts'

const YamlEditor = lazy(() => import('./yaml-editor.tsx').then(module => ({ default: module.YamlEditor })))

/** One document, as a form and as YAML side by side. */
export function Build({ origin, start }: { origin: ShownExperiment | null; start: string }) {
  const { project } = useProject()
  const narrow = useNarrow()
  const [side, setSide] = useState<'form' | 'yaml'>('form')
  const [place, setPlace] = useState<{ from: number; turn: number } | null>(null)
  const [refused, setRefused] = useState<Trouble[]>([])
  const draft = useDraft(nameDraft(project, origin?.id ?? 'new'), start)
  // Reading a text of many cases takes longer than a key may; what the form wrote is read at once, or its fields would jump.
  const byForm = useRef(false)
  const late = useDeferredValue(draft.text)
  const shown = byForm.current ? draft.text : late
  const read = useMemo(() => readText(shown), [shown])
  const schema = useDefinitionSchema()
  const check = useCheck(read, schema)
  const complete = useCompletion()
  const troubles = useMemo(
    () => [...check.broken, ...(check.refused.length > 0 ? check.refused : refused)],
    [check.broken, check.refused, refused],
  )
  const lastGood = useRef(read.value ?? {})
  if (read.value !== null) lastGood.current = read.value
  const value = lastGood.current
  const { setText } = draft
  const latest = useRef(draft.text)
  latest.current = draft.text
  const write = useCallback(
    (text: string, fromForm = false) => {
      byForm.current = fromForm
      setRefused(former => (former.length === 0 ? former : []))
      setText(text)
    },
    [setText],
  )
  const goTo = useCallback((from: number) => {
    setSide('yaml')
    setPlace(former => ({ from, turn: (former?.turn ?? 0) + 1 }))
  }, [])
  const frozen = check.broken[0] ?? null
  const form = useMemo(() => {
    const change = (path: Path, to: unknown) => write(changeText(latest.current, path, to), true)
    return { value, change, troubles, frozen, schema, goTo }
  }, [value, troubles, frozen, schema, goTo, write])
  // The server keeps what the text says, this browser its comments.
  const keep = (id: string, started: boolean) => {
    if (!started && id === origin?.id) return
    draft.release()
    if (!started) keepDraft(nameDraft(project, id), draft.text)
  }
  const both = !narrow
  return (
    <div className="build">
      <div className="build-head">
        <h1>
          {origin === null
            ? 'New experiment'
            : origin.status === 'draft'
              ? `Draft: ${origin.name}`
              : `Again: ${origin.name}`}
        </h1>
        <span className="quiet" role="status">
          {draft.restored !== null && `Your text from ${formatClock(draft.restored)}, which this browser kept.`}
        </span>
        {draft.restored !== null && (
          <Button variant="subtle" onClick={draft.discard}>
            Discard it
          </Button>
        )}
        {narrow && (
          <SegmentedControl
            aria-label="How it is shown"
            value={side}
            onChange={chosen => setSide(chosen === 'yaml' ? 'yaml' : 'form')}
            data={[
              { value: 'form', label: 'Form' },
              { value: 'yaml', label: 'YAML' },
            ]}
          />
        )}
      </div>
      <div className="build-sides">
        {(both || side === 'form') && <BuildForm form={form} />}
        {(both || side === 'yaml') && (
          <section className="build-yaml" aria-label="YAML">
            <Suspense fallback={<Skeleton lines={14} height={18} />}>
              <YamlEditor
                text={draft.text}
                onChange={write}
                troubles={troubles}
                complete={complete}
                label="The experiment as YAML"
                describedBy="build-troubles"
                place={place}
              />
            </Suspense>
            <Troubles troubles={troubles} goTo={goTo} />
          </section>
        )}
      </div>
      <BuildFoot
        read={read}
        late={read.text !== draft.text}
        check={check}
        origin={origin}
        onRefused={setRefused}
        onKept={keep}
      />
    </div>
  )
}

/** What is wrong, each with the way to its place. */
function Troubles({ troubles, goTo }: { troubles: Trouble[]; goTo: (from: number) => void }) {
  return (
    <div id="build-troubles" className="build-troubles" role="status">
      {troubles.length === 0 ? null : (
        <ul>
          {troubles.slice(0, 20).map(({ line, from, path, message }) => (
            <li key={`${from} ${message}`}>
              <button type="button" className="plain-button" onClick={() => goTo(from)}>
                line {line}
              </button>{' '}
              {path.length > 0 && <code>{path.join('.')}</code>} {message}
            </li>
          ))}
          {troubles.length > 20 && <li>and {troubles.length - 20} more</li>}
        </ul>
      )}
    </div>
  )
}

/** What may be written where: from the schema, and the names that this server knows. */
function useCompletion() {
  const schema = useDefinitionSchema()
  const names = useSuggestions()
  const latest = useRef({ schema, names, value: {} as unknown })
  latest.current.schema = schema
  latest.current.names = names
  return useCallback((text: string, position: number) => {
    const typing = findTypingPlace(text, position)
    const { schema: shape, names: known } = latest.current
    if (typing === null || shape === undefined) return null
    // The line that is being written may not be whole; what stands above it mostly is.
    const above = readText(text.slice(0, text.lastIndexOf('\n', position - 1) + 1))
    if (above.value !== null) latest.current.value = above.value
    const last = typing.path.at(-1)
    const offers =
      typing.what === 'field'
        ? listFields(shape, typing.path, latest.current.value).filter(({ label }) => !typing.present.includes(label))
        : [...listValues(shape, typing.path, latest.current.value), ...known(typing.path, String(last))]
    return { from: typing.from, field: typing.what === 'field', offers }
  }, [])
}
