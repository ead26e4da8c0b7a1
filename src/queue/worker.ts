import { setTimeout as sleep } from 'node:timers/promises'
import { isOutage } from '#db/outage.ts'
import type { Log } from '#log.ts'
import type { Queue } from './queue.ts'
import type { Task } from './task.ts'

/** How often a worker looks for work when nothing wakes it, in milliseconds. */
const LOOK_MS = 500
/** Jobs in hand are reported alive this often; pg-boss gives a job up after 10 s without. */
const TOUCH_MS = 3_000
const SWEEP_MS = 5_000

/** A task with the function that does one piece of it, and how many pieces may be in hand at the same time. */
export interface Duty {
  name: string
  slots: number
  /** Throwing means: later again. */
  perform: (payload: unknown, signal: AbortSignal) => Promise<void>
}

/** Binds a task to the domain function that does it. */
export function declareDuty<Payload>(
  task: Task<Payload>,
  slots: number,
  perform: (payload: Payload, signal: AbortSignal) => Promise<void>,
): Duty {
  return { name: task.name, slots, perform: (payload, signal) => perform(task.payload.parse(payload), signal) }
}

export interface Worker {
  /** Takes no more work, aborts what is in hand and waits for it to let go. */
  stop: () => Promise<void>
}

/**
 * Keeps every duty's slots full: fetches as many jobs as there are free slots, completes each on its own. With
 * heavy-tailed latencies whole batches would wait for their slowest member.
 *
 * @param sweep runs at the start and every few seconds: it finds work that lost its job.
 */
export function startWorker(queue: Queue, duties: Duty[], sweep: () => Promise<void>, log: Log): Worker {
  const stopping = new AbortController()
  const loops = duties.map(duty => new Loop(queue, duty, log, stopping.signal))
  queue.wake = () => {
    for (const loop of loops) loop.wake()
  }
  const running = [...loops.map(loop => loop.run()), repeatSweep(sweep, log, stopping.signal)]
  return {
    stop: async () => {
      stopping.abort()
      queue.wake()
      await Promise.all(running)
    },
  }
}

class Loop {
  readonly #inHand = new Map<string, Promise<void>>()
  readonly #finished: string[] = []
  readonly #queue: Queue
  readonly #duty: Duty
  readonly #log: Log
  readonly #signal: AbortSignal
  #awake: () => void = () => {}
  #touchedAt = Date.now()

  constructor(queue: Queue, duty: Duty, log: Log, signal: AbortSignal) {
    this.#queue = queue
    this.#duty = duty
    this.#log = log
    this.#signal = signal
  }

  wake(): void {
    this.#awake()
  }

  async run(): Promise<void> {
    while (!this.#signal.aborted) {
      const woken = new Promise<void>(resolve => {
        this.#awake = resolve
      })
      const full = await this.#turn().catch(error => this.#complain(error))
      if (!full) await Promise.race([woken, sleep(LOOK_MS, undefined, { signal: this.#signal }).catch(() => {})])
    }
    await Promise.all(this.#inHand.values())
    await this.#complete().catch(() => {})
  }

  /** Hands back what is done, takes what fits. Returns whether there may be more to take at once. */
  async #turn(): Promise<boolean> {
    await this.#complete()
    await this.#touch()
    const free = this.#duty.slots - this.#inHand.size
    if (free === 0) return false
    const jobs = await this.#queue.boss.fetch(this.#duty.name, { batchSize: free })
    for (const job of jobs) this.#inHand.set(job.id, this.#perform(job.id, job.data))
    return jobs.length === free && free > 1
  }

  async #perform(id: string, data: unknown): Promise<void> {
    try {
      await this.#duty.perform(data, this.#signal)
      this.#finished.push(id)
    } catch (error) {
      if (!this.#signal.aborted) {
        if (isOutage(error))
          this.#log.warn({ err: error, task: this.#duty.name }, 'the database went away; the work comes back')
        else this.#log.error({ err: error, task: this.#duty.name, data }, 'work failed by a bug; it is tried again')
      }
      await this.#queue.boss.fail(this.#duty.name, id).catch(() => {})
    } finally {
      this.#inHand.delete(id)
      this.#awake()
    }
  }

  async #complete(): Promise<void> {
    const ids = this.#finished.splice(0)
    if (ids.length === 0) return
    await this.#queue.boss.complete(this.#duty.name, ids)
  }

  async #touch(): Promise<void> {
    if (this.#inHand.size === 0 || Date.now() - this.#touchedAt < TOUCH_MS) return
    this.#touchedAt = Date.now()
    await this.#queue.boss.touch(this.#duty.name, [...this.#inHand.keys()])
  }

  async #complain(error: unknown): Promise<false> {
    if (!this.#signal.aborted) this.#log.warn({ err: error }, 'the worker could not reach its queue; it tries again')
    return false
  }
}

async function repeatSweep(sweep: () => Promise<void>, log: Log, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sweep().catch(error => log.warn({ err: error }, 'a sweep failed; the next one tries again'))
    await sleep(SWEEP_MS, undefined, { signal }).catch(() => {})
  }
}
