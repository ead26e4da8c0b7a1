import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBreaker } from '#models/breaker.ts'
import { ModelFailure } from '#models/model.ts'
import { createManualClock } from './manual-clock.ts'

const failure = new ModelFailure('failed', 'The backend "lab" answered 500.')

const open = () => {
  const clock = createManualClock()
  const breaker = createBreaker(clock)
  const admit = () => {
    const trial = breaker.admit()
    assert.ok(trial)
    return trial
  }
  const failCalls = (n: number) => {
    for (let i = 0; i < n; i++) admit().failed(failure, true)
  }
  return { clock, breaker, failCalls, admit }
}

test('ten calls in a row that failed for good over 5 s stop the backend, with the reason', async () => {
  const { clock, breaker, failCalls } = open()
  failCalls(9)
  await clock.advance(5_000)
  assert.equal(breaker.refusal(), null)
  failCalls(1)
  assert.deepEqual(breaker.refusal(), { reason: failure.message, kind: 'failed' })
  assert.equal(breaker.state().state, 'open')
})

test('ten failures within a moment do not stop it: that may be a blip', async () => {
  const { clock, breaker, failCalls } = open()
  failCalls(30)
  assert.equal(breaker.refusal(), null)
  await clock.advance(5_000)
  failCalls(1)
  assert.ok(breaker.refusal())
})

test('any answer in between starts the count anew', async () => {
  const { clock, breaker, failCalls, admit } = open()
  failCalls(9)
  await clock.advance(6_000)
  admit().alive()
  failCalls(9)
  await clock.advance(6_000)
  assert.equal(breaker.refusal(), null)
  failCalls(1)
  assert.ok(breaker.refusal())
})

test('attempts that are retried and calls that were given up do not count', async () => {
  const { clock, breaker, admit } = open()
  for (let i = 0; i < 50; i++) {
    await clock.advance(1_000)
    admit().failed(failure, false)
    admit().undecided()
  }
  assert.equal(breaker.refusal(), null)
})

test('after the pause exactly one call tries; its answer opens the way for all', async () => {
  const { clock, breaker, failCalls, admit } = open()
  failCalls(1)
  await clock.advance(5_000)
  failCalls(9)
  await clock.advance(29_999)
  assert.ok(breaker.refusal())
  await clock.advance(1)
  assert.equal(breaker.refusal(), null)
  assert.equal(breaker.state().state, 'half_open')
  const probe = admit()
  let waited = false
  const waiting = breaker.waitForTrial().then(() => {
    waited = true
  })
  await clock.advance(60_000)
  assert.deepEqual([breaker.refusal(), breaker.admit(), waited], [null, null, false])
  const givenUp = AbortSignal.abort()
  await assert.rejects(breaker.waitForTrial(givenUp), ModelFailure)
  probe.alive()
  await waiting
  assert.deepEqual([breaker.refusal(), breaker.state().state], [null, 'closed'])
})

test('a probe that fails doubles the pause, to 5 minutes at most; one that is given up leaves room for the next', async () => {
  const { clock, breaker, failCalls, admit } = open()
  failCalls(1)
  await clock.advance(5_000)
  failCalls(9)
  const pauses: number[] = []
  for (let i = 0; i < 6; i++) {
    pauses.push((breaker.state().retry_at ?? 0) - clock.now())
    await clock.advance(pauses.at(-1) ?? 0)
    admit().undecided()
    assert.equal(breaker.refusal(), null)
    admit().failed(failure, false)
  }
  assert.deepEqual(pauses, [30_000, 60_000, 120_000, 240_000, 300_000, 300_000])
})
