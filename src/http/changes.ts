import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from '#db/connect.ts'
import type { Log } from '#log.ts'

/** Something that a room lets open pages know of. */
export interface ChangeSource {
  topic: string
  /**
   * How things stand in a project, as a small value for JSON. It is looked at every second as long as somebody listens, so
   * it may read a few rows by an index and no more. Whoever writes pays nothing for it.
   */
  look: (db: Db, projectId: number) => Promise<unknown>
}

/** How a project stands: for each topic the value that was found, and a short hash of it. */
export type Standing = Map<string, { value: unknown; mark: string }>

/** Told of each look that found something else, and of the end, when looking failed. */
export interface ChangeListener {
  onChange: (standing: Standing, changed: string[]) => void
  onEnd: () => void
}

const LOOK_MS = 1_000

interface Watched {
  listeners: Set<ChangeListener>
  standing: Promise<Standing>
}

/**
 * Looks at the projects that somebody listens to, each once a second whatever the number of listeners. Every process of the
 * server looks by itself, so it does not matter which of them made a change; nothing is kept about the past.
 */
export function createChangeWatch(sources: ChangeSource[], db: Db, log: Log) {
  const projects = new Map<number, Watched>()

  const keepLooking = async (projectId: number, watched: Watched) => {
    try {
      let standing = await watched.standing
      while (watched.listeners.size > 0) {
        await sleep(LOOK_MS, undefined, { ref: false })
        if (watched.listeners.size === 0) break
        const next = await lookAt(sources, db, projectId)
        const changed = compareMarks(next, listMarks(standing))
        standing = next
        watched.standing = Promise.resolve(next)
        if (changed.length > 0) for (const listener of watched.listeners) listener.onChange(next, changed)
      }
    } catch (error) {
      log.info({ err: error }, 'changes can no longer be looked for; the pages that listen connect again')
    }
    if (projects.get(projectId) === watched) projects.delete(projectId)
    for (const listener of watched.listeners) listener.onEnd()
  }

  return {
    /** Listens until the function that comes back is called. @returns also how things stand now. */
    listen: async (projectId: number, listener: ChangeListener): Promise<{ standing: Standing; leave: () => void }> => {
      const known = projects.get(projectId)
      const watched = known ?? { listeners: new Set(), standing: lookAt(sources, db, projectId) }
      watched.listeners.add(listener)
      if (known === undefined) {
        projects.set(projectId, watched)
        void keepLooking(projectId, watched)
      }
      return { standing: await watched.standing, leave: () => watched.listeners.delete(listener) }
    },
  }
}

export type ChangeWatch = ReturnType<typeof createChangeWatch>

/** The marks of all topics in one word, by which a client that connects again says what it knows. */
export function nameStanding(standing: Standing): string {
  return [...listMarks(standing)].map(([topic, mark]) => `${topic}.${mark}`).join('-')
}

/** The topics that stand otherwise than by the name that a client sent; all of them for a name that is none. */
export function findChanges(standing: Standing, name: string): string[] {
  const known = name.split('-').map((part): [string, string] => {
    const [topic = '', mark = ''] = part.split('.')
    return [topic, mark]
  })
  return compareMarks(standing, new Map(known))
}

async function lookAt(sources: ChangeSource[], db: Db, projectId: number): Promise<Standing> {
  const standing: Standing = new Map()
  for (const { topic, look } of sources) {
    const value = await look(db, projectId)
    const mark = createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12)
    standing.set(topic, { value, mark })
  }
  return standing
}

function listMarks(standing: Standing): Map<string, string> {
  return new Map([...standing].map(([topic, { mark }]) => [topic, mark]))
}

function compareMarks(standing: Standing, known: Map<string, string>): string[] {
  return [...standing].filter(([topic, { mark }]) => known.get(topic) !== mark).map(([topic]) => topic)
}
