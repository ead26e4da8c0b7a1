import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGathering } from '#db/gathering.ts'

test('pieces of the same moment go together and each gets its own result', async () => {
  const runs: number[][] = []
  const double = createGathering({ lanes: 1, most: 10 }, async (pieces: number[]) => {
    runs.push(pieces)
    return pieces.map(piece => piece * 2)
  })
  assert.deepEqual(await Promise.all([1, 2, 3].map(double)), [2, 4, 6])
  assert.equal(await double(4), 8)
  assert.deepEqual(runs, [[1, 2, 3], [4]])
})

test('what comes while all lanes are busy waits for the next run, and no run is larger than allowed', async () => {
  const runs: number[][] = []
  const opened = Promise.withResolvers<void>()
  const pass = createGathering({ lanes: 1, most: 2 }, async (pieces: number[]) => {
    runs.push(pieces)
    await opened.promise
    return pieces
  })
  const first = pass(1)
  await new Promise(resolve => setImmediate(resolve))
  const others = [2, 3, 4].map(pass)
  opened.resolve()
  assert.deepEqual(await Promise.all([first, ...others]), [1, 2, 3, 4])
  assert.deepEqual(runs, [[1], [2, 3], [4]])
})

test('a bad piece fails alone', async () => {
  const pass = createGathering({ lanes: 1, most: 10 }, async (pieces: number[]) => {
    if (pieces.includes(2)) throw new Error('two')
    return pieces
  })
  const outcomes = await Promise.allSettled([1, 2, 3].map(pass))
  assert.deepEqual(
    outcomes.map(outcome => outcome.status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
})
