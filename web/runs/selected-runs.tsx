import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Fragment, useState } from 'react'
import { type EvaluationRun, readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { replaceListRows } from '../shell/live-list.ts'
import { offerFile, writeCsv } from '../ui/csv.ts'
import { SelectedCsv } from '../ui/selected-csv.tsx'
import type { Selection } from '../ui/selection.ts'
import { Failure } from '../ui/states.tsx'
import { listRunCells, RUN_HEADER } from './run-columns.tsx'
import { describeStay } from './run-words.ts'

/** What can be done with the runs that are selected: those that go on can be cancelled. */
export function SelectedRuns({ selection, rows }: { selection: Selection; rows: EvaluationRun[] }) {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const [asking, setAsking] = useState(false)
  const known = rows.filter(run => selection.ids.has(run.run_id))
  const open = known.filter(run => run.state === 'running')
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
      <strong>{selection.ids.size.toLocaleString('en-US')} selected</strong>
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
          <SelectedCsv
            selection={selection}
            known={known.length}
            onPress={() => offerFile('runs.csv', writeCsv(RUN_HEADER, listRunCells(known)))}
          />
        </>
      )}
      {cancel.isError && <Failure what="Not all were cancelled" error={cancel.error} />}
    </div>
  )
}
