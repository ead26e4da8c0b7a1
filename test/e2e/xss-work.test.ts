import { after, afterEach, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { makeBenchmarkFolder } from '../benchmark-files.ts'
import { type BrowserApp, openBrowserApp, withLongBrowser } from './harness.ts'
import {
  CHUNKS,
  exportHostile,
  FOLDERS,
  fillHostileCorrections,
  MOST_LISTED,
  makeUsers,
  SAMPLES,
  userOf,
} from './hostile-corrections.ts'
import {
  FIRST_NAME,
  fillHostileDatasets,
  fillHostilePrompts,
  fillHostileRatings,
  fillHostileSettings,
  fillPeekedDatasets,
  fillPeekedPrompts,
} from './hostile-library.ts'
import { createHostileModel, nameOf } from './hostile-sessions.ts'
import { PAYLOADS, type Payload } from './payloads.ts'
import { assertShown, openVisitor, visit } from './visitor.ts'

const bench = makeBenchmarkFolder()
let app: BrowserApp
let users: Map<number, string>

before(async () => {
  const opened = await openBrowserApp({
    worker: true,
    env: { WHETSTONE_BENCH_ROOTS: bench.path, WHETSTONE_WEBHOOKS_ALLOW_PRIVATE: '1' },
    yaml: 'backends: [{ name: scripted, kind: scripted, script: {}, concurrency: 8 }]',
    backends: { scripted: { model: createHostileModel() } },
  })
  if (opened === null) return
  app = opened
  users = await makeUsers(app)
})
afterEach(() => app?.closePages())
after(async () => {
  bench.remove()
  await app?.close()
})

const nameIt = (one: Payload) => nameOf(one.text)

test(
  'corrections and reviews show what models, folders, reviewers and rules brought as text',
  withLongBrowser,
  async () => {
    const { malformed } = await fillHostileCorrections(app, bench, users)
    const visitor = await openVisitor(app)
    const rows = (count: number) => (page: Page) =>
      page.waitForFunction(n => document.querySelectorAll('[data-row]').length >= n, count)
    await visit(visitor, '/corrections', '[data-row]', rows(PAYLOADS.length))
    // The request, the answer, model, source and task.
    assertShown(visitor, 'the queue', 5)
    assertShown(visitor, 'the queue', 6, PAYLOADS, userOf)
    await visit(visitor, '/corrections?tab=done', '[data-row]', rows(PAYLOADS.length))
    assertShown(visitor, 'what is done', 5)
    await visit(visitor, '/corrections?tab=done&view=decisions', '[data-row]', rows(PAYLOADS.length))
    assertShown(visitor, 'single decisions', 1)
    assertShown(visitor, 'single decisions', 2, PAYLOADS, userOf)
    for (const [nth, payloads] of CHUNKS.entries()) {
      await visit(visitor, `/corrections?source=chunk&peek=chunk-${nth}`, '.history li')
      assertShown(visitor, 'a candidate', 4, payloads)
      await visit(visitor, `/corrections?tab=done&source=made&peek=made-${nth}`, '.history li')
      assertShown(visitor, 'a decision', 4, payloads)
      await visit(visitor, `/corrections/review?source=chunk&id=chunk-${nth}`, '.candidate', async page => {
        await page.locator('.begin').click()
        await page.getByRole('textbox', { name: 'Correction' }).waitFor()
      })
      assertShown(visitor, 'a review', 4, payloads)
    }
    for (const sample of new Set(SAMPLES.map(one => one.profile))) {
      await visit(visitor, `/corrections?tab=exports&source=sample&profile=${sample}`, '.sample-line')
      const payloads = SAMPLES.flatMap(one => (one.profile === sample ? one.payloads : []))
      assertShown(visitor, 'what an export comes to', 1, payloads)
    }
    await visit(visitor, `/corrections?tab=imports&import=${malformed}`, 'tbody tr')
    assertShown(visitor, 'imports', 2, FOLDERS, nameIt)
    await visit(visitor, '/corrections?tab=rules', 'tbody tr')
    assertShown(visitor, 'rules', 1, PAYLOADS, nameIt)
    await visit(visitor, '/corrections?tab=stats', '.kind-tables')
    assertShown(visitor, 'statistics', 3)
    for (let start = 0; start < PAYLOADS.length; start += MOST_LISTED) {
      const some = PAYLOADS.slice(start, start + MOST_LISTED)
      await exportHostile(app, some)
      await visit(visitor, '/corrections?tab=exports', 'tbody tr')
      assertShown(visitor, 'exports', 1, some, nameIt)
    }
  },
)

test('datasets show names, cases and differences as text', withLongBrowser, async () => {
  const [whole] = await fillHostileDatasets(app)
  let seen = ''
  const visitor = await openVisitor(app)
  await visit(visitor, '/datasets', '[data-row]')
  assertShown(visitor, 'the datasets', 1, PAYLOADS, nameIt)
  const name = encodeURIComponent(FIRST_NAME)
  const rows = (page: Page) =>
    page.waitForFunction(n => document.querySelectorAll('[data-row]').length >= n, PAYLOADS.length)
  await visit(visitor, `/datasets/${name}/1`, '[data-row]', rows)
  // Id and source, and names and values of input, expected and metadata.
  assertShown(visitor, 'a version', 7, PAYLOADS, nameIt)
  await visit(visitor, `/datasets/${name}/2?from=1`, '.differences li', async page => {
    const more = page.getByRole('button', { name: 'Show more' })
    while ((await more.count()) > 0) await more.click({ timeout: 2_000 }).catch(() => {})
  })
  assertShown(visitor, 'a difference', 2)
  await visit(visitor, `/datasets/all/1?case=${whole}`, '.peek section')
  assertShown(visitor, 'a case', 3)
  const peeked = await fillPeekedDatasets(app)
  for (let nth = 0; nth < peeked; nth++) {
    await visit(visitor, `/datasets?search=peek-&peek=peek-${nth}`, '.first-cases li')
    seen += visitor.shown
  }
  assertShown({ ...visitor, shown: seen }, 'the first cases of datasets beside the list', 2)
  await visit(visitor, `/datasets?search=peek-&peek=${name}`, '.first-cases li')
  assertShown(visitor, 'the name of a dataset beside the list', 1, PAYLOADS.slice(0, 1), nameIt)
  const rated = await fillHostileRatings(app)
  await visit(visitor, `/datasets/${name}/2?open=collect`, '[data-row]', async page => {
    await page.getByLabel('Cases of').selectOption('both')
    await page.locator('.upload-preview').getByText(`${rated} added`).waitFor()
  })
  // The request, the answer, what was said of it; and the names of the sessions.
  assertShown(visitor, 'what would be collected', 3)
})

test('prompts show names, templates, differences and labels as text', withLongBrowser, async () => {
  await fillHostilePrompts(app)
  const visitor = await openVisitor(app)
  await visit(visitor, '/prompts', '[data-row]')
  assertShown(visitor, 'the prompts', 1, PAYLOADS, nameIt)
  const path = `/api/prompts/${encodeURIComponent(FIRST_NAME)}/versions`
  const { body } = await app.send<{ items?: { version: string }[] } & { version: string }[]>('GET', path)
  const former = body.at(-1)?.version.slice(-8)
  const name = encodeURIComponent(FIRST_NAME)
  const labels = (page: Page) => page.locator('.peek .template').first().waitFor()
  await visit(visitor, `/prompts?search=${name}&peek=${name}`, '[data-row]', labels)
  // At the newest version, and as what stands where.
  assertShown(visitor, 'the labels of a prompt beside the list', 2, PAYLOADS, nameIt)
  const peeked = await fillPeekedPrompts(app)
  let seen = ''
  for (let nth = 0; nth < peeked; nth++) {
    await visit(visitor, `/prompts?search=peek-&peek=peek-${nth}`, '.peek .template')
    seen += visitor.shown
  }
  const whole = PAYLOADS.filter(one => !/endraw/.test(one.text))
  assertShown({ ...visitor, shown: seen }, 'prompts beside the list', 2, whole)
  await visit(visitor, `/prompts/${name}/latest?open=history`, '.template')
  // Two templates, its labels, those of the list, and the history.
  assertShown(
    visitor,
    'a prompt',
    4,
    PAYLOADS.filter(one => nameOf(one.text) === one.text && !/endraw/.test(one.text)),
  )
  await visit(visitor, `/prompts/${name}/latest?from=${former}`, '[aria-label=Changes]')
  assertShown(
    visitor,
    'a difference',
    1,
    PAYLOADS.filter(one => !/[\r\n]|endraw/.test(one.text)),
  )
})

test('settings show who keys are for and which addresses are told as text', withLongBrowser, async () => {
  await fillHostileSettings(app)
  const visitor = await openVisitor(app)
  await visit(visitor, '/settings/keys', 'tbody tr, .short-table, [role=row]')
  assertShown(visitor, 'keys', 1, PAYLOADS, userOf)
  await visit(visitor, '/settings/webhooks', '.mono')
})
