import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { FIRST_EVENT, type RunEvent, readEvents } from '#experiments/events.ts'
import type { Experiment } from '#experiments/experiments.ts'
import { openTestApp, type TestApp } from './app.ts'
import { findSettled } from './run-rows.ts'

let app: TestApp
before(async () => {
  const yaml = `
backends:
  - name: scripted
    kind: scripted
    max_attempts: 1
    script:
      rules:
        - { when: { any: broken }, fail: { kind: failed, message: no such thing } }
        - { when: { model: good }, reply: right }
      default: { reply: wrong }
`
  app = await openTestApp({ worker: true, yaml })
})
after(() => app.close())

async function run(names: string[]): Promise<{ experiment: Experiment; events: RunEvent[] }> {
  const cases = names.map(text => ({ input: { text }, expected: 'right' }))
  const made = await app.send<Experiment>('POST', '/api/experiments?start=true', {
    name: 'live',
    dataset: { name: 'cases', cases },
    pipeline: { prompt: '{{ text }}', backend: 'scripted' },
    parameter_space: { model: ['bad', 'good'] },
    scoring_config: { scorers: ['exact'], weights: { exact: 1 } },
  })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  for (let round = 0; round < 400; round++) {
    const { body } = await app.send<Experiment>('GET', `/api/experiments/${made.body.id}`)
    if (body.status !== 'running') {
      const filter = { project_id: 1, experiment_no: null }
      const page = await readEvents(app.db, filter, FIRST_EVENT, await findSettled(app.db))
      const events = page.events.map(placed => placed.event)
      return { experiment: body, events: events.filter(event => event.experiment_id === body.id) }
    }
    await sleep(25)
  }
  throw new Error('it does not end')
}

function count(events: RunEvent[], name: RunEvent['event']): number {
  return events.filter(event => event.event === name).length
}

test('every run of an experiment tells its start and its end; the best so far is told when it is found', async () => {
  const { experiment, events } = await run(['a', 'b', 'broken'])
  assert.equal(experiment.status, 'completed')
  assert.deepEqual(
    [count(events, 'run.started'), count(events, 'run.completed'), count(events, 'run.failed')],
    [6, 4, 2],
  )
  assert.equal(count(events, 'cache_hit'), 0)
  for (const { run_id } of events.filter(event => event.event === 'run.started')) {
    const own = events.filter(event => event.run_id === run_id).map(event => event.event)
    assert.equal(own[0], 'run.started')
    assert.match(own[1] ?? '', /run\.(completed|failed)/)
  }
  const best = events.filter(event => event.event === 'new_best_found')
  assert.ok(best.length >= 1)
  assert.equal(best.at(-1)?.score, 1)
  assert.deepEqual(
    best.map(event => event.score),
    best.map(event => event.score).toSorted(),
    'each is better than the one before',
  )
})

test('an experiment that is run again tells that its answers cost nothing', async () => {
  await run(['c', 'd'])
  const { experiment, events } = await run(['c', 'd'])
  assert.equal(experiment.calls, 0)
  assert.equal(count(events, 'cache_hit'), 4)
  assert.equal(count(events, 'run.completed'), 4)
})
