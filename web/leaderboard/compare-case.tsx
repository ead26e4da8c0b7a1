import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { ShownComparison } from '#client.ts'
import { letterOf } from '#experiments/variant-letter.ts'
import { nameCase } from '../experiments/experiment-words.ts'
import { useProject } from '../shell/api.ts'
import { formatDollars, formatDuration } from '../ui/numbers.ts'
import { CaseInput } from './case-input.tsx'
import type { ComparedCase, ComparedRun } from './compare-query.ts'
import { OutputDiff } from './output-diff.tsx'
import { RepeatDots } from './repeat-dots.tsx'
import { formatDifference, formatScore } from './score-numbers.ts'

interface CaseProps {
  id: string
  of: ShownComparison
  one: ComparedCase
}

const WINS = { a: 'regressed', b: 'improved', tie: 'same' } as const

/** One case by both variants: what was asked, what each repeat scored, and how the answers differ. */
export function CompareCase({ id, of, one }: CaseProps) {
  const [repeat, setRepeat] = useState(0)
  const repeats = [...new Set([...one.a.runs, ...one.b.runs].map(run => run.repeat))].sort((x, y) => x - y)
  const chosen = repeats.includes(repeat) ? repeat : repeats[0]
  const [left, right] = [one.a, one.b].map(side => side.runs.find(run => run.repeat === chosen))
  const outcome = one.winner === null ? 'not scored' : WINS[one.winner]
  const [a, b] = [letterOf(of.a.variant_no), letterOf(of.b.variant_no)]
  const name = nameCase({ case_id: one.case_id, name: one.id, preview: one.preview })
  return (
    <article className="compare-case" data-case={one.case_id} tabIndex={-1} aria-label={`${name}: ${outcome}`}>
      <div className="compare-case-head">
        <h2>
          {one.difference === null ? '' : formatDifference(one.difference)} {outcome}
        </h2>
        <span>
          {a} {formatScore(one.a.score)} → {b} {formatScore(one.b.score)}
        </span>
        <RepeatDots a={one.a.runs} b={one.b.runs} variants={of} />
        <span className="quiet compare-case-name">{name}</span>
      </div>
      <CaseInput input={one.input} expected={one.expected} />
      {repeats.length > 1 && (
        <fieldset className="compare-repeats" aria-label="Repeat">
          {repeats.map(number => (
            <button
              key={number}
              type="button"
              aria-pressed={number === chosen}
              className="plain-button"
              onClick={() => setRepeat(number)}
            >
              repeat {number + 1}
            </button>
          ))}
        </fieldset>
      )}
      <OutputDiff before={describeRun(left)} after={describeRun(right)} names={{ before: a, after: b }} />
      <p className="compare-runs">
        <RunLink id={id} letter={a} run={left} /> <RunLink id={id} letter={b} run={right} />
      </p>
    </article>
  )
}

/** What a run came to, as one text; null where there is none. */
function describeRun(run: ComparedRun | undefined): string | null {
  if (run === undefined) return null
  if (run.status === 'failed') return `failed: ${run.error ?? 'no reason'}`
  const calls = run.tool_calls.map(call => `${call.name} ${call.arguments}`)
  return [run.output ?? '', ...calls].filter(part => part !== '').join('\n')
}

function RunLink({ id, letter, run }: { id: string; letter: string; run: ComparedRun | undefined }) {
  const { project } = useProject()
  if (run === undefined) return <span className="quiet">{letter} was not run.</span>
  const scores = run.scores.map(({ scorer, value }) => `${scorer} ${formatScore(value)}`).join(', ')
  const facts = [
    scores,
    ...(run.duration_ms === null ? [] : [formatDuration(run.duration_ms)]),
    formatDollars(run.cost_usd),
  ]
  return (
    <span>
      <Link to="/p/$project/experiments/$id/runs/$run" params={{ project, id, run: run.run_id }}>
        Run of {letter}
      </Link>{' '}
      <span className="quiet">{facts.filter(fact => fact !== '').join(' · ')}</span>
    </span>
  )
}
