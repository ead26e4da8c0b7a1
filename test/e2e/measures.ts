import type { Page } from 'playwright-core'

interface Slowest {
  ms: number
  /** The key or the click. */
  what: string
}

declare global {
  interface Window {
    /** What moved, how far. */
    shifts?: string[]
    /** Pictures in which something on the page was changed. */
    renders?: number
    slowest?: Slowest
    /** The key or the click that is being measured. */
    doing?: string
    /** Milliseconds from each key to the next picture. */
    typed?: number[]
  }
}

/**
 * Bytes of script, as they are sent, that had come when `ready` was first seen; what comes later is no condition of that, nor is
 * the editor beside a form that can be used without it. From an empty cache: the page is one of its own that has not been
 * anywhere.
 */
export async function countScript(
  page: Page,
  ready: string,
  load: () => Promise<void>,
): Promise<{ bytes: number; files: number; ms: number }> {
  await page.addInitScript(selector => {
    const look = () => {
      if (document.querySelector(selector) === null) return requestAnimationFrame(look)
      return setTimeout(() => performance.mark('usable'))
    }
    requestAnimationFrame(look)
  }, ready)
  await load()
  return page.evaluate(async () => {
    const ms = performance.getEntriesByName('usable')[0]?.startTime ?? performance.now()
    const sizes: number[] = []
    for (const entry of performance.getEntriesByType('resource')) {
      if (!(entry instanceof PerformanceResourceTiming) || !/\.js$/.test(entry.name) || entry.responseEnd > ms) continue
      const text = await (await fetch(entry.name)).text()
      if (!/cm-content/.test(text)) sizes.push(entry.encodedBodySize)
    }
    return { bytes: sizes.reduce((sum, size) => sum + size, 0), files: sizes.length, ms }
  })
}

/** Keeps what moves without anybody having touched the page in `window.shifts`. */
export async function watchShifts(page: Page): Promise<void> {
  await page.evaluate(() => {
    const shifts: string[] = []
    window.shifts = shifts
    new PerformanceObserver(list => {
      for (const entry of list.getEntries()) {
        const { value, sources } = entry as PerformanceEntry & { value: number; sources?: { node?: Node }[] }
        const moved = sources?.map(({ node }) =>
          node instanceof Element ? node.outerHTML.slice(0, 100) : node?.textContent,
        )
        shifts.push(`${value.toFixed(6)}: ${moved?.join(' | ')}`)
      }
    }).observe({ type: 'layout-shift', buffered: false })
  })
}

/** Counts in `window.renders` the pictures in which anything changed; a colour that glides counts for nothing. */
export async function countRenders(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.renders = 0
    let counted = false
    new MutationObserver(() => {
      if (counted) return
      counted = true
      window.renders = (window.renders ?? 0) + 1
      requestAnimationFrame(() => {
        counted = false
      })
    }).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true })
  })
}

/**
 * Types where the focus is, quicker than a person does.
 *
 * @returns milliseconds from each key to the picture that shows it, the slowest first, in steps of 8; keys below 16 are left out,
 * as browsers do not tell of them.
 */
export async function measureTyping(page: Page, sentence: string): Promise<number[]> {
  await page.evaluate(() => {
    window.typed = []
    new PerformanceObserver(list => {
      for (const { name, duration } of list.getEntries()) if (name === 'keydown') window.typed?.push(duration)
    }).observe({ type: 'event', durationThreshold: 16, buffered: false } as PerformanceObserverInit)
  })
  for (const key of sentence) {
    await page.keyboard.press(key === ' ' ? 'Space' : key)
    await page.waitForTimeout(15)
  }
  await page.waitForTimeout(200)
  const typed = await page.evaluate(() => window.typed ?? [])
  return typed.sort((one, other) => other - one)
}

/**
 * Types where the focus is, each key when the work for the one before has been done.
 *
 * @returns milliseconds that the page's thread worked for each key, the longest first. What else the machine does meanwhile does
 * not count.
 */
export async function measureTypingWork(page: Page, sentence: string): Promise<number[]> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const readWork = async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN) * 1_000
  }
  const worked: number[] = []
  for (const key of sentence) {
    const before = await readWork()
    await page.keyboard.press(key === ' ' ? 'Space' : key)
    // What follows a key is done by the second picture after it.
    await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))
    worked.push((await readWork()) - before)
  }
  await session.detach()
  return worked.sort((one, other) => other - one)
}

/**
 * Does what people do on every page (keys, palette, the list of keys, switches that fold) on a processor that is that many times
 * slower.
 *
 * @returns the slowest of them: milliseconds to the next picture, in steps of 8, as Interaction to Next Paint counts them.
 */
export async function measureClicks(page: Page, slower: number): Promise<Slowest> {
  const session = await page.context().newCDPSession(page)
  await page.evaluate(() => {
    window.slowest = { ms: 0, what: 'nothing' }
    new PerformanceObserver(list => {
      for (const entry of list.getEntries()) {
        // A pointer that leaves an element is no interaction; it only waits for one that goes on.
        const { duration, interactionId } = entry as PerformanceEntry & { interactionId?: number }
        if (interactionId && duration > (window.slowest?.ms ?? 0))
          window.slowest = { ms: duration, what: window.doing ?? '' }
      }
    }).observe({ type: 'event', durationThreshold: 16, buffered: false } as PerformanceObserverInit)
  })
  // The palette's part is fetched while nothing else happens.
  await page.waitForTimeout(1_500)
  await session.send('Emulation.setCPUThrottlingRate', { rate: slower })
  const measure = async (what: string, act: () => Promise<void>) => {
    await page.evaluate(doing => {
      window.doing = doing
    }, what)
    await act()
    await page.waitForTimeout(250)
  }
  for (const key of ['j', 'j', 'k', 'Control+k', 'Escape', '?', 'Escape']) {
    await measure(key, () => page.keyboard.press(key))
  }
  for (const fold of (await page.locator('main [aria-expanded="false"]:visible').all()).slice(0, 4)) {
    await measure('a fold', () => fold.click({ timeout: 2_000 }).catch(() => {}))
  }
  await page.waitForTimeout(300)
  await session.send('Emulation.setCPUThrottlingRate', { rate: 1 })
  await session.detach()
  return page.evaluate(() => window.slowest ?? { ms: Number.NaN, what: 'nothing' })
}
