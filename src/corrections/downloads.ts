import type { Db } from '#db/connect.ts'

/**
 * Downloads that are read from the database at a time. Each holds a connection as long as its reader takes: twenty readers
 * that stood still had all there are, and nobody else got an answer.
 */
const PLACES = 5
/** A reader that takes nothing for so long loses its place. */
const PATIENCE_MS = 10 * 60 * 1000

interface Places {
  free: number
  /** Each lets one who waits go on, first come first. */
  waiting: (() => void)[]
}

const placesOf = new WeakMap<Db['pool'], Places>()

/**
 * Streams to a reader who may be slow, once one of few places is free.
 *
 * @param open begins to read; ended, it gives back what it holds.
 * @throws when the reader took nothing for too long, so that what it has does not look whole.
 */
export async function* streamInTurn(
  db: Db,
  open: () => AsyncGenerator<Uint8Array, void, undefined>,
  patienceMs = PATIENCE_MS,
): AsyncGenerator<Uint8Array, void, undefined> {
  const leave = await enterPlace(db)
  const source = open()
  let lost = false
  const giveUp = () => {
    lost = true
    source
      .return()
      .catch(() => {})
      .finally(leave)
  }
  try {
    for await (const chunk of source) {
      const patience = setTimeout(giveUp, patienceMs).unref()
      try {
        yield chunk
      } finally {
        clearTimeout(patience)
      }
      if (lost) throw new Error('A download was given up, since its reader took nothing for too long.')
    }
  } finally {
    leave()
  }
}

/** @returns what gives the place to the next; more than once does nothing. */
async function enterPlace(db: Db): Promise<() => void> {
  const places = placesOf.get(db.pool) ?? { free: PLACES, waiting: [] }
  placesOf.set(db.pool, places)
  if (places.free > 0) places.free -= 1
  else await new Promise<void>(resolve => places.waiting.push(resolve))
  let left = false
  return () => {
    if (left) return
    left = true
    const next = places.waiting.shift()
    if (next === undefined) places.free += 1
    else next()
  }
}
