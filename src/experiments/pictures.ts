/** The pictures that this process holds: those read lately, within a bound. */
import type pg from 'pg'
import type { Db } from '#db/connect.ts'
import { createPicture, measurePicture, type Picture, refreshPicture } from './case-sums.ts'

/** All pictures together; the one read last may be larger by itself. */
const MOST_BYTES = 256 * 1024 * 1024
const IDLE_MS = 10 * 60 * 1000

interface Held {
  picture: Picture
  /** Ends when whoever has the picture now is done with it. */
  turn: Promise<unknown>
  waiting: number
  bytes: number
  timer: NodeJS.Timeout | null
}

/** By the pool, so that they go when the database is closed; the one read last stands last. */
const stores = new WeakMap<pg.Pool, Map<string, Held>>()

/**
 * Gives a fresh picture of an experiment to `use`, which has it alone until it is done. What is read are the changes since
 * the last time; everything, when it is the first time in this process, or was not read for ten minutes, or had to make
 * room for others.
 *
 * @param scorers how many places the experiment's runs have for grades. @param mostBytes of all pictures together.
 */
export async function withPicture<Result>(
  db: Db,
  projectId: number,
  experimentNo: number,
  scorers: number,
  use: (picture: Picture) => Result | Promise<Result>,
  mostBytes = MOST_BYTES,
): Promise<Result> {
  const store = stores.get(db.pool) ?? new Map<string, Held>()
  stores.set(db.pool, store)
  const key = `${projectId}:${experimentNo}`
  const held = holdPicture(store, key, () => createPicture(projectId, experimentNo, scorers), scorers)
  held.waiting++
  const before = held.turn
  const work = async () => {
    await before.catch(() => {})
    // Left half done, it is done again: what was read twice is the same.
    await refreshPicture(db, held.picture)
    return use(held.picture)
  }
  const mine = work()
  held.turn = mine
  try {
    return await mine
  } finally {
    held.waiting--
    held.bytes = measurePicture(held.picture)
    scheduleEnd(store, key, held)
    makeRoom(store, mostBytes)
  }
}

/** How many pictures are held for a database. */
export function countPictures(db: Db): number {
  return stores.get(db.pool)?.size ?? 0
}

function holdPicture(store: Map<string, Held>, key: string, create: () => Picture, scorers: number): Held {
  const known = store.get(key)
  store.delete(key)
  // A picture has no room for scorers that came later.
  const held =
    known === undefined || known.picture.scorers < scorers
      ? { picture: create(), turn: Promise.resolve(), waiting: 0, bytes: 0, timer: null }
      : known
  if (known !== undefined && known !== held && known.timer !== null) clearTimeout(known.timer)
  store.set(key, held)
  return held
}

function scheduleEnd(store: Map<string, Held>, key: string, held: Held): void {
  if (held.timer !== null) clearTimeout(held.timer)
  held.timer = setTimeout(() => {
    if (held.waiting === 0 && store.get(key) === held) store.delete(key)
  }, IDLE_MS).unref()
}

/** Lets those go that were not read for the longest time. */
function makeRoom(store: Map<string, Held>, mostBytes: number): void {
  let bytes = 0
  for (const held of store.values()) bytes += held.bytes
  for (const [key, held] of store) {
    if (bytes <= mostBytes || store.size === 1) return
    if (held.waiting > 0) continue
    if (held.timer !== null) clearTimeout(held.timer)
    store.delete(key)
    bytes -= held.bytes
  }
}
