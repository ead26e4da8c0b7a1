import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { withLongBrowser } from './harness.ts'
import { countScript } from './measures.ts'
import { listMainPages, waitForPage } from './pages.ts'
import { openStage, type Stage } from './stage.ts'

let stage: Stage

before(async () => {
  const opened = await openStage()
  if (opened !== null) stage = opened
})
afterEach(() => stage?.app.closePages())
after(() => stage?.app.close())

test('every page needs 250 kB of script at most before it can be used', withLongBrowser, async () => {
  for (const listed of listMainPages(stage.places)) {
    const page = await stage.app.open('/mark.svg', { forgive: /mark\.svg/ })
    const { bytes, files } = await countScript(page, listed.ready, async () => {
      await page.goto(stage.app.url + listed.address)
      await waitForPage(page, listed)
    })
    console.log(`${listed.name}: ${Math.round(bytes / 1000)} kB of script in ${files} files`)
    assert.ok(bytes > 50_000 && bytes <= 250_000, `${listed.name}: ${bytes} bytes`)
    await page.context().close()
  }
})
