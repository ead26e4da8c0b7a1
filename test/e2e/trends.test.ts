import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, afterEach, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import sql from 'sql-template-tag'
import { query } from '#db/connect.ts'
import { type BrowserApp, findBarriers, openBrowserApp, shoot, WAYS, withBrowser } from './harness.ts'
import { nameWeek, pinPanel, type SeedWeek, seedWeeks } from './trend-seed.ts'

const TRENDS = '/p/default/trends'
let app: BrowserApp

before(async () => {
  const opened = await openBrowserApp({ oneProfile: true })
  if (opened === null) return
  app = opened
  const former = await pinPanel(app, null)
  const present = await pinPanel(app, 'baseline')
  // Nothing six and four weeks ago; the judge changed in between.
  const weeks: SeedWeek[] = [
    ...[9, 8, 7].map((back, turn) => ({ back, n: 40, mean: 60 + turn, pins_id: former })),
    { back: 5, n: 30, mean: 66, pins_id: former },
    { back: 3, n: 50, mean: 70, pins_id: present, model: 'baseline' },
    { back: 2, n: 60, mean: 72.5, pins_id: present, model: 'baseline' },
    { back: 1, n: 50, mean: 71, pins_id: present, model: 'baseline' },
    { back: 0, n: 2, mean: 75, pins_id: present, model: 'baseline' },
  ]
  const profiles = ['support', 'coder', 'writer', 'shop', 'least']
  const byProfile = profiles.flatMap((profile, turn) =>
    [3, 2, 1].map(back => ({
      ...{ back, profile, pins_id: present, model: 'baseline' },
      ...{ n: 20 - 2 * turn, mean: 50 + 8 * turn + back },
    })),
  )
  await seedWeeks(app, [...weeks, ...byProfile])
})
afterEach(() => app?.closePages())
after(() => app?.close())

async function openTrends(parameters = '', options: Parameters<BrowserApp['open']>[1] = {}): Promise<Page> {
  const page = await app.open(TRENDS + parameters, options)
  await page.locator('.panel').first().waitFor()
  return page
}

const panelOf = (page: Page, title: string) => page.getByRole('region', { name: title, exact: true })

async function readDownload(page: Page, press: () => Promise<void>): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), press()])
  return readFileSync(await download.path(), 'utf8')
}

test(
  'missing weeks are gaps, a new judge breaks the line, and the name of each figure says its values',
  withBrowser,
  async () => {
    const page = await openTrends()
    assert.equal(await page.locator('.panel').count(), 8)
    const goal = panelOf(page, 'Goal')
    const name = await goal.getByRole('img').getAttribute('aria-label')
    const [first, last] = [nameWeek(9), nameWeek(0)]
    assert.match(
      name ?? '',
      new RegExp(`^Goal\\. from 60\\.0 \\[58\\.4, 61\\.6\\] n=40 in the week of ${first} to 75\\.0, n=2`),
    )
    assert.match(name ?? '', new RegExp(`too few for an interval in the week of ${last}, 8 weeks; judge changed in`))
    assert.match(name ?? '', new RegExp(`judge changed in the week of ${nameWeek(3)}`))
    // Three stretches; the middle one is a single week with a whisker; two weeks have no point at all.
    assert.equal(await goal.locator('.line:not(.open)').count(), 3)
    assert.equal(await goal.locator('.band').count(), 2)
    assert.equal(await goal.locator('.whisker').count(), 1)
    assert.equal(await goal.locator('.mark').count(), 8)
    assert.equal(await goal.locator('.mark.open').count(), 1)
    assert.equal(await goal.locator('.break').count(), 1)
    await goal.locator('.break').getByText('judge').waitFor()
    await page.getByText('Lines break where the judge or the rubric changed').waitFor()
    const counts = panelOf(page, 'Sessions judged')
    assert.match(
      (await counts.getByRole('img').getAttribute('aria-label')) ?? '',
      /^Sessions judged\. from 40 in .* to 2 in/,
    )
    assert.equal(await counts.locator('.break').count(), 0)
  },
)

test('the scale of a small count has whole numbers where they stand', withBrowser, async () => {
  await query(app.db, sql`insert into projects (name) values ('few')`)
  await fetch(`${app.url}/api/eval/pins`, { headers: { 'x-whetstone-project': 'few' } })
  await query(
    app.db,
    sql`
      insert into trend_weeks (project_id, pins_id, basis, week, bucket, profile_id, judge_model, sessions, n, total, squares)
      select project_id, pins_id, 'active', date_trunc('week', now() at time zone 'UTC')::date - 7, 1, '', 'm1', 5,
        array_fill(5, array[7]), array_fill(${5 * 60 * 2520}::bigint, array[7]),
        array_fill(${5 * (60 * 2520) ** 2}::bigint, array[7])
      from pins join projects using (project_id) where name = 'few'`,
  )
  const page = await app.open('/p/few/trends')
  const counts = page.locator('.panel').filter({ has: page.getByRole('heading', { name: 'Sessions judged' }) })
  await counts.getByRole('img').waitFor()
  const written = await counts.locator('.scales g text').allTextContents()
  // At the bottom, in the middle and at the top.
  assert.deepEqual(written, ['0', '3', '6'])
})

test('each figure is also a table and a CSV with the same numbers', withBrowser, async () => {
  const page = await openTrends()
  await page.keyboard.press('t')
  await page.waitForURL(/as=table/)
  const goal = panelOf(page, 'Goal')
  const rows = goal.getByRole('row')
  assert.equal(await rows.count(), 13)
  assert.match(await rows.nth(1).innerText(), /\(so far\)\s+75\.0, n=2, too few for an interval/)
  assert.match(await rows.nth(3).innerText(), /72\.5 \[71\.2, 73\.8\] n=60/)
  assert.match(await rows.nth(4).innerText(), /new judge\s+70\.0 \[/)
  assert.match(await rows.nth(5).innerText(), /–$/)
  assert.match(await panelOf(page, 'Sessions judged').getByRole('row').nth(3).innerText(), /60$/)
  const text = await readDownload(page, () => goal.getByRole('button', { name: 'Goal as CSV' }).click())
  const lines = text.trim().split('\r\n')
  assert.equal(lines[0], 'week_start,series,value,low,high,n')
  assert.equal(lines.length, 9)
  assert.ok(lines[1]?.startsWith(`${nameWeek(9)},all,60,`), lines[1])
  await page.keyboard.press('t')
  await page.waitForURL(url => url.search === '')
  await page.getByRole('img').first().waitFor()
})

test(
  'at most four series are drawn and the rest is said; zoom is marked; a figure leads to the sessions',
  withBrowser,
  async () => {
    const page = await openTrends()
    await page.getByRole('combobox', { name: 'Series' }).selectOption('profile')
    await page.waitForURL(/by=profile/)
    const legend = page.getByRole('list', { name: 'Series' })
    await legend.getByText('4 of 5, by sessions').waitFor()
    assert.deepEqual(await legend.getByRole('link').allInnerTexts(), ['support', 'coder', 'writer', 'shop'])
    const goal = panelOf(page, 'Goal')
    assert.equal(await goal.locator('.series').count(), 4)
    assert.match((await goal.getByRole('img').getAttribute('aria-label')) ?? '', /support: from .*; coder: from /)
    assert.equal(await page.getByText(/^zoom /).count(), 0)
    await page.keyboard.press('z')
    await goal.getByText('zoom 40–80').waitFor()
    await goal.getByRole('img').hover()
    await goal.locator('.figure-tip').getByText('Week of').waitFor()
    await page.getByLabel('Weeks', { exact: true }).selectOption('8')
    await page.waitForURL(/weeks=8/)
    await page.goBack()
    await page.waitForURL(url => !url.search.includes('weeks'))
    await legend.getByRole('link', { name: 'coder' }).click()
    await page.waitForURL(/\/sessions\?profile=coder$/)
  },
)

test(
  'without anything judged it says so and what to do; an address without meaning is the plain page',
  withBrowser,
  async () => {
    await query(app.db, sql`insert into projects (name) values ('bare')`)
    const page = await app.open('/p/bare/trends?by=moon&weeks=1000')
    await page.getByText('No session of these 12 weeks is judged by the pinned judge.').waitFor()
    assert.deepEqual(await findBarriers(page), [])
    await page.getByRole('button', { name: 'Look at 52 weeks' }).click()
    await page.getByText('No session of these 52 weeks is judged by the pinned judge.').waitFor()
  },
)

test('axe finds nothing in figures and tables, in both schemes and both widths', withBrowser, async () => {
  for (const [scheme, width] of WAYS) {
    const page = await openTrends('?by=profile', { scheme, width })
    assert.deepEqual(await findBarriers(page), [], `figures ${scheme} ${width}`)
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width)
    if (process.env.SHOTS) await takeShots(page, `${scheme}-${width}`)
    await page.keyboard.press('t')
    await page.getByRole('table').first().waitFor()
    assert.deepEqual(await findBarriers(page), [], `tables ${scheme} ${width}`)
    await shoot(page, `trends-table-${scheme}-${width}`)
  }
})

async function takeShots(page: Page, name: string): Promise<void> {
  await shoot(page, `trends-profile-${name}`)
  await page.getByRole('combobox', { name: 'Series' }).selectOption('')
  await page.waitForURL(url => url.search === '')
  await page.waitForTimeout(300)
  await shoot(page, `trends-${name}`)
}
