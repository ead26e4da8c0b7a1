/** Experiments in which every text that somebody or a model wrote is a payload. */
import type { TestApp } from '../app.ts'
import { createSender, forAll, nameOf, type Send } from './hostile-sessions.ts'
import { PAYLOADS } from './payloads.ts'

export interface HostileExperiments {
  /** Two prompts answer all payloads, and one of its runs has them as scores. */
  outputs: string
  run: string
  /** Where the run is that was asked all payloads at once. */
  asked: string
  /** As many variants as there are payloads. */
  labels: string
  /** Fails for as many causes. */
  failures: string
  /** Was not started; its text has all of them. */
  draft: string
}

const CASES = PAYLOADS.map(({ id, text }) => ({
  input: { n: id, [text]: text },
  expected: text,
  metadata: { [text]: text },
  source: nameOf(text),
}))

/** Fills an application; it wants a worker and the backend `scripted` with the hostile model. */
export async function fillHostileExperiments(app: TestApp): Promise<HostileExperiments> {
  const send = createSender(app)
  await forAll(PAYLOADS, ({ text }) =>
    send('POST', '/api/experiments', { name: nameOf(text), description: text, metadata: { [text]: text } }),
  )
  const all = PAYLOADS.map(one => one.text).join('\n')
  const first = nameOf(all)
  const outputs = await finish(send, {
    name: first,
    description: all.slice(0, 10_000),
    pipeline: { prompt: 'SAY-{{ n }}-', backend: 'scripted', model: first.slice(0, 100) },
    parameter_space: { prompt: ['SAY-{{ n }}-', 'SAY-{{ n }}- again'] },
    dataset: { name: 'outputs', cases: CASES },
    scoring_config: { scorers: ['exact', 'contains'], weights: { exact: 1, contains: 1 } },
  })
  const labels = await finish(send, {
    name: 'labels',
    pipeline: { prompt: 'SAY-{{ n }}-', backend: 'scripted', model: 'm' },
    parameter_space: { model: PAYLOADS.map(one => nameOf(one.text)) },
    dataset: { name: 'labels', cases: CASES.slice(0, 1) },
    sweep: { trials: PAYLOADS.length },
    scoring_config: { scorers: ['exact'] },
  })
  const whole = await finish(send, {
    name: 'asked',
    pipeline: { prompt: { system: '{{ all }}', user: '{{ all }} SAY-0-' }, backend: 'scripted', model: 'm' },
    dataset: { name: 'asked', cases: [{ input: { all }, expected: all }] },
    scoring_config: { scorers: ['exact'] },
  })
  const failures = await finish(send, {
    name: 'failures',
    pipeline: { prompt: 'FAIL-{{ n }}-', backend: 'scripted', model: 'm' },
    dataset: { name: 'failures', cases: CASES },
    scoring_config: { scorers: ['exact'] },
  })
  const { id: draft } = await send<{ id: string }>('POST', '/api/experiments', {
    name: first,
    description: all.slice(0, 10_000),
    metadata: { all: PAYLOADS.map(one => one.text) },
  })
  const run = await findRun(send, outputs)
  for (const { text } of PAYLOADS) {
    const scorer_name = nameOf(text).slice(0, 100).trim()
    await send('POST', `/api/runs/${run}/score`, { scorer_name, value: 0.5, metadata: { explanation: text } })
  }
  return { outputs, run, asked: `${whole}/runs/${await findRun(send, whole)}`, labels, failures, draft }
}

async function findRun(send: Send, experiment: string): Promise<string> {
  const { items } = await send<{ items: { id: string }[] }>('GET', `/api/runs?experiment_id=${experiment}&limit=1`)
  return items[0]?.id ?? ''
}

async function finish(send: Send, input: object): Promise<string> {
  const { id } = await send<{ id: string }>('POST', '/api/experiments?start=true', input)
  for (let look = 0; look < 1_200; look++) {
    const { status } = await send<{ status: string }>('GET', `/api/experiments/${id}`)
    if (!['running', 'draft'].includes(status)) return id
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error('The experiment does not end.')
}
