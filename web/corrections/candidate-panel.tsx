import { Button } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { readAnswer } from '#client.ts'
import { useProject } from '../shell/api.ts'
import { useFollowing } from '../shell/follow.ts'
import { PeekPanel } from '../ui/peek-panel.tsx'
import { nameWholeCandidate } from './candidate-name.ts'
import { CandidateView, DecisionHistory } from './candidate-view.tsx'
import './candidate-panel.css'
import { CommentForm } from './comment-form.tsx'
import { DecidedActions } from './decided-actions.tsx'
import { Reassign } from './reassign.tsx'
import { ReviewOneLink } from './review-link.tsx'

/** A candidate beside the list, whole, with what can be done about it and its history. */
export function CandidatePanel({ id, onClose }: { id: string; onClose: () => void }) {
  const { project, client } = useProject()
  const queries = useQueryClient()
  const param = { id: encodeURIComponent(id) }
  const detail = useQuery({
    queryKey: [project, 'candidate', id],
    queryFn: ({ signal }) => readAnswer(client.api.corrections.candidates[':id'].$get({ param }, { init: { signal } })),
    staleTime: 5_000,
  })
  const refresh = () => void queries.invalidateQueries({ queryKey: [project, 'candidate', id] })
  useFollowing([project, 'candidate', id], ['corrections'], 2_000)
  const [said, setSaid] = useState('')
  const onDone = (words: string) => {
    setSaid(words)
    refresh()
  }
  return (
    <PeekPanel
      key={id}
      id={id}
      what="candidate beside the list"
      title={detail.data ? nameWholeCandidate(detail.data.candidate) : detail.isError ? id : '…'}
      query={detail}
      onClose={onClose}
    >
      {detail.data && (
        <>
          {detail.data.candidate.status === 'needs_review' ? (
            <WaitingActions id={id} onDone={onDone} />
          ) : (
            <DecidedActions candidate={detail.data.candidate} onDone={onDone} />
          )}
          <p className="panel-said" role="status">
            {said}
          </p>
          <CandidateView candidate={detail.data.candidate} />
          <DecisionHistory decisions={detail.data.decisions} />
        </>
      )}
    </PeekPanel>
  )
}

function WaitingActions({ id, onDone }: { id: string; onDone: (words: string) => void }) {
  const [open, setOpen] = useState<'reassign' | 'comment' | null>(null)
  const close = () => {
    setOpen(null)
    onDone('')
  }
  return (
    <div className="panel-actions">
      {open === null && (
        <>
          <ReviewOneLink id={id} />
          <Button onClick={() => setOpen('reassign')}>Reassign</Button>
          <Button onClick={() => setOpen('comment')}>Comment</Button>
        </>
      )}
      {open === 'reassign' && <Reassign ids={[id]} onDone={close} onCancel={() => setOpen(null)} />}
      {open === 'comment' && <CommentForm id={id} onDone={close} onCancel={() => setOpen(null)} />}
    </div>
  )
}
