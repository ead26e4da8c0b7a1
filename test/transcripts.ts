/** Transcripts, a rubric and a panel for the tests of judging. */
import { AXES, NULLABLE_AXES } from '#judging/axes.ts'
import type { Panel } from '#judging/panel.ts'
import { parseRubric, type Rubric } from '#judging/rubric.ts'
import type { Block, Role, Transcript, TranscriptMessage } from '#sessions/transcript.ts'

export const describeMessage = (
  index: number,
  role: Role,
  blocks: Block[] | string,
  more: Partial<TranscriptMessage> = {},
): TranscriptMessage => ({
  message_index: index,
  role,
  blocks: typeof blocks === 'string' ? [{ type: 'text', text: blocks }] : blocks,
  created_at: null,
  model: null,
  reactions: [],
  ...more,
})

export const describeTranscript = (messages: TranscriptMessage[], more: Partial<Transcript> = {}): Transcript => ({
  session_id: 'session-1',
  name: null,
  profile_id: 'support',
  profile: null,
  created_at: '2025-03-01T10:00:00.000Z',
  last_active: '2025-03-01T10:04:20.000Z',
  messages,
  ...more,
})

export const RUBRIC_YAML = `
name: small
title: A small rubric
axes:
${AXES.map(
  axis => `  ${axis}:
    title: ${axis.replace('_', ' ')}
    description: How the session did on ${axis}.
    anchors:
      0: nothing
      50: half
      100: everything${NULLABLE_AXES.includes(axis) ? '\n    unused: there was none' : ''}`,
).join('\n')}
`
export const RUBRIC: Rubric = parseRubric(RUBRIC_YAML)

export const PANEL: Panel = {
  name: 'duo',
  title: 'Two readers',
  kind: 'model',
  experts: [
    { id: 'kind_reader', title: 'Kind reader', instructions: 'Read it kindly, unlike stern_reader.' },
    {
      id: 'stern_reader',
      title: 'Stern reader',
      instructions: 'Read it sternly. Every slip counts, and more words do too.',
    },
  ],
}
