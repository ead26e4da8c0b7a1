import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, afterEach, before, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import sql from 'sql-template-tag'
import { query, queryRow } from '#db/connect.ts'
import { createScriptedModel } from '#models/scripted.ts'
import { replyAsExpert } from '../verdicts.ts'
import { type BrowserApp, findBarriers, openBrowserApp, saveTestSession, shoot, WAYS, withBrowser } from './harness.ts'

const RUNS = '/p/default/runs'
let app: BrowserApp
let broken = true
const model = createScriptedModel({
  rules: [{ when: { any: 'SLOW' }, delay_ms: 60_000, reply: replyAsExpert }],
  default: {
    reply: request =>
      broken && request.messages.some(message => message.content.includes('BREAK'))
        ? 'This is no JSON.'
        : replyAsExpert(request),
  },
})

before(async () => {
  const opened = await openBrowserApp({
    oneProfile: true,
    worker: true,
    yaml: 'backends: [{ name: scripted, kind: scripted, script: {} }]',
    backends: { scripted: { model } },
  })
  if (opened === null) return
  app = opened
  for (let n = 0; n < 6; n++) {
    const content = `${n < 2 ? 'BREAK' : 'Where is'} parcel ${n}?`
    const name = n === 3 ? null : `Case ${n}`
    await saveTestSession(app, { session_id: `case-${n}`, name, messages: [{ role: 'user', content }] })
  }
})
afterEach(() => app?.closePages())
after(() => app?.close())

test(
  'a run says its cost before it starts, ends with its failures by cause, and runs these again',
  withBrowser,
  async () => {
    const page = await app.open(RUNS)
    await page.getByText('No runs yet.').waitFor()
    assert.deepEqual(await findBarriers(page), [], 'no runs')
    await page.keyboard.press('n')
    await page.getByLabel('Backend').selectOption('scripted')
    await page.getByLabel('Model').fill('m1')
    await page.getByLabel('Ceiling').fill('lots')
    await page.getByText('An amount such as 2.50').waitFor()
    await page.getByLabel('Ceiling').fill('')
    const start = page.getByRole('button', { name: /^Judge 6 · ≈ 18 calls · / })
    await start.waitFor()
    assert.deepEqual(await findBarriers(page), [], 'the form')
    await start.click()
    await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/)
    await page.getByRole('heading', { name: /Done, with failures/ }).waitFor()
    await page.getByRole('img', { name: '4 judged, 2 failed, 0 running, 0 waiting' }).waitFor()
    const causes = page.getByRole('region', { name: /What failed/ })
    await causes.getByText('1 cause').waitFor()
    await page.getByRole('row').getByRole('link', { name: 'Case 5' }).waitFor()
    await page.getByRole('row').getByRole('link', { name: 'Where is parcel 3?', exact: true }).waitFor()
    await causes.getByRole('link', { name: /^Case [01]$/ }).waitFor()
    const here = page.getByRole('navigation', { name: 'Where you are' }).locator('li[aria-current]')
    assert.match(await here.innerText(), /^Run of \d{1,2} \w{3,4}, \d\d:\d\d$/)
    assert.equal(await here.getAttribute('title'), page.url().split('/').at(-1))
    assert.deepEqual(await findBarriers(page), [], 'a run')
    await page.getByLabel('State').selectOption('failed')
    await page.waitForURL(/state=failed/)
    await page.waitForFunction(() => document.querySelectorAll('[data-index]').length === 2)
    broken = false
    await page.getByRole('button', { name: 'Run again these 2' }).click()
    await page.getByRole('link', { name: 'See the run' }).click()
    await page.getByRole('heading', { name: /Done$/ }).waitFor()
    await page.getByRole('img', { name: '2 judged, 0 failed, 0 running, 0 waiting' }).waitFor()
    await page.getByRole('navigation', { name: 'Where you are' }).getByRole('link').click()
    await page.waitForURL(new RegExp(`${RUNS}$`))
    await page.getByRole('link', { name: '2 named sessions' }).waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.getByText('What failed').waitFor()
  },
)

const rowNames = (page: Page) => page.locator('[data-index] [data-row]').allInnerTexts()

async function readCsv(page: Page, button: Locator): Promise<string[]> {
  const [file] = await Promise.all([page.waitForEvent('download'), button.click()])
  return readFileSync(await file.path(), 'utf8')
    .trim()
    .split('\r\n')
}

test('the sessions of a run: j and k with the panel, x with what can be done, / and Escape', withBrowser, async () => {
  const { body: runs } = await app.send<{ run_id: string }[]>('GET', '/api/eval/runs?sessions=none')
  const page = await app.open(`${RUNS}/${runs.at(-1)?.run_id}`)
  await page.getByText('6 sessions', { exact: true }).waitFor()
  const [first = '', second = ''] = await rowNames(page)
  await page.keyboard.press('j')
  await page.keyboard.press('Space')
  const panel = page.getByRole('complementary', { name: 'The session beside the list' })
  await panel.getByRole('heading', { name: first, exact: true }).waitFor()
  await page.keyboard.press('j')
  await panel.getByRole('heading', { name: second, exact: true }).waitFor()
  assert.match(page.url(), /peek=case-\d/)
  await page.keyboard.press('Escape')
  await panel.waitFor({ state: 'detached' })
  assert.doesNotMatch(page.url(), /peek/)
  await page.keyboard.press('x')
  await page.keyboard.press('k')
  await page.keyboard.press('x')
  const bar = page.getByRole('toolbar', { name: 'Selected sessions' })
  await page.reload()
  await bar.getByText('2 selected').waitFor()
  await bar.getByRole('button', { name: /^Judge 2 · / }).waitFor()
  const chosen = await readCsv(page, bar.getByRole('button', { name: 'CSV', exact: true }))
  assert.match(chosen[0] ?? '', /^session_id,name,first_request,state,error,/)
  assert.deepEqual(
    chosen
      .slice(1)
      .map(line => line.split(',')[1])
      .toSorted(),
    [first, second].toSorted(),
  )
  await bar.getByRole('button', { name: 'Clear selection' }).click()
  await bar.waitFor({ state: 'detached' })
  const before = await page.evaluate(() => history.length)
  await page.keyboard.press('/')
  await page.keyboard.type('IS parcel 3')
  await page.getByText('1 session', { exact: true }).waitFor()
  assert.match(page.url(), /search=IS\+parcel\+3|search=IS%20parcel%203/)
  assert.equal(await page.evaluate(() => history.length), before)
  assert.deepEqual(await rowNames(page), ['Where is parcel 3?'])
  const listed = await readCsv(page, page.getByRole('button', { name: 'CSV of 1', exact: true }))
  assert.deepEqual(
    listed.slice(1).map(line => line.split(',')[0]),
    ['case-3'],
  )
  await page.getByLabel('State').selectOption('failed')
  await page.getByText('Nothing matches these 2 filters.').waitFor()
  await page.getByRole('button', { name: 'Clear' }).last().click()
  await page.getByText('6 sessions', { exact: true }).waitFor()
})

test('a search through a long run goes on by itself until it has found, or looked at all', withBrowser, async () => {
  const { run_id } = await queryRow<{ run_id: string }>(
    app.db,
    sql`
      insert into eval_runs (project_id, user_id, scope, backend, judge_model, pins_id, state, resolved, finished_at, ok)
      select project_id, user_id, '{}', backend, judge_model, pins_id, 'done', true, now(), 40050 from eval_runs limit 1
      returning run_id`,
  )
  await query(
    app.db,
    sql`
      insert into eval_units (project_id, run_id, unit_no, session_id, state)
      select 1, ${run_id}::uuid, n, 'lost-' || n, 'ok' from generate_series(0, 40049) n`,
  )
  const page = await app.open(`${RUNS}/${run_id}?search=lost-40049`)
  await page.getByRole('row').getByRole('link', { name: 'lost-40049' }).waitFor()
  await page.getByText('1 session', { exact: true }).waitFor()
  // One at the beginning, and one behind what a page of the search looks at.
  await page.getByRole('searchbox').fill('lost-3777')
  await page.getByText('11 sessions', { exact: true }).waitFor()
  assert.equal((await readCsv(page, page.getByRole('button', { name: 'CSV of 11', exact: true }))).length, 12)
  // How far it is, is said while it looks on.
  let answer = () => {}
  const asked = new Promise<void>(resolve => {
    answer = resolve
  })
  await page.route(/units\?.*after=19999/, async route => {
    await asked
    await route.continue()
  })
  await page.getByRole('searchbox').fill('nobody')
  await page.getByText('Looking … 20,000 of 40,050 sessions so far.').waitFor()
  assert.deepEqual(await findBarriers(page), [], 'looking')
  await shoot(page, 'unit-looking')
  answer()
  await page.getByText('Nothing matches this filter.').waitFor()
  // More than are held at once: to the other end, and back to the first.
  await page.goto(`${app.url}${RUNS}/${run_id}`)
  for (const [name, top] of [
    [/^lost-2[4-9]\d\d$/, 1_000_000],
    ['lost-0', 0],
  ] as const) {
    const wanted = page.getByRole('row').getByRole('link', { name, exact: true }).first()
    const until = Date.now() + 30_000
    while (!(await wanted.isVisible())) {
      assert.ok(Date.now() < until, `${name} is not reached`)
      await page.locator('.table').evaluate((table, to) => table.scrollTo(0, to), top)
      await page.waitForTimeout(20)
    }
  }
  await query(app.db, sql`delete from eval_runs where run_id = ${run_id}::uuid`)
})

test('a run that goes on is followed live and announced; cancelling says what stays', withBrowser, async () => {
  await saveTestSession(app, { session_id: 'slow', name: 'Slow', messages: [{ role: 'user', content: 'SLOW' }] })
  await saveTestSession(app, { session_id: 'quick', name: 'Quick', messages: [{ role: 'user', content: 'Hello' }] })
  const page = await app.open(RUNS)
  await page.getByText('Live', { exact: true }).waitFor()
  await page.locator('[data-row]').first().waitFor()
  const rows = await page.getByRole('row').count()
  await app.send('POST', '/api/eval/run', { backend: 'scripted', model: 'm1' })
  // Nothing moves until it is asked for.
  const fresh = page.getByRole('button', { name: '1 new · show' })
  await fresh.waitFor()
  assert.equal(await page.getByRole('row').count(), rows)
  await fresh.click()
  await page.getByRole('row').getByText('1 judged, 1 left').waitFor()
  await page.getByRole('status').filter({ hasText: 'm1: ' }).waitFor({ state: 'attached' })
  await page.getByRole('link', { name: 'not judged before' }).first().click()
  await page.getByRole('button', { name: 'Cancel the run' }).click()
  await page.getByText('1 judged session is kept; 1 is not judged any more.').waitFor()
  assert.deepEqual(await findBarriers(page), [], 'the question')
  await page.keyboard.press('Escape')
  await page.getByText('is kept').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Cancel the run' }).press('Enter')
  await page
    .getByRole('group', { name: 'Cancel the run' })
    .getByRole('button', { name: 'Cancel the run' })
    .press('Enter')
  await page.getByRole('heading', { name: /Cancelled/ }).waitFor()
  await page.getByRole('img', { name: '1 judged, 1 failed, 0 running, 0 waiting' }).waitFor()
})

test('what changes while a first answer is on its way is seen all the same', withBrowser, async () => {
  await saveTestSession(app, { session_id: 'late', name: 'Late', messages: [{ role: 'user', content: 'SLOW' }] })
  const places = [
    { path: RUNS, asked: '**/api/eval/run-page*', ended: 'row' },
    { path: `${RUNS}/`, asked: '**/api/eval/run/*?sessions=none', ended: 'heading' },
  ] as const
  for (const { path, asked, ended } of places) {
    const json = { backend: 'scripted', model: 'm1', session_ids: ['late'] }
    const { body } = await app.send<{ run_id: string }>('POST', '/api/eval/run', json)
    const page = await app.open('/p/default/settings/backends')
    await page.getByText('Live', { exact: true }).waitFor()
    const [read, told] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    await page.route(
      asked,
      async route => {
        const response = await route.fetch()
        read.resolve()
        await told.promise
        await route.fulfill({ response })
      },
      { times: 1 },
    )
    await page.evaluate(
      to => {
        history.pushState(null, '', to)
        dispatchEvent(new PopStateEvent('popstate'))
      },
      path === RUNS ? path : path + body.run_id,
    )
    await read.promise
    await app.send('POST', `/api/eval/run/${body.run_id}/cancel`)
    // Changes are looked for once a second.
    await page.waitForTimeout(2_500)
    told.resolve()
    await page.getByRole(ended).filter({ hasText: 'Cancelled' }).first().waitFor()
    await page.close()
  }
})

test(
  'axe finds nothing in either scheme or width, and a run that is not there is said to be so',
  withBrowser,
  async () => {
    for (const [scheme, width] of WAYS) {
      const page = await app.open(`${RUNS}?new=1`, { scheme, width })
      await page.locator('[data-row]').first().waitFor()
      await page.getByRole('button', { name: /^Judge|^Nothing/ }).waitFor()
      await page.waitForTimeout(400)
      assert.deepEqual(await findBarriers(page), [], `list ${scheme} ${width}`)
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true)
      await shoot(page, `runs-${scheme}-${width}`)
      await page.locator('[data-row]').last().click()
      await page.getByText('What failed').waitFor()
      await page.locator('[data-row]').first().waitFor()
      assert.deepEqual(await findBarriers(page), [], `run ${scheme} ${width}`)
      await shoot(page, `run-${scheme}-${width}`)
      const look = async (name: string) => {
        assert.deepEqual(await findBarriers(page), [], `${name} ${scheme} ${width}`)
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, name)
        await shoot(page, `${name}-${scheme}-${width}`)
      }
      await page.keyboard.press('j')
      await page.keyboard.press('x')
      await page.getByRole('button', { name: /^Judge 1 · / }).waitFor()
      await look('unit-selected')
      await page.keyboard.press('Space')
      await page.locator('.peek h3, .peek .quiet').first().waitFor()
      await look('unit-peek')
      await page.keyboard.press('Escape')
      await page.getByRole('searchbox').fill('nobody')
      await page.getByText('Nothing matches this filter.').waitFor()
      await look('unit-nothing')
    }
    const page = await app.open(`${RUNS}/nobody`, { forgive: /404/ })
    await page.getByText('There is no run “nobody”').waitFor()
    await query(app.db, sql`insert into projects (name) values ('bare')`)
    await page.goto(`${app.url}/p/bare/runs`)
    await page.getByText('No runs yet.').waitFor()
  },
)
