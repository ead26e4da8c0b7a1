import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Fragment, useState } from 'react'
import { type EvaluationRun, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { replaceListRows } from '../shell/live-list.ts'
import { Failure } from '../ui/states.tsx'
import { offerRuns } from './run-columns.tsx'
import { describeStay } from './run-words.ts'

/** What can be done with the runs that are selected: those that go on can be cancelled. */
export function SelectedRuns({ rows, onClear }: { rows: EvaluationRun[]; onClear: () => void }) {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const [asking, setAsking] = useState(false)
  const open = rows.filter(run => run.state === 'running')
  const cancel = useMutation({
    mutationFn: async () => {
      for (const { run_id } of open) {
        const param = { run_id: encodeURIComponent(run_id) }
        const ended = await readAnswer(client.api.eval.run[':run_id'].cancel.$post({ param }))
        replaceListRows(queries, [project, 'runs', 'list'], run => run.run_id, new Map([[run_id, ended]]))
      }
    },
    onSuccess: () => setAsking(false),
  })
  const sum = (part: keyof EvaluationRun['counts']) => open.reduce((total, run) => total + run.counts[part], 0)
  const counts = { ok: sum('ok'), failed: sum('failed'), running: sum('running'), pending: sum('pending') }
  return (
    <div className="selection-bar" role="toolbar" aria-label="Selected runs">
      <strong>{rows.length.toLocaleString('en-US')} selected</strong>
      {asking && open.length > 0 ? (
        <Fragment key="question">
          <span>{describeStay(counts)}</span>
          <Button className="danger" autoFocus loading={cancel.isPending} onClick={() => cancel.mutate()}>
            Cancel {open.length === 1 ? 'the run' : `${open.length} runs`}
          </Button>
          <Button variant="subtle" onClick={() => setAsking(false)}>
            Go on
          </Button>
        </Fragment>
      ) : (
        <>
          <Button
            disabled={open.length === 0}
            title={open.length === 0 ? 'None of them goes on' : undefined}
            onClick={() => setAsking(true)}
          >
            Cancel {open.length === 0 ? '' : open.length}
          </Button>
          <Button onClick={() => offerRuns(rows)}>CSV</Button>
          <Button variant="subtle" onClick={onClear}>
            Clear selection
          </Button>
        </>
      )}
      {cancel.isError && <Failure what="Not all were cancelled" error={cancel.error} />}
    </div>
  )
}
