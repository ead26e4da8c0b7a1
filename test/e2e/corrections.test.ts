import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, afterEach, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import sql from 'sql-template-tag'
import { query } from '#db/connect.ts'
import { type BenchmarkFolder, makeBenchmarkFolder, makeCandidateLine } from '../benchmark-files.ts'
import { type BrowserApp, findBarriers, openBrowserApp, saveTestSession, shoot, WAYS, withBrowser } from './harness.ts'

const CORRECTIONS = '/p/default/corrections'
const api = '/api/corrections'
const COUNT = 130
const HOSTILE = '<img src=x onerror="window.ran=1">'
let app: BrowserApp
let bench: BenchmarkFolder

before(async () => {
  bench = makeBenchmarkFolder()
  const opened = await openBrowserApp({ oneProfile: true, env: { WHETSTONE_BENCH_ROOTS: bench.path } })
  if (opened === null) return
  app = opened
  bench.write('first', [
    ...Array.from({ length: COUNT }, (_, n) =>
      makeCandidateLine(`case-${n}`, {
        model_name: n % 2 === 0 ? 'small-model' : 'other-model',
        quality_score: n / COUNT,
        ...(n === 2 ? { model_response: HOSTILE, task_name: HOSTILE, source: HOSTILE } : {}),
      }),
    ),
    '{"id": 7',
    'nothing',
  ])
  await send('config', { bench_results_dir: bench.path })
  await send('import', { run_id: 'first' })
  for (const n of [100, 101, 102, 103])
    await send('submit', { id: `case-${n}`, action: 'correct', corrected_response: `It is ${n}.`, duration_ms: 9_000 })
  await send('submit', { id: 'case-104', action: 'correct', corrected_response: 'I am not sure.' })
  await send('submit', { id: 'case-105', action: 'flag', failure_category: 'hallucination' })
  await send('submit', { id: 'case-106', action: 'discard', failure_category: 'wrong_answer' })
})
afterEach(() => app?.closePages())
after(async () => {
  await app?.close()
  bench.remove()
})

async function send(path: string, body: object): Promise<{ [field: string]: unknown }> {
  const answer = await app.send('POST', `${api}/${path}`, body)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body
}

const count = (page: Page, words: string) => page.getByRole('status').filter({ hasText: words }).waitFor()

async function download(page: Page, press: () => Promise<void>): Promise<string> {
  const [file] = await Promise.all([page.waitForEvent('download'), press()])
  return readFileSync(await file.path(), 'utf8')
}

test(
  'the queue is walked, narrowed and discarded in bulk by keyboard, the category asked for once',
  withBrowser,
  async () => {
    const page = await app.open(CORRECTIONS, { forgive: /404/ })
    await count(page, '123 waiting')
    await page.locator('[data-row]').first().waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.waitForFunction(() => document.activeElement?.textContent === 'What is case-1?')
    await page.keyboard.press('Space')
    const panel = page.getByRole('complementary')
    await panel.getByText('What is case-1?').waitFor()
    assert.match(page.url(), /peek=case-1$/)
    await page.keyboard.press('j')
    await panel.getByRole('heading', { name: HOSTILE }).waitFor()
    assert.equal(await page.evaluate('window.ran'), undefined)
    await page.keyboard.press('Escape')
    await page.keyboard.press('x')
    await page.keyboard.press('j')
    await page.keyboard.press('x')
    await page.waitForURL(/selected=case-\d\*case-\d$/)
    await page.reload()
    await page.locator('[data-row]').first().waitFor()
    await page.getByText('2 selected').waitFor()
    await page.keyboard.press('d')
    await page.getByRole('group', { name: 'Discard 2 as' }).waitFor()
    await page.keyboard.press('4')
    await count(page, '121 waiting')
    assert.equal(new URL(page.url()).search, '')
    await page.getByLabel('Model').selectOption('other-model')
    await page.waitForURL(/model_name=other-model/)
    await page.getByLabel('Quality to').fill('0.05')
    await count(page, '2 waiting')
    const rows = page.locator('[data-index] [data-row]')
    // The last of those with other quality goes when the rows have come, which may be after the count.
    await page.getByText('What is case-7?').waitFor({ state: 'detached' })
    assert.deepEqual(await rows.allInnerTexts(), ['What is case-1?', 'What is case-5?'])
    const review = page.getByRole('link', { name: 'Review', exact: true })
    assert.match(
      (await review.getAttribute('href')) ?? '',
      /corrections\/review\?model_name=other-model&max_quality=0\.05$/,
    )
    await page.getByRole('button', { name: /^Flag all 2/ }).click()
    await page.getByRole('button', { name: 'no category' }).click()
    await page.getByText('Nothing matches these 2 filters.').waitFor()
    await page.getByRole('search').getByRole('button', { name: 'Clear' }).click()
    await count(page, '119 waiting')
    await page.keyboard.press('j')
    await page.keyboard.press('x')
    await page.getByRole('button', { name: 'Reassign' }).click()
    await page.getByLabel('Reviewer').fill('nobody-of-that-name')
    await page.getByRole('button', { name: 'Give it to them' }).click()
    await page.getByText('There is no user "nobody-of-that-name".').waitFor()
  },
)

test('above the queue stands how fast it goes; / searches, and says what it looked at', withBrowser, async () => {
  const page = await app.open(CORRECTIONS)
  await page.getByRole('link', { name: /^\d+ decided today$/ }).waitFor()
  await page.getByText(/^the oldest has waited since \d+ [A-Z][a-z]{2,3}$/).waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('case-12')
  await page.waitForURL(/search=case-12/)
  await page.getByText('That is all that was found.').waitFor()
  assert.deepEqual(
    (await page.locator('[data-index] [data-row]').allInnerTexts()).filter(name => !name.startsWith('What is case-12')),
    [],
  )
  await page.getByRole('searchbox').fill('nowhere to be found')
  await page.getByText('Nothing matches this filter.').waitFor()
  await page.getByRole('search').getByRole('button', { name: 'Clear' }).click()
  await count(page, 'waiting')
})

test(
  'scrolling gives every row once; what others decide is marked where it stands and nothing moves',
  withBrowser,
  async () => {
    const page = await app.open(CORRECTIONS)
    await page.getByText('Live', { exact: true }).waitFor()
    await page.locator('[data-row]').first().waitFor()
    const { id } = (await app.send<{ items: { id: string }[] }>('GET', `${api}/queue`)).body.items[0] ?? { id: '' }
    await send('submit', { id, action: 'discard' })
    await page.getByRole('button', { name: '1 decided meanwhile · show' }).waitFor()
    assert.equal(await page.locator('[data-gone]').innerText(), `What is ${id}?`)
    await page.getByRole('button', { name: /decided meanwhile/ }).click()
    await page.locator('[data-gone]').waitFor({ state: 'detached' })
    const seen = new Set<string>()
    for (let turn = 0; turn < 60; turn++) {
      for (const name of await page.locator('[data-index] [data-row]').allInnerTexts()) seen.add(name)
      await page.locator('.table').evaluate(table => table.scrollBy(0, 300))
      await page.waitForTimeout(20)
    }
    const waiting = (await app.send<{ total: number }>('GET', `${api}/queue`)).body.total
    assert.equal(seen.size, waiting)
    await send('undo', { id })
    await page.keyboard.press('r')
    await page.waitForURL(/corrections\/review$/)
  },
)

test('what is decided is edited, made a case of, and undone, which says what goes with it', withBrowser, async () => {
  await send('exports', { format: 'dpo', filter: { from: '2026-01-01' } })
  const page = await app.open(`${CORRECTIONS}?tab=done&status=approved`)
  await count(page, '5 decided')
  await page.getByRole('link', { name: 'What is case-101?' }).click()
  const panel = page.getByRole('complementary')
  await panel.getByRole('button', { name: 'Edit' }).click()
  await panel.getByLabel('Correction').fill('It is 101, really.')
  await page.keyboard.press('Control+Enter')
  await panel.getByText('Saved. 1 export still has the former text.').waitFor()
  await panel.getByText('edited the correction').waitFor()
  await panel.getByRole('button', { name: 'To golden case' }).click()
  await panel.getByLabel('Dataset').fill('regressions')
  await panel.getByRole('button', { name: 'Make the dataset and the case' }).click()
  await panel.getByText('A case of regressions was made.').waitFor()
  await panel.getByRole('button', { name: 'Undo' }).click()
  await panel.getByText('The case of dataset regressions, in a new version.').waitFor()
  await lookForBarriers(page, 'the-question')
  await panel.getByRole('button', { name: 'Undo the decision' }).click()
  await panel
    .getByText('Back in the queue. Taken back: its case of regressions; its line, noted at 1 export.')
    .waitFor()
  await count(page, '4 decided')
})

test('where two disagree both opinions stand side by side, and one of them is taken', withBrowser, async () => {
  await send('opinions/share', { share: 1 })
  await query(app.db, sql`insert into users (name) values ('ada')`)
  await query(
    app.db,
    sql`
      insert into opinions (project_id, candidate_no, user_id, action, corrected_response, content_hash)
      select c.project_id, c.candidate_no, u.user_id, 'correct', 'Ada says 106.', c.content_hash
      from candidates c, users u where c.id = 'case-106' and u.name = 'ada'`,
  )
  const page = await app.open(`${CORRECTIONS}?tab=done&view=disputes`)
  await page.getByText('Ada says 106.').waitFor()
  await lookForBarriers(page, 'a-dispute')
  await page.getByRole('button', { name: 'ada is right' }).click()
  await page.getByText('No two reviewers disagree.').waitFor()
  const { body } = await app.send<{ candidate: { corrected_response: string } }>('GET', `${api}/candidates/case-106`)
  assert.equal(body.candidate.corrected_response, 'Ada says 106.')
})

test(
  'an import is started and followed, its malformed lines are told; a folder outside is refused',
  withBrowser,
  async () => {
    bench.write('second', [makeCandidateLine('new-1'), 'no json', '[]'])
    const page = await app.open(`${CORRECTIONS}?tab=imports`, { forgive: /403/ })
    await page.getByRole('button', { name: 'Import second' }).click()
    const line = page.getByRole('row', { name: /second.*done/ })
    await line.getByRole('button', { name: '2 lines' }).click()
    await page.getByRole('row', { name: /^2 / }).getByText('JSON').waitFor()
    const csv = await download(page, () => page.locator('.malformed').getByRole('button', { name: 'CSV' }).click())
    assert.match(csv, /^line,reason\r\n2,/)
    await page.getByLabel('Folder of benchmark results').fill('/etc')
    await page.getByRole('button', { name: 'Set the folder' }).click()
    await page.getByText(/Benchmark results may only lie below the roots/).waitFor()
    await lookForBarriers(page, 'imports')
  },
)

test('a rule says what it would have promoted, is made, changed, switched off and removed', withBrowser, async () => {
  await saveTestSession(app, { session_id: 'rude' })
  await app.send('POST', '/api/eval/feedback', { session_id: 'rude', message_index: 1, rating: -1 })
  const page = await app.open(`${CORRECTIONS}?tab=rules`)
  await page.getByText('No rules yet.').waitFor()
  await page.keyboard.press('n')
  await page.getByLabel('Name').fill('disliked')
  await page.getByText('Would have promoted 1 in the last 30 days').waitFor()
  await lookForBarriers(page, 'the-form')
  await page.getByRole('button', { name: 'Make the rule' }).click()
  await page.getByRole('link', { name: 'disliked' }).waitFor()
  await page.getByRole('button', { name: 'Edit disliked' }).click()
  await page.getByLabel('Promotes').selectOption('communication')
  await page.getByLabel('Mean below').fill('35')
  await page.getByRole('button', { name: 'Save the rule' }).click()
  await page.getByText('the last answer where Communication is below 35').waitFor()
  await page.getByRole('switch', { name: 'disliked is on' }).click({ force: true })
  await page.waitForResponse(response => response.url().endsWith('/rules') && response.request().method() === 'GET')
  const rules = await app.send<{ enabled: boolean }[]>('GET', `${api}/rules`)
  assert.equal(rules.body[0]?.enabled, false)
  assert.equal(await page.getByRole('switch').isChecked(), false)
  await page.getByRole('button', { name: 'Remove disliked' }).click()
  await page.getByRole('button', { name: 'Remove the rule' }).click()
  await page.getByText('No rules yet.').waitFor()
})

test(
  'an export shows its lines and what it leaves out before it is made; the file is the one that was promised',
  withBrowser,
  async () => {
    const page = await app.open(`${CORRECTIONS}?tab=exports`)
    await page.getByLabel('Format').selectOption('dpo')
    await page.waitForURL(/format=dpo/)
    await page.getByText('1 left out: they equal their original.').waitFor()
    await page.getByText('"chosen"').first().waitFor()
    await lookForBarriers(page, 'before')
    const make = page.getByRole('button', { name: /^Make the file · \d lines$/ })
    const promised = (await make.innerText()).match(/\d/)?.[0]
    await make.click()
    await page.getByText(new RegExp(`is there, with ${promised} lines\\.`)).waitFor()
    const first = page.getByRole('row', { name: /^dpo_/ }).first()
    const text = await download(page, () => first.getByRole('button', { name: /^Download/ }).click())
    assert.equal(String(text.trimEnd().split('\n').length), promised)
    await first.getByRole('button', { name: /^Make again/ }).click()
    await first.getByText('Byte for byte the same.').waitFor()
    await page.getByLabel('Split').selectOption('train')
    await page.waitForURL(/split=train/)
    await page.getByLabel('Test share').waitFor()
  },
)

test(
  'statistics: counts lead to their lists, the figure is a table too, what is too few is said',
  withBrowser,
  async () => {
    const page = await app.open(`${CORRECTIONS}?tab=stats`)
    await page.getByRole('img', { name: /^Categories by week, in all: .*hallucination 1/ }).waitFor()
    const agreement = page.getByRole('region', { name: 'Agreement' })
    // One candidate has been seen twice by now, unless this test runs alone.
    await agreement
      .getByText(/^No candidate has a second opinion yet\.$|n=1, too few for an interval/)
      .first()
      .waitFor()
    await page.getByText('9.0 s').waitFor()
    await page.getByText(/^n=\d.*, too few for an interval$/).waitFor()
    // A bar leads to what it counts, like its number in the table.
    await page.locator('.chart-place [aria-label="bar"] rect').first().click()
    await page.waitForURL(/view=decisions/)
    await page.getByRole('table', { name: 'Decisions' }).waitFor()
    await page.goBack()
    await page.getByRole('button', { name: 'As a table' }).click()
    await page.getByRole('columnheader', { name: 'hallucination' }).waitFor()
    const csv = await download(page, () =>
      page.getByRole('region', { name: 'Categories by week' }).getByRole('button', { name: 'CSV' }).click(),
    )
    assert.match(csv, /^week_start,scoring_artifact,/)
    const found = await page
      .locator('.stats a')
      .evaluateAll(links => links.map(link => [link.getAttribute('href') ?? '', link.textContent ?? '']))
    // One of each kind: of the numbers themselves the server's test knows more.
    const figures = new Map<string, number>()
    const kinds = new Set<string>()
    for (const [href = '', text = ''] of found) {
      const n = /\d[\d,]*/.exec(text)?.[0].replaceAll(',', '')
      const kind = [...new URLSearchParams(href.split('?')[1]).keys()].join()
      if (n === undefined || n === '0' || kinds.has(kind)) continue
      kinds.add(kind)
      figures.set(href, Number(n))
    }
    assert.ok(figures.size > 10, [...figures.keys()].join(' '))
    for (const [href, n] of figures) {
      await page.goto(app.url + href)
      await page.locator('.list-count').filter({ hasText: /\d/ }).waitFor()
      assert.equal(Number.parseInt((await page.locator('.list-count').innerText()).replaceAll(',', ''), 10), n, href)
    }
  },
)

test(
  'single decisions are walked and narrowed; one that was taken back says so, new ones wait',
  withBrowser,
  async () => {
    await send('submit', { id: 'case-90', action: 'flag', failure_category: 'format_error', duration_ms: 61_000 })
    await send('undo', { id: 'case-90' })
    const page = await app.open(`${CORRECTIONS}?tab=done`)
    await page.getByRole('button', { name: 'Single decisions' }).click()
    await page.getByRole('table', { name: 'Decisions' }).waitFor()
    await page.getByLabel('Category').selectOption('format_error')
    await count(page, '1 decision')
    const row = page.getByRole('row', { name: /What is case-90\?/ })
    assert.match(
      (await row.innerText()).replaceAll('\n', ' '),
      /flagged format What is case-90\? ○ waiting 1 min 01 s now/,
    )
    await page.getByText('Live', { exact: true }).waitFor()
    await send('submit', { id: 'case-90', action: 'discard', failure_category: 'format_error' })
    await page.getByRole('button', { name: '1 new · show' }).click()
    await count(page, '2 decisions')
    await row.nth(1).waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.getByRole('complementary').getByText('flagged').waitFor()
    await page.mouse.move(0, 0)
    await lookForBarriers(page, 'decisions')
    await page.getByRole('search').getByRole('button', { name: 'Clear' }).click()
    await page.waitForURL(url => !url.search.includes('failure_category'))
    // The panel follows j and k; Space opens and closes it.
    await page.locator('[data-row]').nth(2).waitFor()
    for (const _ of ['the open one', 'the same candidate before', 'another']) await page.keyboard.press('j')
    await page.waitForURL(url => url.search.includes('peek') && !url.search.includes('case-90'))
    await page.keyboard.press('Escape')
    await page.waitForURL(url => !url.search.includes('peek'))
    await page.keyboard.press(' ')
    await page.waitForURL(url => url.search.includes('peek') && !url.search.includes('case-90'))
  },
)

test('on a telephone the ways out of what is done stand still beside filters that scroll', withBrowser, async () => {
  const page = await app.open(`${CORRECTIONS}?tab=done`, { width: 390 })
  const isInSight = (name: string) =>
    page.getByRole('button', { name }).evaluate(button => {
      const { left, right } = button.getBoundingClientRect()
      return left >= 0 && right <= innerWidth
    })
  for (const name of ['CSV', 'Second opinions', 'Single decisions']) assert.equal(await isInSight(name), true, name)
  await page.getByRole('button', { name: 'Single decisions' }).click()
  await page.getByRole('table', { name: 'Decisions' }).waitFor()
  for (const name of ['CSV', 'What is decided']) assert.equal(await isInSight(name), true, name)
  await page.getByRole('navigation', { name: 'Corrections' }).getByRole('link', { name: 'Stats' }).click()
  await page.locator('.figures').waitFor()
  const tab = page.locator('[aria-current="page"]').getByText('Stats')
  assert.equal(await tab.evaluate(one => one.getBoundingClientRect().right <= innerWidth), true)
})

test(
  'a page that the browser calls offline still asks the server, which may be on the same machine',
  withBrowser,
  async () => {
    const page = await app.open(CORRECTIONS)
    await page.locator('[data-row]').first().waitFor()
    await page.evaluate(() => window.dispatchEvent(new Event('offline')))
    await page.getByRole('navigation', { name: 'Corrections' }).getByRole('link', { name: 'Stats' }).click()
    await page.locator('.figures').waitFor()
  },
)

for (const [scheme, width] of WAYS) {
  test(`axe finds nothing on any tab, and nothing is wider than the page: ${scheme}, ${width}`, {
    ...withBrowser,
    timeout: 120_000,
  }, async () => {
    const page = await app.open(`${CORRECTIONS}?peek=case-11`, { scheme, width })
    await page.getByRole('heading', { name: 'History' }).waitFor()
    await lookForBarriers(page, `peek-${scheme}-${width}`)
    await page.getByRole('button', { name: 'Close the panel' }).click()
    await page.locator('[data-index] input').nth(1).check()
    await lookForBarriers(page, `queue-${scheme}-${width}`)
    for (const tab of ['Done', 'Imports', 'Rules', 'Exports', 'Stats']) {
      await page.getByRole('navigation', { name: 'Corrections' }).getByRole('link', { name: tab }).click()
      await page.locator('[data-row], .plain-table, .empty').first().waitFor()
      if (tab === 'Stats') await page.locator('.chart-place svg').waitFor()
      await lookForBarriers(page, `${tab.toLowerCase()}-${scheme}-${width}`)
    }
    await page.goto(`${app.url}${CORRECTIONS}?tab=done&view=decisions`)
    await page.locator('[data-row]').first().waitFor()
    await lookForBarriers(page, `decisions-${scheme}-${width}`)
  })
}

async function lookForBarriers(page: Page, about: string): Promise<void> {
  // Fades are over, and skeletons gone.
  await page.waitForTimeout(120)
  await shoot(page, `corr-${about}`)
  assert.deepEqual(await findBarriers(page), [], about)
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, about)
}

test(
  'the queue is there with 250 kB of script at most; a project without candidates says where they come from',
  withBrowser,
  async () => {
    const page = await app.open(CORRECTIONS, { own: true })
    await page.locator('[data-row]').first().waitFor()
    const session = await page.context().newCDPSession(page)
    await session.send('Network.enable')
    await session.send('Network.setCacheDisabled', { cacheDisabled: true })
    let bytes = 0
    const types = new Map<string, string>()
    session.on('Network.responseReceived', ({ requestId, type }) => types.set(requestId, type))
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      if (types.get(requestId) === 'Script') bytes += encodedDataLength
    })
    await page.reload()
    await page.locator('[data-row]').first().waitFor()
    assert.ok(bytes > 50_000 && bytes <= 250_000, `${bytes} bytes of script`)
    console.log(`queue: ${Math.round(bytes / 1000)} kB of script`)
    await query(app.db, sql`insert into projects (name) values ('bare')`)
    await page.goto(`${app.url}/p/bare/corrections`)
    await page.getByText('Nothing waits for review.').waitFor()
    assert.deepEqual(await findBarriers(page), [])
  },
)
