import type { Page } from 'playwright-core'

/**
 * Looks at all that a page has: opens what is folded, goes down every part that scrolls to its end and right to its edge.
 *
 * @param look is called wherever something new is in sight.
 */
export async function walkPage(page: Page, look: () => Promise<void>): Promise<void> {
  for (let step = 0; step < 400; step++) {
    await unfold(page)
    await look()
    const moved = await page.evaluate(() => {
      let any = false
      for (const element of document.querySelectorAll('main, main *')) {
        if (element.scrollHeight <= element.clientHeight + 1 || element.clientHeight < 200) continue
        const before = element.scrollTop
        element.scrollBy({ top: element.clientHeight * 0.9 })
        any ||= element.scrollTop > before + 1
      }
      return any
    })
    if (!moved) return
    await settle(page)
  }
  throw new Error('The page has no end.')
}

/** Opens all that is folded in sight, in a few rounds, since there may be more in what was opened. */
async function unfold(page: Page): Promise<void> {
  for (let round = 0; round < 4; round++) {
    const opened = await page.evaluate(() => {
      const folded = [...document.querySelectorAll('main [aria-expanded="false"], main details:not([open]) > summary')]
      const buttons = folded.filter(element => element instanceof HTMLElement && !element.matches('[aria-haspopup]'))
      for (const button of buttons) if (button instanceof HTMLElement) button.click()
      return buttons.length
    })
    if (opened === 0) return
    await settle(page)
  }
}

/** Until nothing loads and what was asked for is drawn. */
async function settle(page: Page): Promise<void> {
  await page.evaluate(() => new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve, 20))))
  await page.locator('.skeleton').first().waitFor({ state: 'detached' })
}
