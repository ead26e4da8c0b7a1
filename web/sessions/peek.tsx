import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { SHOWN_AXES } from '../ui/axes.ts'
import { countOf } from '../ui/numbers.ts'
import { PeekPanel } from '../ui/peek-panel.tsx'
import { Time } from '../ui/time.tsx'
import { nameExpert } from './expert-shapes.tsx'
import './list-page.css'
import { nameSession } from './session-name.ts'

const Markdown = lazy(() => import('./markdown.tsx').then(module => ({ default: module.Markdown })))

/** A session beside the list: what it was about, and what the experts said of it. */
export function SessionPeek({ id, onClose }: { id: string; onClose: () => void }) {
  const { project, client } = useProject()
  const param = { session_id: encodeURIComponent(id) }
  const session = useQuery({
    queryKey: [project, 'sessions', id, 'peek'],
    queryFn: ({ signal }) => readAnswer(client.api.eval.sessions[':session_id'].$get({ param }, { init: { signal } })),
  })
  return (
    <PeekPanel
      id={id}
      what="session beside the list"
      title={session.data ? nameSession(session.data) : id}
      query={session}
      onClose={onClose}
    >
      {session.data && (
        <>
          <p className="peek-facts">
            {session.data.profile_id} · {countOf(session.data.msg_count, 'message')} ·{' '}
            <Time at={session.data.last_active} focusable /> ·{' '}
            <Link to="/p/$project/sessions/$id" params={{ project, id }}>
              Open
            </Link>
          </p>
          {session.data.first_request !== null && <p className="peek-request">{session.data.first_request}</p>}
          <LatestPass evaluations={session.data.evaluations} />
        </>
      )}
    </PeekPanel>
  )
}

interface Evaluation {
  eval_run_id: string
  eval_date: string
  judge_model: string
  expert_id: string
  comment: string
  scores: { [axis in (typeof SHOWN_AXES)[number]['axis']]: number | null }
}

function LatestPass({ evaluations }: { evaluations: Evaluation[] }) {
  const latest = evaluations.filter(one => one.eval_run_id === evaluations[0]?.eval_run_id)
  const [first] = latest
  if (first === undefined) return <p className="quiet">Not judged yet.</p>
  return (
    <>
      <h3>
        Latest pass · <Time at={first.eval_date} focusable /> · <span className="model">{first.judge_model}</span>
      </h3>
      <table className="peek-scores">
        <thead>
          <tr>
            <th scope="col">Axis</th>
            {latest.map(one => (
              <th scope="col" key={one.expert_id}>
                {nameExpert(one.expert_id)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {SHOWN_AXES.map(({ axis, label }) => (
            <tr key={axis}>
              <th scope="row">{label}</th>
              {latest.map(one => (
                <td key={one.expert_id}>{one.scores[axis] ?? <span className="quiet">not used</span>}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {latest.map(one => (
        <section key={one.expert_id}>
          <h3>{nameExpert(one.expert_id)}</h3>
          <Suspense fallback={<p>{one.comment}</p>}>
            <Markdown text={one.comment} />
          </Suspense>
        </section>
      ))}
    </>
  )
}
