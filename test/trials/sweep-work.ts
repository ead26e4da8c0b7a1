import type { Experiment } from '#experiments/experiments.ts'
import type { TrialWork } from './kill-trial.ts'
import { assertSweepsWhole } from './sweep-checks.ts'

/**
 * Two experiments at a time, each a sweep with two backends: a first stage whose questions all variants share, and a second
 * one that varies in backend and temperature.
 */
export function planSweepWork(cases: number): TrialWork {
  return {
    backends: [
      { name: 'left', concurrency: 6 },
      { name: 'right', concurrency: 3 },
    ],
    reply: text => (text.includes('Plan for') ? 'a plan' : 'an answer'),
    begin: async (send, round) => {
      for (const part of ['a', 'b']) {
        const body = JSON.stringify(describeSweep(`${round}${part}`, cases))
        await send<Experiment>('POST', '/api/experiments?start=true', body)
      }
    },
    isOver: async send => {
      const standing = await send<Experiment[]>('GET', '/api/experiments')
      return standing.every(experiment => experiment.status !== 'running')
    },
    assertWhole: (db, rounds) => assertSweepsWhole(db, { experiments: 2 * rounds, cells: 4 * cases }),
  }
}

function describeSweep(name: string, cases: number) {
  return {
    name,
    pipeline: {
      model: 'm',
      stages: [
        { name: 'plan', prompt: 'Plan for {{ task }}', backend: 'left' },
        { name: 'answer', prompt: '{{ stages.plan.output }}: {{ task }}' },
      ],
    },
    parameter_space: { 'answer.backend': ['left', 'right'], 'answer.temperature': [0, 1] },
    dataset: {
      name,
      cases: Array.from({ length: cases }, (_, index) => ({
        input: { task: `task ${name} ${index}` },
        expected: 'an answer',
      })),
    },
    scoring_config: { scorers: ['exact', { kind: 'length', max: 5 }], weights: { exact: 2, length: 1 } },
  }
}
