import type { RunStatus } from '#judging/runs.ts'
import { replyToPrompt } from '../verdicts.ts'
import { assertRunsWhole } from './judging-checks.ts'
import type { TrialWork } from './kill-trial.ts'

/** Two evaluation runs at a time over the same sessions; in the end every session has one whole pass. */
export function planJudgingWork(sessions: number): TrialWork {
  const runs: string[] = []
  return {
    backends: [{ name: 'fake', concurrency: 4 }],
    reply: replyToPrompt,
    begin: async (send, round) => {
      const lines = Array.from({ length: sessions }, (_, index) => JSON.stringify(describeSession(round, index)))
      await send('POST', '/api/sessions/import', lines.join('\n'))
      for (let count = 0; count < 2; count++) {
        const body = JSON.stringify({ backend: 'fake', model: 'm' })
        runs.push((await send<RunStatus>('POST', '/api/eval/run', body)).run_id)
      }
    },
    isOver: async send => {
      const standing = await send<RunStatus[]>('GET', '/api/eval/runs?sessions=none')
      return standing.every(run => run.state !== 'running')
    },
    assertWhole: (db, rounds) => assertRunsWhole(db, { sessions: rounds * sessions, runs: runs.length }),
  }
}

function describeSession(round: number, index: number) {
  const request = `Please look up order ${round}-${index} and tell me when it comes.`
  const last_active = new Date(Date.UTC(2026, 0, 1 + (index % 20))).toISOString()
  return {
    session_id: `s${round}-${index}`,
    profile_id: index % 2 === 0 ? 'support' : 'sales',
    last_active,
    messages: [
      { role: 'user', content: request },
      { role: 'assistant', content: `Order ${round}-${index} comes on Monday.` },
    ],
  }
}
