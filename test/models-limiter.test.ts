import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLimiter, type Slot } from '#models/limiter.ts'
import { ModelFailure } from '#models/model.ts'
import { createManualClock } from './manual-clock.ts'

const settle = () => new Promise(resolve => setImmediate(resolve))

const open = (cap: number) => {
  const clock = createManualClock()
  const limiter = createLimiter(cap, clock)
  const take = (n: number): Promise<Slot[]> => Promise.all(Array.from({ length: n }, () => limiter.acquire()))
  return { clock, limiter, take }
}

test('no more than the cap are in flight, and who waits longest goes first', async () => {
  const { limiter, take } = open(2)
  const [first, second] = await take(2)
  const order: number[] = []
  for (const i of [1, 2, 3]) limiter.acquire().then(() => order.push(i))
  await settle()
  assert.deepEqual([limiter.state().in_flight, limiter.state().waiting, order], [2, 3, []])
  first?.release('answered')
  await settle()
  assert.deepEqual(order, [1])
  second?.release('answered')
  await settle()
  assert.deepEqual(order, [1, 2])
})

test('a call that is asked again goes before new ones, and after others asked again', async () => {
  const { limiter, take } = open(1)
  const [slot] = await take(1)
  const order: string[] = []
  const wait = (name: string, again: boolean) =>
    limiter.acquire({ again }).then(next => {
      order.push(name)
      next.release('neutral')
    })
  const all = [wait('new', false), wait('again 1', true), wait('again 2', true)]
  slot?.release('neutral')
  await Promise.all(all)
  assert.deepEqual(order, ['again 1', 'again 2', 'new'])
})

test('a slot given back twice counts once', async () => {
  const { limiter, take } = open(2)
  const [slot] = await take(2)
  slot?.release('answered')
  slot?.release('answered')
  assert.equal(limiter.state().in_flight, 1)
})

test('a burst of overloads halves the limit once; the next burst halves it again; 1 is the least', async () => {
  const { limiter, take } = open(16)
  let slots = await take(16)
  for (const slot of slots) slot.release('overloaded', 0)
  assert.equal(limiter.state().limit, 8)
  slots = await take(8)
  for (const slot of slots) slot.release('overloaded', 0)
  assert.equal(limiter.state().limit, 4)
  for (let i = 0; i < 5; i++) for (const slot of await take(1)) slot.release('overloaded', 0)
  assert.equal(limiter.state().limit, 1)
})

test('an overload with few in flight halves those, not the unused limit', async () => {
  const { limiter, take } = open(64)
  const [slot] = await take(6)
  slot?.release('overloaded', 0)
  assert.equal(limiter.state().limit, 3)
})

for (const cap of [4, 16, 64, 1000]) {
  test(`answers bring the limit from 1 back to its cap of ${cap}, within 18 rounds`, async () => {
    const { limiter, take } = open(cap)
    for (let i = 0; i < 12; i++) for (const slot of await take(limiter.state().limit)) slot.release('overloaded', 0)
    assert.equal(limiter.state().limit, 1)
    let held: Slot[] = []
    const wait = () => limiter.acquire().then(slot => held.push(slot))
    for (let i = 0; i < cap * 2; i++) wait()
    let rounds = 0
    for (; limiter.state().limit < cap && rounds < 100; rounds++) {
      await settle()
      const round = held
      held = []
      for (const slot of round) {
        wait()
        slot.release('answered')
        assert.ok(limiter.state().in_flight <= cap)
      }
    }
    assert.ok(rounds <= 18, `${rounds} rounds`)
  })
}

test('answers to few calls do not raise the limit: they are no evidence for more', async () => {
  const { limiter, take } = open(16)
  for (const slot of await take(16)) slot.release('overloaded', 0)
  for (let i = 0; i < 100; i++) for (const slot of await take(2)) slot.release('answered')
  assert.equal(limiter.state().limit, 8)
})

test('nothing is sent before Retry-After is over', async () => {
  const { clock, limiter, take } = open(4)
  const [slot] = await take(1)
  slot?.release('overloaded', 10_000)
  let sent = 0
  for (let i = 0; i < 3; i++) limiter.acquire().then(() => sent++)
  await clock.advance(9_999)
  assert.deepEqual([sent, limiter.state().waiting], [0, 3])
  await clock.advance(1)
  assert.deepEqual([sent, limiter.state().limit], [1, 1])
})

test('a provider that asks for a day is waited for 5 minutes at most', async () => {
  const { clock, limiter, take } = open(4)
  const [slot] = await take(1)
  slot?.release('overloaded', 86_400_000)
  let sent = 0
  limiter.acquire().then(() => sent++)
  await clock.advance(300_000)
  assert.equal(sent, 1)
})

test('overloads at a limit of 1 space the calls out, until an answer comes', async () => {
  const { clock, limiter } = open(1)
  const pauses: number[] = []
  for (let i = 0; i < 8; i++) {
    const slot = await limiter.acquire()
    slot.release('overloaded')
    pauses.push(limiter.state().pause_ms)
    await clock.advance(30_000)
  }
  assert.deepEqual(pauses, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
  const slot = await limiter.acquire()
  slot.release('answered')
  const next = await limiter.acquire()
  next.release('overloaded')
  assert.equal(limiter.state().pause_ms, 500)
})

test('a call that is given up while it waits leaves the queue, and no timer stays behind', async () => {
  const { clock, limiter, take } = open(1)
  const [slot] = await take(1)
  const controller = new AbortController()
  const waiting = limiter.acquire({ signal: controller.signal })
  controller.abort()
  await assert.rejects(waiting, error => error instanceof ModelFailure && error.kind === 'cancelled')
  assert.equal(limiter.state().waiting, 0)
  slot?.release('overloaded', 10_000)
  const other = new AbortController()
  const paused = limiter.acquire({ signal: other.signal })
  assert.equal(clock.pending(), 1)
  other.abort()
  await assert.rejects(paused)
  assert.equal(clock.pending(), 0)
  await assert.rejects(limiter.acquire({ signal: other.signal }))
})

test('a long queue is served and given up in time proportional to its length', async () => {
  const { limiter, take } = open(1)
  const [slot] = await take(1)
  const served = Array.from({ length: 50_000 }, () => limiter.acquire().then(next => next.release('answered')))
  const start = performance.now()
  slot?.release('answered')
  await Promise.all(served)
  const [blocking] = await take(1)
  const controller = new AbortController()
  const waiting = Array.from({ length: 2_000 }, () =>
    limiter.acquire({ signal: controller.signal }).catch(() => 'gone'),
  )
  controller.abort()
  assert.equal((await Promise.all(waiting)).length, 2_000)
  blocking?.release('neutral')
  assert.equal(limiter.state().in_flight, 0)
  assert.ok(performance.now() - start < 3_000, `${performance.now() - start} ms`)
})
