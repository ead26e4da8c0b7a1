import type { Page } from 'playwright-core'

export interface ScrollResult {
  /** Rows that were never seen on the way down, or on the way back. */
  missing: number
  /** Rows that stood at two places of the list. */
  doubled: number
  /** After a collection: before, at each tenth of the way, at the end. */
  heap_mb: number[]
  ms: number
}

/**
 * Goes down the list of sessions to its end and up again, screen by screen, as fast as rows come, and keeps account of the rows
 * that were seen. A row is known by the number at the end of its address.
 *
 * @param rows how many there are.
 */
export async function scrollThrough(page: Page, rows: number, tell: (line: string) => void): Promise<ScrollResult> {
  const started = performance.now()
  const session = await page.context().newCDPSession(page)
  const heap_mb = [await readHeap()]
  const counts = { missing: 0, doubled: 0 }
  for (const way of [1, -1] as const) {
    const order = new Map<string, number>()
    let position = 0
    let still = 0
    let told = 0
    while (still < 40) {
      const seen = await page.evaluate(moveOn, way)
      let fresh = 0
      for (const [index, name] of seen.entries()) {
        const known = order.get(name)
        if (known === undefined) {
          order.set(name, position++)
          fresh++
        } else if (index > 0 && known < (order.get(seen[index - 1] ?? '') ?? 0)) counts.doubled++
      }
      still = fresh === 0 ? still + 1 : 0
      if (position >= told + rows / 10) {
        told = position
        heap_mb.push(await readHeap())
        tell(`${way === 1 ? 'down' : 'up'} ${position}, heap ${heap_mb.at(-1)} MB`)
      }
    }
    counts.missing += Math.max(0, rows - order.size)
  }
  heap_mb.push(await readHeap())
  await session.detach()
  return { ...counts, heap_mb, ms: performance.now() - started }

  async function readHeap(): Promise<number> {
    await session.send('HeapProfiler.collectGarbage')
    const { usedSize } = await session.send('Runtime.getHeapUsage')
    return Math.round(usedSize / 1e5) / 10
  }
}

/** Goes on by most of a screen, several times, and gives the rows that were seen in the order of the way. Runs in the browser. */
async function moveOn(way: 1 | -1): Promise<string[]> {
  const table = document.querySelector('.table')
  if (table === null) throw new Error('There is no table.')
  const names: string[] = []
  for (let turn = 0; turn < 10; turn++) {
    const rows = [...document.querySelectorAll<HTMLElement>('[data-index]')]
      .sort((a, b) => Number(a.dataset.index) - Number(b.dataset.index))
      .map(row => row.querySelector('[data-row]')?.getAttribute('href') ?? '')
    names.push(...(way === 1 ? rows : rows.toReversed()))
    table.scrollBy({ top: way * (table.clientHeight - 100) })
    await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)))
  }
  return [...new Set(names)]
}
