import { Button, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { Failure } from '../ui/states.tsx'
import { Time } from '../ui/time.tsx'
import { useOnce } from '../ui/use-once.ts'
import type { ShownRun } from './experiment-query.ts'
import { formatShare, readField } from './experiment-words.ts'
import { readScore } from './experiments-search.ts'

type Score = ShownRun['scores'][number]

/** The scores of a run with their reasons, and a place for a person's own. */
export function RunScores({ run, weights }: { run: ShownRun; weights: unknown }) {
  const newest = new Map(run.scores.map(score => [score.scorer_name, score]))
  const former = run.scores.filter(score => newest.get(score.scorer_name) !== score)
  return (
    <section className="run-scores" aria-label="Scores">
      <h2>Scores</h2>
      {newest.size === 0 && (
        <p className="quiet">
          {run.status === 'failed'
            ? 'It failed, so nothing was graded; in the ranking it counts 0.'
            : 'Nobody graded it yet.'}
        </p>
      )}
      {newest.size > 0 && (
        <ul>
          {[...newest.values()].map(score => (
            <ScoreLine key={score.id} score={score} weight={readField(weights, score.scorer_name)} />
          ))}
        </ul>
      )}
      {former.length > 0 && (
        <details>
          <summary>{former.length === 1 ? '1 former score' : `${former.length} former scores`}</summary>
          <ul>
            {former.toReversed().map(score => (
              <ScoreLine key={score.id} score={score} weight={undefined} />
            ))}
          </ul>
        </details>
      )}
      <HandScore run={run} />
    </section>
  )
}

function ScoreLine({ score, weight }: { score: Score; weight: unknown }) {
  const { scorer_name, value, metadata, author, created_at } = score
  const reason = readField(metadata, 'explanation') ?? readField(metadata, 'comment')
  const voice = author === null ? 'machine' : 'person'
  return (
    <li data-voice={voice}>
      <strong>{formatShare(value)}</strong>
      <span className="score-bar" aria-hidden="true">
        <span style={{ width: `${value * 100}%` }} />
      </span>
      <span className="score-words">
        {scorer_name}
        {typeof weight === 'number' && <span className="quiet"> · weight {weight}</span>}
        {author !== null && (
          <span className="quiet">
            {' '}
            · {author}, <Time at={created_at} focusable />
          </span>
        )}
        {typeof reason === 'string' && <span className="score-reason">{reason}</span>}
      </span>
    </li>
  )
}

/** A person's score of 0 to 1, with a comment if they like. The newest of a name counts. */
function HandScore({ run }: { run: ShownRun }) {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const [name, setName] = useState('human')
  const [value, setValue] = useState('')
  const [comment, setComment] = useState('')
  const once = useOnce()
  const send = useMutation({
    mutationFn: (given: number) =>
      readAnswer(
        client.api.runs[':id'].score.$post({
          param: { id: run.id },
          json: {
            scorer_name: name.trim(),
            value: given,
            ...(comment.trim() === '' ? {} : { metadata: { comment: comment.trim() } }),
          },
        }),
      ),
    onSuccess: () => {
      setValue('')
      setComment('')
      // Its leaderboard counts it as well.
      void queries.invalidateQueries({ queryKey: [project, 'experiment', run.experiment_id] })
      return queries.invalidateQueries({ queryKey: [project, 'experiment run', run.id] })
    },
  })
  const given = readScore(value)
  const submit = (event: React.FormEvent) => {
    event.preventDefault()
    if (given !== null && name.trim() !== '') once(onSettled => send.mutate(given, { onSettled }))
  }
  return (
    <form className="hand-score" aria-label="Your score" onSubmit={submit}>
      <TextInput
        id="hand-score"
        label="Your score"
        inputMode="decimal"
        placeholder="0 to 1"
        value={value}
        error={value !== '' && given === null && 'A number from 0 to 1'}
        onChange={event => setValue(event.currentTarget.value)}
      />
      <TextInput label="Named" value={name} maxLength={100} onChange={event => setName(event.currentTarget.value)} />
      <TextInput
        label="Why"
        value={comment}
        placeholder="if you like"
        onChange={event => setComment(event.currentTarget.value)}
      />
      <Button type="submit" variant="filled" disabled={given === null || name.trim() === ''} loading={send.isPending}>
        Score it
      </Button>
      {send.isError && <Failure what="Not saved" error={send.error} />}
    </form>
  )
}
