import { NativeSelect } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { EvaluatedSession } from '#client.ts'
import { Unpinned } from '../judges/unpinned.tsx'
import { useProject } from '../shell/api.ts'
import { SHOWN_AXES } from '../ui/axes.ts'
import { offerFile, writeCsv } from '../ui/csv.ts'
import { formatCount, formatDollars } from '../ui/numbers.ts'
import { Failure, Skeleton } from '../ui/states.tsx'
import { formatAge, Time, useNow } from '../ui/time.tsx'
import { useNarrow } from '../ui/use-narrow.ts'
import { AxisTable } from './axis-table.tsx'
import { nameExpert, Shape } from './expert-shapes.tsx'
import { Markdown } from './markdown.tsx'
import { groupPasses, type Pass } from './pass-groups.ts'
import '../ui/banner.css'
import './judgement.css'

interface JudgementProps {
  detail: UseQueryResult<EvaluatedSession>
  chosen: string | undefined
  onChoose: (pass: string | undefined) => void
}

/** What the panel said of the session, pass by pass. */
export function Judgement({ detail, chosen, onChoose }: JudgementProps) {
  const { project } = useProject()
  const now = useNow()
  const narrow = useNarrow()
  if (detail.isPending) return <Skeleton lines={10} />
  if (detail.isError && detail.data === undefined) {
    return <Failure what="Couldn't load the judgement" error={detail.error} onRetry={() => void detail.refetch()} />
  }
  const passes = groupPasses(detail.data)
  const pass = passes.find(one => one.id === chosen) ?? passes[0]
  if (pass === undefined) {
    return (
      <p className="quiet">
        Not judged yet.{' '}
        <Link to="/p/$project/runs" params={{ project }}>
          Evaluation runs
        </Link>{' '}
        judge sessions. <TryLink session={detail.data.session_id} />
      </p>
    )
  }
  return (
    <>
      <NativeSelect
        size="xs"
        aria-label="Pass"
        value={pass.id}
        onChange={event =>
          onChoose(event.currentTarget.value === passes[0]?.id ? undefined : event.currentTarget.value)
        }
        data={passes.map((one, index) => ({
          value: one.id,
          label: describePass(one, `${passes.length - index} of ${passes.length}`, now, narrow),
        }))}
      />
      <Banners pass={pass} missing={chosen !== undefined && pass.id !== chosen} />
      <AxisTable pass={pass} />
      <button type="button" className="plain-button scores-file" onClick={() => offerScores(pass)}>
        CSV
      </button>
      <TryLink session={detail.data.session_id} />
      <Facts pass={pass} />
      {pass.experts.map((expert, index) => (
        <section key={expert.expert_id} className="expert">
          <h2>
            <Shape index={index} expert={expert.expert_id} /> {nameExpert(expert.expert_id)}
          </h2>
          <Markdown text={expert.comment} />
        </section>
      ))}
    </>
  )
}

function TryLink({ session }: { session: string }) {
  const { project } = useProject()
  return (
    <Link className="try-link" to="/p/$project/judges" params={{ project }} search={{ open: 'try', session }}>
      Try a judge on it
    </Link>
  )
}

/** Which pass, when, by whom: `Pass 2 of 2 · 14 Nov · gemma4:31b · judge trio@1a2b3c4d · rubric standard@…`. */
/** In a narrow page without what stands below anyway, which would be cut. */
function describePass({ first }: Pass, place: string, now: number, narrow: boolean): string {
  const when = `Pass ${place} · ${formatAge(first.eval_date, now)}`
  if (narrow) return when
  return `${when} · ${first.judge_model} · judge ${first.judge_version} · rubric ${first.rubric_version}`
}

function offerScores(pass: Pass): void {
  const header = ['axis', ...pass.experts.map(expert => expert.expert_id), 'mean', 'change']
  const rows = SHOWN_AXES.map(({ axis }) => [
    axis,
    ...pass.experts.map(expert => expert.scores[axis]),
    pass.average[axis],
    pass.change[axis],
  ])
  offerFile('scores.csv', writeCsv(header, rows))
}

function Banners({ pass, missing }: { pass: Pass; missing: boolean }) {
  const banners = [
    missing ? 'The pass that the address names is not there; this is the newest.' : null,
    pass.baseline ? 'Computed without a model.' : null,
    pass.cut === null ? null : `Cut: the judge didn't see ${pass.cut}.`,
  ]
  const since = `${pass.since === 0 ? 'No' : pass.since.toLocaleString('en-US')} ${pass.since === 1 ? 'message' : 'messages'}`
  return (
    <>
      {banners
        .filter(banner => banner !== null)
        .map(banner => (
          <p className="banner" key={banner}>
            {banner}
          </p>
        ))}
      <Unpinned judge_version={pass.first.judge_version} rubric_version={pass.first.rubric_version} />
      {/* Also when there are none, so that nothing moves when some come. */}
      <p className="banner" data-calm={pass.since === 0}>
        {`${since} since this pass.`}
      </p>
    </>
  )
}

function Facts({ pass }: { pass: Pass }) {
  const { first } = pass
  return (
    <dl className="pass-facts">
      <dt>Judged</dt>
      <dd>
        <Time at={first.eval_date} focusable />
      </dd>
      <dt>Model</dt>
      <dd className="model">{first.judge_model}</dd>
      <dt>Judge</dt>
      <dd>{first.judge_version}</dd>
      <dt>Rubric</dt>
      <dd>{first.rubric_version}</dd>
      {!pass.baseline && (
        <>
          <dt>Tokens</dt>
          <dd>{pass.tokens === null ? 'not known' : formatCount(pass.tokens)}</dd>
          <dt>Cost</dt>
          <dd>{formatDollars(pass.cost)}</dd>
        </>
      )}
    </dl>
  )
}
