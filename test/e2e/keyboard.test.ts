import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { withBrowser, withLongBrowser } from './harness.ts'
import { listMainPages, PAGES, waitForPage } from './pages.ts'
import { openStage, type Stage } from './stage.ts'

let stage: Stage

before(async () => {
  const opened = await openStage({ oneProfile: true })
  if (opened !== null) stage = opened
})
afterEach(() => stage?.app.closePages())
after(() => stage?.app.close())

const open = (address: string) => stage.app.open(address)

test('the palette leads to every page of the sidebar, and so does the Tab key', withBrowser, async () => {
  const page = await open('/p/default/sessions')
  await page.locator('[data-row]').first().waitFor()
  const places = PAGES.filter(one => one.place !== undefined)
  for (const { place = '', path } of places) {
    await page.keyboard.press('Control+k')
    const field = page.getByRole('combobox', { name: /action/ })
    await field.fill(place)
    await field.press('Enter')
    await page.waitForURL(url => `${url.pathname}/`.startsWith(`/p/default${path}/`))
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }
  await page.reload()
  await page.locator('h1').first().waitFor()
  const reached = new Set<string>()
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to the page')
  for (let step = 0; step < 16; step++) {
    await page.keyboard.press('Tab')
    reached.add((await page.evaluate(() => document.activeElement?.getAttribute('href'))) ?? '')
  }
  assert.deepEqual(
    places.filter(({ path }) => !reached.has(`/p/default${path}`)),
    [],
  )
})

/** What the list of keys says, as keys. */
async function readKeyList(page: Page): Promise<Set<string>> {
  // Where a page puts the focus into a field, keys are letters.
  await page.evaluate(() => (document.activeElement instanceof HTMLElement ? document.activeElement.blur() : undefined))
  await page.keyboard.press('?')
  const dialog = page.getByRole('dialog', { name: 'Keys' })
  await dialog.waitFor()
  const keys = await dialog.locator('kbd').allInnerTexts()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  return new Set(keys)
}

test('on every page ? lists the keys that do something, and no others do', withLongBrowser, async () => {
  const page = await open('/p/default/sessions')
  for (const listed of listMainPages(stage.places)) {
    await page.goto(stage.app.url + listed.address)
    await waitForPage(page, listed)
    const keys = await readKeyList(page)
    assert.ok(keys.has('?') && keys.has('Ctrl K'), listed.name)
    const handled = await page.evaluate(
      given => {
        const all = [...'abcdefghijklmnopqrstuvwxyz0123456789/.,+-;!', 'Delete', 'Backspace', 'F2']
        document.querySelector<HTMLElement>('main')?.focus()
        return all.filter(key => {
          if (given.includes(key)) return false
          const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })
          return !(document.activeElement ?? document.body).dispatchEvent(event)
        })
      },
      [...keys],
    )
    assert.deepEqual(handled, [], listed.name)
  }
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: /action/ }).waitFor()
  assert.ok((await page.getByRole('option').locator('.note').allInnerTexts()).includes('?'))
})

test('whatever has the focus is seen, and nothing lies over it, on every page', withLongBrowser, async () => {
  const page = await open('/p/default/sessions')
  for (const listed of listMainPages(stage.places)) {
    await page.goto(stage.app.url + listed.address)
    await waitForPage(page, listed)
    const seen = new Set<string>()
    let end = ''
    let again = 0
    for (let step = 0; step < 40; step++) {
      await page.keyboard.press('Tab')
      const focus = await page.evaluate(describeFocus)
      end = focus?.place ?? 'nothing'
      if (focus === null) break
      // A date has three parts, which take the focus one after the other.
      if (seen.has(focus.place) && again++ < 4) continue
      if (seen.has(focus.place)) break
      seen.add(focus.place)
      assert.deepEqual(focus.troubles, [], `${listed.name}: ${focus.place}`)
    }
    assert.ok(seen.size >= 5, `${listed.name}: ${[...seen].join('; ')}, then ${end}`)
  }
})

/** What is wrong with the element that has the focus; null when none has. Runs in the browser. */
function describeFocus(): { place: string; troubles: string[] } | null {
  const element = document.activeElement
  if (!(element instanceof HTMLElement || element instanceof SVGElement) || element === document.body) return null
  const troubles: string[] = []
  const box = element.getBoundingClientRect()
  if (box.width < 1 || box.height < 1) troubles.push('has no size')
  if (box.bottom <= 0 || box.right <= 0 || box.top >= innerHeight || box.left >= innerWidth)
    troubles.push('is out of sight')
  const place = `${element.outerHTML.slice(0, 120)} at ${Math.round(box.left)},${Math.round(box.top)}`
  // A link that covers its row is marked by the row.
  let marked: Element | null = element
  const hasRing = ({ outlineStyle, outlineWidth }: CSSStyleDeclaration) =>
    outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1
  for (let level = 0; level < 4 && marked !== null && !hasRing(getComputedStyle(marked)); level++)
    marked = marked.parentElement
  const isMarked = marked !== null && hasRing(getComputedStyle(marked))
  if (!isMarked) troubles.push('does not show that it has the focus')
  const [x, y] = [
    Math.min(innerWidth - 1, Math.max(0, box.left + box.width / 2)),
    Math.min(innerHeight - 1, Math.max(0, box.top + box.height / 2)),
  ]
  const above = document.elementFromPoint(x, y)
  const isAbove =
    above !== null &&
    (element.contains(above) || above.contains(element) || above.closest('label, [data-index]')?.contains(element))
  if (!isAbove) troubles.push(`lies below ${above?.outerHTML.slice(0, 100)}`)
  return { place, troubles }
}
