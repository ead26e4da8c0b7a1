import { Button, NumberInput, Textarea } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { readAnswer, type ShownDispute } from '#client.ts'
import { readMessageText } from '../review/prompt-text.ts'
import { useProject } from '../shell/api.ts'
import { useThrottledChanges } from '../shell/follow.ts'
import { Empty, Failure, Skeleton } from '../ui/states.tsx'
import { Time } from '../ui/time.tsx'
import { nameWholeCandidate } from './candidate-name.ts'
import { CandidateText } from './candidate-text.tsx'
import { nameAction, nameCategory } from './correction-words.ts'
import { CATEGORIES } from './corrections-search.ts'
import './disputes.css'

/** Of those that wait to be settled, so many are shown at a time, the oldest first. */
const SHOWN = 20

/** Where a second reviewer saw it otherwise: both opinions side by side, until somebody settles it. */
export function Disputes({ onBack }: { onBack: () => void }) {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const disputes = useQuery({
    queryKey: [project, 'disputes'],
    queryFn: ({ signal }) =>
      readAnswer(client.api.corrections.disputes.$get({ query: { limit: String(SHOWN + 1) } }, { init: { signal } })),
    staleTime: 0,
  })
  const [fresh, setFresh] = useState(false)
  useThrottledChanges(['corrections'], 2_000, () => setFresh(true))
  const reload = () => {
    setFresh(false)
    void queries.invalidateQueries({ queryKey: [project, 'disputes'] })
  }
  const shown = disputes.data?.slice(0, SHOWN) ?? []
  return (
    <div className="disputes scrolled">
      <div className="disputes-head">
        <h2>Second opinions that differ</h2>
        <Button onClick={onBack}>All decisions</Button>
        <SharePart />
        {fresh && (
          <button type="button" className="plain-button" onClick={reload}>
            Something was decided · look again
          </button>
        )}
      </div>
      {disputes.isPending && <Skeleton lines={8} />}
      {disputes.isError && (
        <Failure what="Couldn't load disagreements" error={disputes.error} onRetry={() => void disputes.refetch()} />
      )}
      {disputes.isSuccess && shown.length === 0 && (
        <Empty>No two reviewers disagree. A second opinion that differs in action or category waits here.</Empty>
      )}
      {shown.map(dispute => (
        <Dispute
          key={`${dispute.candidate.id} ${dispute.opinion.reviewer}`}
          dispute={dispute}
          onSettled={() => void queries.invalidateQueries({ queryKey: [project, 'disputes'] })}
        />
      ))}
      {(disputes.data?.length ?? 0) > SHOWN && <p className="quiet">More wait; these {SHOWN} are the oldest.</p>}
    </div>
  )
}

/** How many candidates go to a second reviewer as well. */
function SharePart() {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const key = [project, 'opinion share']
  const share = useQuery({
    queryKey: key,
    queryFn: () => readAnswer(client.api.corrections.opinions.share.$get({ query: {} })),
    staleTime: 0,
  })
  const [typed, setTyped] = useState<number | null>(null)
  const save = useMutation({
    mutationFn: (percent: number) =>
      readAnswer(client.api.corrections.opinions.share.$post({ json: { share: percent / 100 } })),
    onSuccess: () => {
      setTyped(null)
      void queries.invalidateQueries({ queryKey: key })
    },
  })
  if (share.data === undefined) return null
  const percent = Math.round(share.data.share * 10_000) / 100
  return (
    <form
      className="share-form"
      onSubmit={event => {
        event.preventDefault()
        if (typed !== null) save.mutate(typed)
      }}
    >
      <NumberInput
        size="xs"
        label="To a second reviewer, %"
        min={0}
        max={100}
        hideControls
        value={typed ?? percent}
        onChange={value => setTyped(typeof value === 'number' ? value : null)}
      />
      <Button type="submit" disabled={typed === null || typed === percent} loading={save.isPending}>
        Set
      </Button>
      {save.isError && <Failure what="Not set" error={save.error} />}
    </form>
  )
}

type Verdict = 'correct' | 'discard' | 'flag'
type View = ShownDispute['decision']

function Dispute({ dispute, onSettled }: { dispute: ShownDispute; onSettled: () => void }) {
  const { candidate, decision, opinion } = dispute
  const last = candidate.prompt_messages.at(-1)
  const name = nameWholeCandidate(candidate)
  return (
    <article className="dispute" aria-label={name}>
      <h3>{name}</h3>
      {last !== undefined && (
        <>
          <div className="voice">{last.role}, last in the prompt</div>
          <CandidateText text={readMessageText(last)} />
        </>
      )}
      <div className="voice model">the model's answer</div>
      <CandidateText text={candidate.model_response} />
      <div className="dispute-sides">
        <Side title="First decision" view={decision} />
        <Side title="Second opinion" view={opinion} />
      </div>
      <Settle dispute={dispute} onSettled={onSettled} />
    </article>
  )
}

function Side({ title, view }: { title: string; view: View }) {
  return (
    <section className="dispute-side">
      <h4>
        {title} · {view.reviewer} {nameAction(view.action)} ·{' '}
        {view.failure_category === null ? 'no category' : nameCategory(view.failure_category)}
      </h4>
      <p className="quiet">
        <Time at={view.created_at} focusable />
      </p>
      {view.corrected_response !== null && <CandidateText text={view.corrected_response} className="person-block" />}
      {view.comment !== null && <CandidateText text={view.comment} className="person-block" />}
    </section>
  )
}

/** Takes one of the two, or something else. */
function Settle({ dispute, onSettled }: { dispute: ShownDispute; onSettled: () => void }) {
  const { client } = useProject()
  const { candidate, decision, opinion } = dispute
  const [own, setOwn] = useState<{ verdict: Verdict; category: string; text: string } | null>(null)
  const settle = useMutation({
    mutationFn: (choice: { verdict: Verdict; failure_category: string | null; corrected_response: string | null }) => {
      const failure_category = CATEGORIES.find(one => one === choice.failure_category) ?? null
      const json = { id: candidate.id, content_hash: candidate.review.content_hash, ...choice, failure_category }
      return readAnswer(client.api.corrections.adjudicate.$post({ json }))
    },
    onSuccess: onSettled,
  })
  const take = (view: View) => settle.mutate({ ...view, verdict: readVerdict(view.action) })
  if (own === null) {
    return (
      <div className="panel-actions">
        <Button onClick={() => take(decision)} loading={settle.isPending}>
          {decision.reviewer} is right
        </Button>
        <Button onClick={() => take(opinion)} loading={settle.isPending}>
          {opinion.reviewer} is right
        </Button>
        <Button
          variant="subtle"
          onClick={() =>
            setOwn({
              verdict: 'correct',
              category: decision.failure_category ?? '',
              text: decision.corrected_response ?? opinion.corrected_response ?? candidate.model_response,
            })
          }
        >
          Something else
        </Button>
        {settle.isError && <Failure what="Not settled" error={settle.error} />}
      </div>
    )
  }
  const { verdict, category, text } = own
  const blank = verdict === 'correct' && text.trim() === ''
  return (
    <form
      className="panel-form"
      onSubmit={event => {
        event.preventDefault()
        const corrected_response = verdict === 'correct' ? text : null
        if (!blank) settle.mutate({ verdict, failure_category: category || null, corrected_response })
      }}
    >
      <fieldset className="verdicts">
        <legend>It is to be</legend>
        {(['correct', 'discard', 'flag'] as const).map(one => (
          <label key={one}>
            <input
              type="radio"
              name={`verdict ${candidate.id}`}
              checked={verdict === one}
              onChange={() => setOwn({ ...own, verdict: one })}
            />
            {nameAction(one)}
          </label>
        ))}
      </fieldset>
      <label>
        Category{' '}
        <select value={category} onChange={event => setOwn({ ...own, category: event.currentTarget.value })}>
          <option value="">none</option>
          {CATEGORIES.map(one => (
            <option key={one} value={one}>
              {nameCategory(one)}
            </option>
          ))}
        </select>
      </label>
      {verdict === 'correct' && (
        <Textarea
          label="Correction"
          autosize
          minRows={3}
          maxRows={20}
          value={text}
          error={blank && 'A correction needs text that can be seen'}
          onChange={event => setOwn({ ...own, text: event.currentTarget.value })}
        />
      )}
      <Button type="submit" variant="filled" disabled={blank} loading={settle.isPending}>
        Settle it
      </Button>
      <Button variant="subtle" onClick={() => setOwn(null)}>
        Cancel
      </Button>
      {settle.isError && <Failure what="Not settled; your text is kept" error={settle.error} />}
    </form>
  )
}

function readVerdict(action: string): Verdict {
  return action === 'correct' || action === 'flag' ? action : 'discard'
}
