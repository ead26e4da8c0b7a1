import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { AxisLine, showChange } from '../sessions/axis-table.tsx'
import '../sessions/judgement.css'
import { nameExpert, Shape } from '../sessions/expert-shapes.tsx'
import { Markdown } from '../sessions/markdown.tsx'
import { addKnown, describeCut, groupPasses, type Pass } from '../sessions/pass-groups.ts'
import { nameSession } from '../sessions/session-name.ts'
import { useProject } from '../shell/api.ts'
import { type AxisScores, describeScores, SHOWN_AXES, type ShownAxis } from '../ui/axes.ts'
import { offerFile, writeCsv } from '../ui/csv.ts'
import '../ui/banner.css'
import { formatCount, formatDollars } from '../ui/numbers.ts'
import { Time } from '../ui/time.tsx'
import type { TrialOutcome } from './trial-query.ts'
import { describeCalls, describeContrast } from './trial-words.ts'

/** What the version on trial says, and what is stored, side by side. */
export function TrialSides({ outcome: { said, session } }: { outcome: TrialOutcome }) {
  const { project } = useProject()
  const [pass] = groupPasses(session)
  return (
    <div className="trial-outcome">
      <p className="quiet">
        <Link to="/p/$project/sessions/$id" params={{ project, id: said.session_id }}>
          {nameSession(session)}
        </Link>
        {pass === undefined ? '' : ` · ${describeContrast(said, pass.first, pass.since)}`}
      </p>
      <ScoreTable said={said} pass={pass} />
      <button type="button" className="plain-button" onClick={() => offerScores(said, pass)}>
        CSV
      </button>
      <div className="trial-sides">
        <Now said={said} />
        {pass === undefined ? (
          <Side id="trial-stored" title="Latest pass">
            <p className="quiet">Not judged yet.</p>
          </Side>
        ) : (
          <Stored pass={pass} />
        )}
      </div>
    </div>
  )
}

interface Both {
  said: TrialOutcome['said']
  pass: Pass | undefined
}

function ScoreTable({ said, pass }: Both) {
  return (
    <table className="axis-table trial-table">
      <caption className="unseen">Scores, 0 to 100: on trial, and of the latest pass</caption>
      <thead>
        <tr>
          <th scope="col">Axis</th>
          <th scope="col">Now, not saved</th>
          <th scope="col">{pass === undefined ? 'Not judged yet' : 'Latest pass'}</th>
          <th scope="col" title="Now, less the latest pass">
            Δ
          </th>
        </tr>
      </thead>
      <tbody>
        {SHOWN_AXES.map(({ axis, label }) => (
          <tr key={axis} data-axis={axis}>
            <th scope="row">{label}</th>
            <td>
              <Score judged={readNow(said)} axis={axis} label={`${label} now`} />
            </td>
            <td>
              <Score judged={pass} axis={axis} label={`${label} stored`} />
            </td>
            <td className="number">{showChange(subtract(said, pass, axis))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

interface Judged {
  experts: { expert_id: string; scores: AxisScores }[]
  average: AxisScores
}

/** Null where an expert has no scores: a mean without it would be compared with one of all. */
function readNow({ experts, avg }: TrialOutcome['said']): Judged | undefined {
  if (avg === null) return undefined
  return {
    experts: experts.flatMap(({ expert_id, scores }) => (scores === null ? [] : [{ expert_id, scores }])),
    average: avg,
  }
}

function Score({ judged, axis, label }: { judged: Judged | undefined; axis: ShownAxis; label: string }) {
  if (judged === undefined) return <span className="quiet">–</span>
  const mean = judged.average[axis]
  if (mean === null) return <span className="quiet">○ not used</span>
  return (
    <div className="trial-score">
      <AxisLine pass={judged} axis={axis} label={label} />
      <span>{mean}</span>
    </div>
  )
}

function Now({ said }: { said: TrialOutcome['said'] }) {
  const cut = describeCut(said.cut)
  const failed = said.experts.filter(one => one.error !== null)
  return (
    <Side id="trial-now" title="Now" tag="not saved">
      {failed.length > 0 && (
        <p className="banner">
          {failed.length === said.experts.length ? 'No expert' : 'Not every expert'} gave scores, so there is no mean.
        </p>
      )}
      {cut !== null && <p className="banner">Cut: the judge didn't see {cut}.</p>}
      <Facts
        judged={describeCalls(said)}
        model={nameModel(said.judge_model, said.experts)}
        judge={said.judge_version}
        rubric={said.rubric_version}
        tokens={addKnown(said.experts.map(one => addKnown([one.tokens_in, one.tokens_out])))}
        cost={addKnown(said.experts.map(one => one.cost_usd))}
        baseline={said.backend === 'baseline'}
      />
      {said.experts.map((one, index) => (
        <ExpertWords key={one.expert_id} {...one} index={index} />
      ))}
    </Side>
  )
}

/** The model that was asked for, and which one answered where that is another. */
function nameModel(asked: string, experts: { response_model: string | null }[]): string {
  const others = new Set(experts.flatMap(one => one.response_model ?? []))
  others.delete(asked)
  return others.size === 0 ? asked : `${asked} (answered by ${[...others].join(', ')})`
}

function Stored({ pass }: { pass: Pass }) {
  const { first } = pass
  return (
    <Side id="trial-stored" title="Latest pass">
      {pass.cut !== null && <p className="banner">Cut: the judge didn't see {pass.cut}.</p>}
      <Facts
        judged={<Time at={first.eval_date} focusable />}
        model={first.judge_model}
        judge={first.judge_version}
        rubric={first.rubric_version}
        tokens={pass.tokens}
        cost={pass.cost}
        baseline={pass.baseline}
      />
      {pass.experts.map((one, index) => (
        <ExpertWords key={one.expert_id} {...one} error={null} index={index} />
      ))}
    </Side>
  )
}

function Side({ id, title, tag, children }: { id: string; title: string; tag?: string; children: ReactNode }) {
  return (
    <section aria-labelledby={id}>
      <h3 id={id}>
        {title} {tag !== undefined && <span className="tag">{tag}</span>}
      </h3>
      {children}
    </section>
  )
}

interface FactsProps {
  judged: ReactNode
  model: string
  judge: string
  rubric: string
  tokens: number | null
  cost: number | null
  baseline: boolean
}

function Facts({ judged, model, judge, rubric, tokens, cost, baseline }: FactsProps) {
  return (
    <dl className="pass-facts">
      <dt>Judged</dt>
      <dd>{judged}</dd>
      <dt>Model</dt>
      <dd className="model">{model}</dd>
      <dt>Judge</dt>
      <dd>{judge}</dd>
      <dt>Rubric</dt>
      <dd>{rubric}</dd>
      {!baseline && (
        <>
          <dt>Tokens</dt>
          <dd>{tokens === null ? 'not known' : formatCount(tokens)}</dd>
          <dt>Cost</dt>
          <dd>{formatDollars(cost)}</dd>
        </>
      )}
    </dl>
  )
}

interface WordsProps {
  expert_id: string
  scores: AxisScores | null
  comment: string | null
  error: string | null
  index: number
}

function ExpertWords({ expert_id, scores, comment, error, index }: WordsProps) {
  return (
    <div className="trial-expert">
      <h4>
        <Shape index={index} expert={expert_id} /> {nameExpert(expert_id)}
      </h4>
      {scores !== null && <p className="quiet">{describeScores(scores)}</p>}
      {comment !== null && <Markdown text={comment} />}
      {error !== null && <p className="banner">No scores: {error}</p>}
    </div>
  )
}

function subtract(said: TrialOutcome['said'], pass: Pass | undefined, axis: ShownAxis): number | null {
  const [now, before] = [said.avg?.[axis], pass?.average[axis]]
  return typeof now === 'number' && typeof before === 'number' ? now - before : null
}

function offerScores(said: TrialOutcome['said'], pass: Pass | undefined): void {
  const rows = SHOWN_AXES.map(({ axis }) => [
    axis,
    said.avg?.[axis] ?? null,
    pass?.average[axis] ?? null,
    subtract(said, pass, axis),
  ])
  offerFile('trial.csv', writeCsv(['axis', 'now, not saved', 'latest pass', 'change'], rows))
}
