import { Link } from '@tanstack/react-router'
import type { CandidateChoices } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useKinds } from './candidate-query.ts'
import { nameOrNone } from './correction-words.ts'
import { MISSING } from './corrections-search.ts'

/** What is there by model, source and task type; each number leads to its list. */
export function KindTables() {
  const [waiting, decided] = [useKinds('waiting'), useKinds('decided')]
  if (waiting.data === undefined || decided.data === undefined) return null
  return (
    <div className="kind-tables">
      <KindTable
        title="Model"
        name="model_name"
        waiting={waiting.data.model_names}
        decided={decided.data.model_names}
      />
      <KindTable title="Source" name="source" waiting={waiting.data.sources} decided={decided.data.sources} />
      <KindTable
        title="Task type"
        name="task_type"
        waiting={waiting.data.task_types}
        decided={decided.data.task_types}
      />
    </div>
  )
}

interface KindProps {
  title: string
  name: 'model_name' | 'source' | 'task_type'
  waiting: CandidateChoices['sources']
  decided: CandidateChoices['sources']
}

function KindTable({ title, name, waiting, decided }: KindProps) {
  const { project } = useProject()
  const of = (list: CandidateChoices['sources'], one: string) => list.find(kind => kind.name === one)?.n ?? 0
  const names = [...new Set([...waiting, ...decided].map(one => one.name))].sort()
  if (names.length === 0) return null
  return (
    <section aria-label={title}>
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">{title}</th>
            <th scope="col" className="end">
              Waiting
            </th>
            <th scope="col" className="end">
              Decided
            </th>
          </tr>
        </thead>
        <tbody>
          {names.map(one => (
            <tr key={one}>
              <th scope="row">{nameOrNone(one)}</th>
              {(['queue', 'done'] as const).map(tab => (
                <td key={tab} className="end">
                  <Link
                    to="/p/$project/corrections"
                    params={{ project }}
                    search={{ [name]: one === '' ? MISSING : one, ...(tab === 'done' ? { tab } : {}) }}
                  >
                    {of(tab === 'done' ? decided : waiting, one).toLocaleString('en-US')}
                    <span className="unseen">
                      {' '}
                      {tab === 'done' ? 'decided' : 'waiting'}, {nameOrNone(one)}
                    </span>
                  </Link>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
