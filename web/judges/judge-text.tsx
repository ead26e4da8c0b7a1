import { useMemo } from 'react'
import type { ShownPanel, ShownRubric } from '#client.ts'
import { diffLines } from '../sessions/line-diff.ts'
import { Failure, Skeleton } from '../ui/states.tsx'
import { UnifiedDiff } from '../ui/unified-diff.tsx'
import { usePanel, useRubric } from './judge-query.ts'
import { listAxes, writePanel, writeRubric } from './judge-words.ts'

type Kind = 'panels' | 'rubrics'

/** What a judge reads, word for word. */
export function JudgeText({ kind, version }: { kind: Kind; version: string }) {
  const rubric = useRubric(kind === 'rubrics' ? version : undefined)
  const panel = usePanel(kind === 'panels' ? version : undefined)
  const text = kind === 'rubrics' ? rubric : panel
  if (text.isError)
    return <Failure what="Couldn't load the text" error={text.error} onRetry={() => void text.refetch()} />
  if (kind === 'rubrics') return rubric.data === undefined ? <Skeleton lines={12} /> : <Rubric rubric={rubric.data} />
  return panel.data === undefined ? <Skeleton lines={12} /> : <Panel panel={panel.data} />
}

/** What changed from one version to another, sentence by sentence. */
export function JudgeDiff({ kind, from, to }: { kind: Kind; from: string; to: string }) {
  const [before, after] = [useText(kind, from), useText(kind, to)]
  const lines = useMemo(() => diffLines(before.text ?? '', after.text ?? ''), [before.text, after.text])
  for (const { query } of [before, after]) {
    if (query.isError)
      return <Failure what="Couldn't load the text" error={query.error} onRetry={() => void query.refetch()} />
  }
  if (before.text === null || after.text === null) return <Skeleton lines={12} />
  return (
    <>
      <p className="quiet">
        From <span className="mono">{from}</span> to <span className="mono">{to}</span>, a sentence a line.
      </p>
      <UnifiedDiff label={`Changes from ${from} to ${to}`} lines={lines} />
    </>
  )
}

function useText(kind: Kind, version: string) {
  const rubric = useRubric(kind === 'rubrics' ? version : undefined)
  const panel = usePanel(kind === 'panels' ? version : undefined)
  if (kind === 'rubrics') return { query: rubric, text: rubric.data === undefined ? null : writeRubric(rubric.data) }
  return { query: panel, text: panel.data === undefined ? null : writePanel(panel.data) }
}

function Rubric({ rubric }: { rubric: ShownRubric }) {
  return (
    <>
      <p className="judge-title">{rubric.title}</p>
      {listAxes(rubric).map(({ axis, letter, title, description, anchors, unused }) => (
        <section key={axis} aria-labelledby={`axis-${axis}`}>
          <h2 id={`axis-${axis}`}>
            <span className="letter">{letter}</span> {title} <span className="quiet mono">{axis}</span>
          </h2>
          <Words text={description} />
          <dl className="anchors">
            {[...anchors, ...(unused === undefined ? [] : [['null', unused]])].map(([score, words]) => (
              <div key={score}>
                <dt>{score}</dt>
                <dd>{words}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </>
  )
}

function Panel({ panel }: { panel: ShownPanel }) {
  const parameters = Object.entries(panel.parameters ?? {})
  return (
    <>
      <p className="judge-title">{panel.title}</p>
      <p className="quiet">
        {panel.kind === 'baseline' ? 'Computed without a model' : 'Each expert is a call to a model'}
        {parameters.map(([name, value]) => ` · ${name} ${value}`)}
      </p>
      {panel.experts.map(({ id, title, instructions }) => (
        <section key={id} aria-labelledby={`expert-${id}`}>
          <h2 id={`expert-${id}`}>
            {title} <span className="quiet mono">{id}</span>
          </h2>
          <Words text={instructions} />
        </section>
      ))}
    </>
  )
}

/** Paragraph by paragraph. */
function Words({ text }: { text: string }) {
  return text.split(/\n+/).map((paragraph, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: paragraphs of a text have no other name
    <p key={index} className="judge-words">
      {paragraph}
    </p>
  ))
}
