import { Button, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { readAnswer, type ShownExperiment, type ShownLeaderboard } from '#client.ts'
import { letterOf } from '#experiments/variant-letter.ts'
import { useProject } from '../shell/api.ts'
import { Failure } from '../ui/states.tsx'
import { formatWeight } from './verdict-line.tsx'

interface WeightsProps {
  board: ShownLeaderboard
  experiment: ShownExperiment
  /** The numbers have been computed anew. */
  onChanged: () => void
}

/** How much each scorer counts, to be changed after the fact: the server weighs all runs anew. */
export function WeightsForm({ board, experiment, onChanged }: WeightsProps) {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const saved = experiment.scoring_config.weights
  const [typed, setTyped] = useState<{ [scorer: string]: string }>({})
  const names = board.entries[0]?.scorers.map(({ name }) => name) ?? Object.keys(saved)
  const read = (name: string) => typed[name] ?? (saved[name] === undefined ? '' : String(saved[name]))
  const unweighted = Object.keys(saved).length === 0
  const wrong = names.filter(name => readWeight(read(name)) === null)
  const weights = Object.fromEntries(
    names.flatMap(name => {
      const weight = readWeight(read(name))
      return weight === null || weight === undefined ? [] : [[name, weight] as const]
    }),
  )
  const changed = names.some(name => weights[name] !== saved[name])
  const running = board.status === 'running'
  const save = useMutation({
    mutationFn: () =>
      readAnswer(
        client.api.experiments[':experiment_id'].$patch({
          param: { experiment_id: board.experiment_id },
          json: { scoring_config: { weights } },
        }),
      ),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: [project, 'experiment', board.experiment_id] })
      setTyped({})
      onChanged()
    },
  })
  if (names.length === 0) return null
  return (
    <section className="board-section" aria-labelledby="board-weights">
      <h2 id="board-weights">Weights</h2>
      <p className="quiet">
        {running
          ? 'Runs are under way: pause the experiment to weigh its scorers differently.'
          : 'All runs are weighed anew and nothing is asked again. A scorer without a weight is shown and does not count.'}
      </p>
      <form
        className="board-weights"
        onSubmit={event => {
          event.preventDefault()
          if (changed && wrong.length === 0 && !running && !save.isPending) save.mutate()
        }}
      >
        {names.map(name => (
          <TextInput
            key={name}
            label={name}
            inputMode="decimal"
            placeholder={unweighted ? 'as the others' : 'does not count'}
            value={read(name)}
            disabled={running}
            error={wrong.includes(name) && 'A number from 0'}
            onChange={event => setTyped({ ...typed, [name]: event.currentTarget.value })}
            description={describeTurns(board, name)}
            inputWrapperOrder={['label', 'input', 'description', 'error']}
          />
        ))}
        <div className="board-weights-foot">
          <Button type="submit" disabled={!changed || wrong.length > 0 || running} loading={save.isPending}>
            Weigh anew
          </Button>
          {changed && (
            <Button variant="subtle" onClick={() => setTyped({})}>
              As it was
            </Button>
          )}
          <span role="status" className="quiet">
            {save.isSuccess && !changed ? 'All runs are weighed anew.' : ''}
          </span>
        </div>
      </form>
      {save.isError && <Failure what="The weights were not changed" error={save.error} />}
    </section>
  )
}

/** Undefined for none, null for what is no weight. */
function readWeight(text: string): number | null | undefined {
  if (text.trim() === '') return undefined
  return /^\s*(\d{1,9}(\.\d{0,9})?|\.\d{1,9})\s*$/.test(text) ? Number(text) : null
}

function describeTurns({ sensitivity }: ShownLeaderboard, scorer: string): string {
  const turns = sensitivity.find(one => one.scorer === scorer)
  if (turns === undefined) return ''
  const { below, above } = turns
  const parts = [
    ...(below === null ? [] : [`under ${formatWeight(below.weight)} ${letterOf(below.variant_no)} leads`]),
    ...(above === null ? [] : [`over ${formatWeight(above.weight)} ${letterOf(above.variant_no)} leads`]),
  ]
  return parts.length === 0 ? 'no weight of it changes the winner' : parts.join('; ')
}
