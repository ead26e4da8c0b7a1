import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureSeparation, type OutcomeRow } from '#judging/separation.ts'

const rows = (task_id: string, ...pairs: [number | null, number][]): OutcomeRow[] =>
  pairs.map(([score, reward]) => ({ score, reward, task_id }))

test('a score that always tells success from failure has area 1 without width', () => {
  const data = ['a', 'b', 'c', 'd'].flatMap(task => rows(task, [90, 1], [80, 1], [20, 0]))
  const found = measureSeparation(data)
  assert.deepEqual([found?.auc, found?.low, found?.high], [1, 1, 1])
  assert.deepEqual([found?.n, found?.positives, found?.negatives, found?.tasks], [12, 8, 4, 4])
})

test('a score that is the same for all has area one half', () => {
  assert.equal(measureSeparation(['a', 'b'].flatMap(task => rows(task, [50, 1], [50, 0])))?.auc, 0.5)
})

test('rows without a score or with a partial reward are left out and counted', () => {
  const found = measureSeparation([...rows('a', [1, 1], [0, 0], [null, 1], [5, 0.5]), ...rows('b', [null, 0])])
  assert.deepEqual([found?.n, found?.left_out, found?.tasks], [2, 3, 1])
})

test('trials of one task do not count as independent', () => {
  // Ten tasks, each with one score and one reward for all its trials: trials add nothing to what ten tasks say.
  const scores = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
  const trials = (n: number) =>
    scores.flatMap((score, task) =>
      rows(`${task}`, ...Array.from({ length: n }, (): [number, number] => [score, (task * 7) % 3 === 0 ? 0 : 1])),
    )
  const [one, twenty] = [measureSeparation(trials(1)), measureSeparation(trials(20))]
  assert.deepEqual([twenty?.auc, twenty?.low, twenty?.high], [one?.auc, one?.low, one?.high])
  assert.ok((one?.high ?? 0) - (one?.low ?? 0) > 0.3)
})

test('without a success or without a failure there is no separation', () => {
  assert.equal(measureSeparation([]), null)
  assert.equal(measureSeparation(rows('a', [1, 1], [2, 1])), null)
  assert.equal(measureSeparation(rows('a', [1, 0], [null, 1])), null)
})

test('the same rows and seed give the same interval', () => {
  const data = Array.from({ length: 8 }, (_, task) =>
    rows(`${task}`, [task * 9, task % 2], [50 - task, (task + 1) % 2]),
  ).flat()
  assert.deepEqual(measureSeparation(data), measureSeparation(data))
  assert.notDeepEqual(measureSeparation(data, 1), measureSeparation(data, 2))
})
