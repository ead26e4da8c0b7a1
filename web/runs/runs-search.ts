/** What the address says of the list of runs: whether a new one is being put together, and how many are listed. */
export interface RunsSearch {
  new?: '1'
  shown?: number
}

/** What the address says of a run: which of its sessions are listed. */
export interface RunSearch {
  state?: 'pending' | 'running' | 'ok' | 'failed'
}

/** Reads the address of the list; what it cannot mean is left out. */
export function readRunsSearch(given: { [name: string]: unknown }): RunsSearch {
  const shown = Number(given.shown)
  return {
    ...(given.new === '1' ? { new: '1' } : {}),
    ...(Number.isInteger(shown) && shown > 100 && shown <= 1_000 ? { shown } : {}),
  }
}

/** Reads the address of a run. */
export function readRunSearch(given: { [name: string]: unknown }): RunSearch {
  const state = (['pending', 'running', 'ok', 'failed'] as const).find(one => one === given.state)
  return state === undefined ? {} : { state }
}
