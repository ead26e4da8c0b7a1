import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import sql from 'sql-template-tag'
import { query } from '#db/connect.ts'
import { putSums, seedExperiment as seedScored, sumRuns } from '../experiment-seed.ts'
import { seedExperiment } from '../run-rows.ts'
import { type BrowserApp, findBarriers, openBrowserApp, shoot, WAYS, withBrowser } from './harness.ts'

// The lists of evaluation runs and of experiments, with rows that stand in the database and nobody works on.

const COUNT = 250
const RUNS = '/p/default/runs'
const EXPERIMENTS = '/p/default/experiments'
let app: BrowserApp

before(async () => {
  const opened = await openBrowserApp({ oneProfile: true })
  if (opened === null) return
  app = opened
  // The first request makes the pins.
  await app.send('GET', '/api/eval/pins')
  await query(app.db, sql`insert into users (name) values ('seeder') on conflict do nothing`)
  await insertRuns(1, COUNT)
  await query(
    app.db,
    sql`
      insert into eval_units (project_id, run_id, unit_no, session_id, state, error, error_kind)
      select project_id, run_id, n, 'lost-' || n, 'failed', 'no answer in ' || n || ' s', 'timeout'
      from eval_runs cross join generate_series(1, 2) n where failed > 0`,
  )
  for (let n = 1; n <= COUNT / 2; n++) await seedExperiment(app.db, `question ${n}`)
  await query(app.db, sql`update experiments set cells = 40, completed = 38, failed = 2, status = 'completed'`)
  await query(
    app.db,
    sql`update experiments set conclusion = ${JSON.stringify(CONCLUSION)}::json where name in ('question 125', 'question 124')`,
  )
})
afterEach(() => app?.closePages())
after(() => app?.close())

const CONCLUSION = {
  leader: { variant_no: 1, label: 'terse@4', estimate: 0.82, low: 0.79, high: 0.85, cases: 120 },
  tied: 1,
  verdict: "A and C can't be separated on 120 cases.",
}

/** One an hour; those whose number ends in 7 have failures, the newest goes on. */
async function insertRuns(from: number, to: number): Promise<void> {
  await query(
    app.db,
    sql`
      insert into eval_runs (
        project_id, user_id, scope, backend, judge_model, pins_id, state, resolved, started_at, finished_at, ok, failed, pending
      )
      select project_id, (select min(user_id) from users), json_build_object('scope', 'session', 'session_id', 'case-' || n),
        'local', case when n % 2 = 0 then 'gemma' else 'small' end, pins_id,
        case when n = ${to}::integer then 'running' else 'done' end, true, started,
        case when n < ${to}::integer then started + interval '4 minutes' end, 8, case when n % 10 = 7 then 2 else 0 end,
        case when n = ${to}::integer then 5 else 0 end
      from pins cross join generate_series(${from}::integer, ${to}::integer) n
      cross join lateral (select '2026-03-01T12:00:00Z'::timestamptz + n * interval '1 hour' as started) t
      order by n`,
  )
}

async function openList(path: string, options: Parameters<BrowserApp['open']>[1] = {}): Promise<Page> {
  const page = await app.open(path, options)
  await page.locator('[data-row], .empty').first().waitFor()
  return page
}

const rowNames = (page: Page) => page.locator('[data-index] [data-row]').allInnerTexts()
const focusedRow = (page: Page) => page.evaluate(() => document.activeElement?.textContent)

/** Scrolls from end to end. @returns the names in the order in which they came into sight. */
async function readAll(page: Page, count: number): Promise<string[]> {
  const seen = new Set<string>()
  for (let turn = 0; turn < 200 && seen.size < count; turn++) {
    for (const name of await rowNames(page)) seen.add(name)
    await page.locator('.table').evaluate(table => table.scrollBy(0, 400))
    await page.waitForTimeout(30)
  }
  return [...seen]
}

test(
  'every run and every experiment is reached by scrolling, in order, and their number is said',
  withBrowser,
  async () => {
    const page = await openList(RUNS)
    await page.getByText(`${COUNT} runs`, { exact: true }).waitFor()
    assert.deepEqual(
      await readAll(page, COUNT),
      Array.from({ length: COUNT }, (_, n) => `case-${COUNT - n}`),
    )
    await page.goto(app.url + EXPERIMENTS)
    await page.getByText(`${COUNT / 2} experiments`, { exact: true }).waitFor()
    assert.deepEqual(
      await readAll(page, COUNT / 2),
      Array.from({ length: COUNT / 2 }, (_, n) => `question ${COUNT / 2 - n}`),
    )
  },
)

test('the keys of a list: j and k with the panel, x, / and Escape, for runs', withBrowser, async () => {
  const page = await openList(RUNS)
  for (const key of ['j', 'j', 'j', 'j', 'k']) await page.keyboard.press(key)
  assert.equal(await focusedRow(page), 'case-248')
  await page.keyboard.press('Space')
  const panel = page.getByRole('complementary', { name: 'The run beside the list' })
  await panel.getByRole('img', { name: '8 judged, 0 failed, 0 running, 0 waiting' }).waitFor()
  await page.keyboard.press('j')
  await panel.getByText('case-247').first().waitFor()
  assert.match(page.url(), /peek=[0-9a-f-]{36}/)
  await panel.getByText('1 cause').waitFor()
  await panel.getByText('no answer in 1 s').waitFor()
  assert.equal(await focusedRow(page), 'case-247')
  await page.keyboard.press('Escape')
  await panel.waitFor({ state: 'detached' })
  await page.keyboard.press('x')
  await page.keyboard.press('k')
  await page.keyboard.press('x')
  const bar = page.getByRole('toolbar', { name: 'Selected runs' })
  await bar.getByText('2 selected').waitFor()
  assert.equal(await bar.getByRole('button', { name: 'Cancel' }).isDisabled(), true)
  await page.keyboard.press('/')
  await page.keyboard.type('case-12')
  await page.getByText('11 runs', { exact: true }).waitFor()
  assert.match(page.url(), /search=case-12/)
  await page.getByRole('searchbox').fill('nobody')
  await page.getByText('Nothing matches this filter.').waitFor()
  await page.getByRole('button', { name: 'Clear' }).last().click()
  await page.getByText(`${COUNT} runs`, { exact: true }).waitFor()
})

test('an experiment beside the list says its verdict, who leads, its runs and its cost', withBrowser, async () => {
  const page = await openList(EXPERIMENTS)
  await page.keyboard.press('j')
  await page.keyboard.press('Space')
  const panel = page.getByRole('complementary', { name: 'The experiment beside the list' })
  await panel.getByText("A and C can't be separated on 120 cases.").waitFor()
  await panel.getByText('0.82 [0.79, 0.85] n=120').waitFor()
  await panel.getByRole('link', { name: '40 of 40, 2 failed' }).waitFor()
  for (const key of ['j', 'j']) await page.keyboard.press(key)
  await panel.getByRole('heading', { name: 'question 123' }).waitFor()
  await panel.getByText('Nothing is ranked.').waitFor()
  await page.keyboard.press('x')
  await page.getByRole('toolbar', { name: 'Selected experiments' }).getByText('1 selected').waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('question 77')
  await page.getByText('1 experiment', { exact: true }).waitFor()
})

test('a list begins at a date and goes on upwards; filters stand in the address', withBrowser, async () => {
  const page = await openList(`${RUNS}?at=2026-03-03`)
  const [first] = await rowNames(page)
  // Three days of an hour a run from noon, whatever the zone of the reader.
  assert.ok(Number(first?.slice(5)) < 100, first)
  for (let turn = 0; turn < 40 && !(await rowNames(page)).includes(`case-${COUNT}`); turn++) {
    await page.locator('.table').evaluate(table => table.scrollBy(0, -1e6))
    await page.waitForTimeout(50)
  }
  assert.ok((await rowNames(page)).includes(`case-${COUNT}`))
  await page.getByLabel('Jump to date').fill('2026-02-01')
  await page.getByText('No run started on 2026-02-01 or before.').waitFor()
  await page.getByRole('button', { name: 'Clear' }).last().click()
  await page.getByLabel('State').selectOption('failures')
  await page.getByText('25 runs', { exact: true }).waitFor()
  await page.reload()
  await page.getByText('25 runs', { exact: true }).waitFor()
})

test(
  'under a filter a run that ends stays where it stands and says so; what is new is offered and moves nothing',
  withBrowser,
  async () => {
    const page = await openList(`${RUNS}?state=running`)
    await page.getByText('Live', { exact: true }).waitFor()
    assert.deepEqual(await rowNames(page), [`case-${COUNT}`])
    await query(
      app.db,
      sql`update eval_runs set state = 'done', finished_at = now(), pending = 0, ok = 13 where state = 'running'`,
    )
    const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: `case-${COUNT}` }) })
    await row.getByText('13 judged').waitFor()
    await row.getByText(/done/).waitFor()
    await insertRuns(COUNT + 1, COUNT + 1)
    const fresh = page.getByRole('button', { name: '1 new · show' })
    await fresh.waitFor()
    assert.deepEqual(await rowNames(page), [`case-${COUNT}`])
    await fresh.click()
    await page.getByRole('link', { name: `case-${COUNT + 1}` }).waitFor()
    assert.deepEqual(await rowNames(page), [`case-${COUNT + 1}`])
    // What is empty shows what comes at once.
    await query(
      app.db,
      sql`update eval_runs set state = 'done', finished_at = now(), pending = 0 where state = 'running'`,
    )
    await page.getByLabel('State').selectOption('failed')
    await page.getByText('Nothing matches this filter.').waitFor()
    await query(app.db, sql`update eval_runs set state = 'failed' where scope ->> 'session_id' = 'case-3'`)
    await insertRuns(COUNT + 2, COUNT + 2)
    await page.getByRole('link', { name: 'case-3', exact: true }).waitFor()
    await query(app.db, sql`delete from eval_runs where scope ->> 'session_id' in ('case-251', 'case-252')`)
  },
)

test('runs that go on are cancelled together, after it was said what stays', withBrowser, async () => {
  await insertRuns(COUNT + 3, COUNT + 3)
  await insertRuns(COUNT + 4, COUNT + 4)
  const page = await openList(RUNS)
  await page.keyboard.press('j')
  await page.keyboard.press('x')
  await page.keyboard.press('j')
  await page.keyboard.press('x')
  const bar = page.getByRole('toolbar', { name: 'Selected runs' })
  await bar.getByRole('button', { name: 'Cancel 2' }).click()
  await bar.getByText('16 judged sessions are kept; 10 are not judged any more.').waitFor()
  assert.deepEqual(await findBarriers(page), [], 'the question')
  await page.keyboard.press('Enter')
  const cancelled = page.getByRole('row').getByText('cancelled')
  await cancelled.nth(1).waitFor()
  assert.equal(await cancelled.count(), 2)
})

test(
  'a comparison goes both ways with 200 cases at most, and its order holds while scores come in',
  withBrowser,
  async () => {
    const CASES = 250
    const grades = Array.from({ length: CASES }, (_, n) => n / CASES)
    const { id, experiment_no, case_nos } = await seedScored(app.db, {
      ...{ name: 'both ways', status: 'running', planned: 2 * CASES + 9 },
      scorers: [{ name: 'exact', weight: 1 }],
      cases: grades.map((_, n) => ({ cluster: `c${n}` })),
      variants: [
        { trial: { model: 'a' }, runs: grades.map(() => [{ grades: [1] }]) },
        { trial: { model: 'b' }, runs: grades.map(grade => [{ grades: [grade] }]) },
      ],
    })
    const page = await app.open(`${EXPERIMENTS}/${id}/compare?a=1&b=2`)
    const cases = page.locator('.compare-case')
    const readCases = () => cases.evaluateAll(all => all.map(one => one.getAttribute('data-case')))
    await cases.first().waitFor()
    await page.getByText('Live', { exact: true }).waitFor()
    const [first, ...rest] = await readCases()
    // The last one on the page becomes as bad as the worst.
    const cell = { experiment_no, variant_no: 2, case_no: case_nos[19] ?? 0, weights: [1], threshold: 0.5 }
    await putSums(app.db, [sumRuns(cell, [{ grades: [0] }])])
    await query(app.db, sql`update experiments set completed = completed + 1 where experiment_id = ${id}::uuid`)
    const news = page.getByRole('button', { name: 'The order has changed · show' })
    await news.waitFor()
    assert.deepEqual(await readCases(), [first, ...rest])
    await news.click()
    await page.waitForFunction(
      last => document.querySelectorAll('.compare-case')[1]?.getAttribute('data-case') === last,
      rest.at(-1),
    )
    const top = (await readCases())[0]
    for (let pages = 2; pages <= 13; pages++) {
      await page.getByRole('button', { name: 'Show the next cases' }).click()
      const count = Math.min(200, 20 * pages, 200 - (pages > 12 ? 10 : 0))
      await page.waitForFunction(n => document.querySelectorAll('.compare-case').length === n, count)
    }
    assert.ok(!(await readCases()).includes(top ?? ''))
    await page.getByRole('button', { name: 'Show the next cases' }).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Show the cases before' }).click()
    await page.waitForFunction(() => document.activeElement === document.querySelectorAll('.compare-case')[19])
    for (let step = 0; step < 19; step++) await page.keyboard.press('p')
    for (let turn = 0; turn < 60 && !(await readCases()).includes(top ?? ''); turn++) {
      await page.keyboard.press('p')
      await page.waitForTimeout(60)
    }
    assert.equal((await readCases())[0], top)
  },
)

test(
  'the runs of an experiment go both ways with a panel, and those that start are offered and move nothing',
  withBrowser,
  async () => {
    const { experiment_id, experiment_no } = await seedExperiment(app.db, 'with runs')
    const insert = (from: number, to: number) =>
      query(
        app.db,
        sql`
          insert into runs (project_id, experiment_no, config, config_hash, status, started_at, completed_at, cost_usd, score_mean)
          select 1, ${experiment_no}, '{}', sha256(n::text::bytea), 'completed', now() - interval '1 day' + n * interval '1 minute',
            now(), n, 0.5
          from generate_series(${from}::integer, ${to}::integer) n`,
      )
    await insert(1, 150)
    await query(
      app.db,
      sql`update experiments set status = 'running', cells = 200, runs = 150 where experiment_no = ${experiment_no}`,
    )
    const page = await openList(`${EXPERIMENTS}/${experiment_id}/runs`)
    await page.getByText('150 runs', { exact: true }).waitFor()
    await page.getByText('Live', { exact: true }).waitFor()
    const before = await rowNames(page)
    await insert(151, 152)
    await query(app.db, sql`update experiments set completed = 152, runs = 152 where experiment_no = ${experiment_no}`)
    const fresh = page.getByRole('button', { name: '2 new · show' })
    await fresh.waitFor()
    assert.deepEqual(await rowNames(page), before)
    await page.keyboard.press('j')
    await page.keyboard.press('Space')
    const panel = page.getByRole('complementary', { name: 'The run beside the list' })
    await panel.getByText('$150.00').waitFor()
    await page.keyboard.press('j')
    await panel.getByText('$149.00').waitFor()
    assert.deepEqual(await findBarriers(page), [], 'the panel')
    await shoot(page, 'experiment-runs-peek')
    await page.keyboard.press('Escape')
    await fresh.click()
    await page.getByText('152 runs', { exact: true }).waitFor()
    await page.getByRole('cell', { name: '$152.00' }).waitFor()
    assert.equal((await readAll(page, 152)).length, 152)
  },
)

for (const [scheme, width] of WAYS) {
  test(`axe finds nothing beside a list or in its selection, ${scheme} at ${width}`, withBrowser, async () => {
    for (const [name, path] of [
      ['runs', `${RUNS}?state=failures`],
      ['experiments', EXPERIMENTS],
    ] as const) {
      const page = await openList(path, { scheme, width })
      const look = async (what: string) => {
        assert.deepEqual(await findBarriers(page), [], `${name}, ${what}`)
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, name)
        await shoot(page, `${name}-${what}-${scheme}-${width}`)
      }
      await look('list')
      await page.keyboard.press('j')
      await page.keyboard.press('x')
      await page.getByText('1 selected').waitFor()
      await look('selected')
      await page.keyboard.press('Space')
      await page.locator('.peek dl').waitFor()
      await page.waitForTimeout(300)
      await look('peek')
    }
  })
}
