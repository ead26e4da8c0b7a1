import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import type { Experiment } from '#experiments/experiments.ts'
import { createScriptedModel } from '#models/scripted.ts'
import { type BrowserApp, findBarriers, openBrowserApp, shoot, withBrowser } from './harness.ts'

const CASES = 40
let app: BrowserApp
let board = ''

/** `good` errs on every tenth case, `fair` on every third, `slow` as `good`; `poor` refuses every seventh; `free` and `gift` cost nothing. */
const model = createScriptedModel({
  rules: [
    { when: { model: 'poor', last: 'SEVENTH' }, fail: { kind: 'failed', message: 'will not say 7' } },
    { when: { model: 'slow' }, delay_ms: 150, reply: answerAs(10) },
    { when: { model: 'good' }, reply: answerAs(10) },
    { when: { model: 'fair' }, reply: answerAs(3) },
    { when: { model: 'free' }, reply: answerAs(4) },
    { when: { model: 'gift' }, reply: answerAs(4) },
    { when: { model: 'poor' }, reply: answerAs(2) },
  ],
})

function answerAs(every: number) {
  return ({ messages }: { messages: { content: string }[] }) => {
    const n = Number(/\d+/.exec(messages.at(-1)?.content ?? '')?.[0])
    return n % every === 0 ? `I am not sure.\nPerhaps ${n}.\n<img src=x onerror=alert(1)>` : 'yes'
  }
}

async function start(name: string, models: string[], more: object = {}): Promise<string> {
  const cases = Array.from({ length: CASES }, (_, n) => ({
    input: { text: `${name}: is ${n} right?${n % 7 === 0 ? ' SEVENTH' : ''}` },
    expected: 'yes',
    source: `s${n}`,
  }))
  const { status, body } = await app.send<Experiment>('POST', '/api/experiments?start=true', {
    name,
    dataset: { name: `cases of ${name}`, cases },
    pipeline: { prompt: '{{ text }}', backend: 'scripted' },
    parameter_space: { model: models },
    scoring_config: {
      scorers: ['exact', { kind: 'length', max: 12, unit: 'words', name: 'short' }],
      weights: { exact: 4, short: 1 },
    },
    ...more,
  })
  assert.equal(status, 201, JSON.stringify(body))
  return body.id
}

async function ended(id: string): Promise<void> {
  for (;;) {
    const { body } = await app.send<Experiment>('GET', `/api/experiments/${id}`)
    if (!['running', 'draft'].includes(body.status)) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

before(async () => {
  const opened = await openBrowserApp({
    oneProfile: true,
    worker: true,
    yaml: `backends: [{ name: scripted, kind: scripted, script: {}, concurrency: 4, max_attempts: 1, prices: {
      good: { input: 10, output: 30 }, fair: { input: 2, output: 6 }, poor: { input: 1, output: 3 },
      slow: { input: 1, output: 1 }, free: { input: 0, output: 0 },
      gift: { input: 0, output: 0 } } }]`,
    backends: { scripted: { model } },
  })
  if (opened === null) return
  app = opened
  board = await start('tickets', ['poor', 'fair', 'good'], { sweep: { repeats: 2 }, baseline: { model: 'fair' } })
  await ended(board)
})
afterEach(() => app?.closePages())
after(() => app?.close())

const address = (id: string, rest = '') => `/p/default/experiments/${id}${rest}`

/** Bytes of script, as they came over the wire, that were there before the first row was. */
async function weighScripts(page: Page): Promise<number> {
  await page.addInitScript(() => {
    const watch = new MutationObserver(() => {
      if (document.querySelector('[data-row]') === null) return
      watch.disconnect()
      performance.mark('row')
    })
    watch.observe(document, { childList: true, subtree: true })
  })
  await page.reload()
  await page.locator('[data-row]').first().waitFor()
  const bytes = await page.evaluate(() => {
    const [row] = performance.getEntriesByName('row')
    return performance
      .getEntriesByType('resource')
      .filter(entry => entry instanceof PerformanceResourceTiming)
      .filter(
        ({ name, responseEnd }) => name.endsWith('.js') && responseEnd <= (row?.startTime ?? Number.POSITIVE_INFINITY),
      )
      .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)
  })
  console.log(`leaderboard: ${Math.round(bytes / 1000)} kB of script`)
  return bytes
}

test(
  'the leaderboard says in words which variant wins, and by how much; the baseline is chosen by key',
  withBrowser,
  async () => {
    const page = await app.open(address(board))
    await page.getByText(/^good is better than each of the other 2 on 40 cases/).waitFor()
    await page
      .getByText(/The winner changes if|good was selected on these cases/)
      .first()
      .waitFor()
    const rows = page.getByRole('table', { name: 'Leaderboard' }).getByRole('row')
    assert.equal(await rows.count(), 4)
    const first = rows.nth(1)
    await first.getByRole('img', { name: /^0\.\d\d \[0\.\d\d, 0\.\d\d\] n=40$/ }).waitFor()
    await first.getByRole('img', { name: /^\+0\.\d\d \[\+0\.\d\d, \+0\.\d\d\] n=40, better$/ }).waitFor()
    await first.getByText('▲').waitFor()
    assert.deepEqual(await findBarriers(page), [], 'the leaderboard')
    await page.keyboard.press('j')
    await page.keyboard.press('b')
    await page.waitForURL(/baseline=3/)
    await first.getByText('baseline').waitFor()
    await rows.nth(2).getByText('▼').waitFor()
    await page.keyboard.press(' ')
    await page.getByRole('complementary', { name: 'The variant beside the table' }).getByText('model').waitFor()
    await page.waitForURL(/peek=3/)
    await page.keyboard.press('j')
    await page.waitForURL(/peek=2/)
    assert.deepEqual(await findBarriers(page), [], 'with a variant beside it')
    await page.keyboard.press('Escape')
    await page.keyboard.press('x')
    await page.keyboard.press('k')
    await page.keyboard.press('x')
    await page.waitForURL(/pick=2(%2C|,)3/)
    await page.getByRole('link', { name: 'Compare', exact: true }).waitFor()
    await page.getByText('will not say 7').waitFor()
    await page
      .getByRole('img', { name: /^Score against cost of a run: A 0\.\d\d .*; C 0\.\d\d .* on the front$/ })
      .waitFor()
    await page.locator('.cost-quality svg').waitFor()
    await page.getByText('As a table').click()
    await page.getByRole('cell', { name: '◆ yes' }).first().waitFor()
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'CSV' }).first().click()
    assert.equal((await download).suggestedFilename(), 'tickets-leaderboard.csv')
  },
)

test(
  'other weights are computed by the server; a weight that is none is refused at its field',
  withBrowser,
  async () => {
    const id = await start('weights', ['poor', 'good'])
    await ended(id)
    const page = await app.open(address(id))
    const first = page.getByRole('table', { name: 'Leaderboard' }).getByRole('row').nth(1)
    const score = first.locator('.mean-text').first()
    const former = await score.innerText()
    await page.getByLabel('exact').fill('lots')
    await page.getByText('A number from 0').waitFor()
    await page.getByLabel('exact').fill('1')
    await page.getByLabel('short').fill('')
    await page.getByRole('button', { name: 'Weigh anew' }).click()
    await page.getByText('All runs are weighed anew.').waitFor()
    const { body } = await app.send<Experiment>('GET', `/api/experiments/${id}`)
    assert.deepEqual(body.scoring_config.weights, { exact: 1 })
    await page.waitForFunction(
      text => document.querySelector('.board-table .mean-text')?.textContent !== text,
      former.replace(/\n/g, ''),
    )
  },
)

test(
  'what costs nothing has no whisker across the whole figure, and what stands at one place all its letters',
  withBrowser,
  async () => {
    const id = await start('gratis', ['free', 'gift'])
    await ended(id)
    const page = await app.open(address(id))
    const drawn = page.locator('.cost-quality svg')
    await drawn.locator('[aria-label="dot"] path').first().waitFor()
    const widths = await drawn
      .locator('[aria-label="rule"] line')
      .evaluateAll(lines => lines.map(line => Number(line.getAttribute('x2')) - Number(line.getAttribute('x1'))))
    assert.deepEqual(widths, [0, 0], 'those of their scores alone, which stand upright')
    assert.deepEqual(await drawn.locator('[aria-label="text"] text').allTextContents(), ['A B'])
  },
)

test('cases stand side by side and case by case, the largest loss first', withBrowser, async () => {
  const page = await app.open(address(board, '/matrix'))
  const where = page.getByRole('navigation', { name: 'Where you are' })
  await where.getByRole('link', { name: 'tickets', exact: true }).waitFor()
  assert.deepEqual(await where.getByRole('listitem').allInnerTexts(), ['Experiments', 'tickets', 'Matrix'])
  assert.equal(await where.getByRole('listitem').nth(1).getAttribute('title'), board)
  await page.getByText('40 cases').waitFor()
  await page.getByRole('table', { name: 'Cases by variants' }).getByText('I am not sure.').first().waitFor()
  assert.deepEqual(await findBarriers(page), [], 'the matrix')
  await page.getByLabel('Which cases').selectOption('failed')
  await page.waitForURL(/show=failed/)
  await page.getByText('6 cases').waitFor()
  await page.getByText('will not say 7').first().waitFor()
  await page.getByRole('button', { name: 'Take A away' }).click()
  await page.getByText('Nothing matches this filter.').waitFor()
  await page.getByRole('button', { name: 'Clear' }).click()
  await page.getByText('40 cases').waitFor()
  await page.locator('[data-index="0"] [data-row]').waitFor()
  await page.keyboard.press('j')
  await page.waitForFunction(() => document.activeElement?.closest('[data-index="0"]') !== null)
  await page.getByRole('link', { name: 'Compare C and B' }).click()
  await page.waitForURL(/compare\?a=3&b=2$/)
  const first = page.getByRole('article').first()
  await first.getByRole('heading', { name: /^−\d\.\d\d regressed$/ }).waitFor()
  assert.match((await first.getAttribute('aria-label')) ?? '', /^tickets: is \d+ right\?( SEVENTH)?: regressed$/)
  await first.getByRole('img', { name: /^Repeats: C 1\.00, 1\.00; B 0\.\d\d, 0\.\d\d$/ }).waitFor()
  await first.locator('del', { hasText: 'yes' }).waitFor()
  await first.locator('ins', { hasText: '<img src=x' }).waitFor()
  assert.deepEqual(await findBarriers(page), [], 'the comparison')
  await page.keyboard.press('n')
  await page.keyboard.press('n')
  await page.waitForFunction(() => document.activeElement === document.querySelectorAll('.compare-case')[1])
  await page.keyboard.press('p')
  await page.waitForFunction(() => document.activeElement === document.querySelectorAll('.compare-case')[0])
  await page.getByRole('link', { name: /^Improved \d+$/ }).click()
  await page.waitForURL(/show=improved/)
  await page
    .getByRole('article', { name: /regressed/ })
    .first()
    .waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'The other way round' }).click()
  await page.waitForURL(/a=2&b=3/)
  // Nothing is compared with itself: the other one changes places with it.
  await page.getByLabel('Before').selectOption({ value: '3' })
  await page.waitForURL(/a=3&b=2/)
  await page.goto(`${app.url}${address(board, '/compare?a=3&b=3')}`)
  await page
    .getByRole('heading', { name: /^[+−]\d\.\d\d (regressed|improved)$/ })
    .first()
    .waitFor()
  assert.notEqual(await page.getByLabel('After').inputValue(), '3')
})

test(
  'while it runs there are no verdicts; it is followed live, paused, resumed and stopped with what it has',
  withBrowser,
  async () => {
    const id = await start('slowly', ['slow', 'poor'], { sweep: { max_cost_usd: 5, concurrency: 2 } })
    const page = await app.open(address(id))
    await page.getByText(/^Provisional, \d+ of 80\.$/).waitFor()
    await page.getByText('of $5.00').waitFor()
    await page.getByRole('row').nth(1).waitFor()
    assert.equal(await page.locator('.outcome').count(), 0, 'no words of better or worse')
    const order = () => page.locator('.board-table [data-row]').allInnerTexts()
    const known = await order()
    const done = await page.getByText(/^Provisional/).innerText()
    await page.getByText('Live', { exact: true }).waitFor()
    await page.waitForFunction(text => !document.body.innerText.includes(text), done)
    assert.deepEqual((await order()).slice(0, known.length), known, 'rows stay where they are')
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.locator('.board-state').getByText('paused').waitFor()
    assert.deepEqual(await findBarriers(page), [], 'while it is paused')
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.locator('.board-state').getByText('running').waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByText(/^\d+ runs? (is|are) kept; \d+ (does|do) not take place\.$/).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Stop' }).press('Enter')
    await page.getByRole('button', { name: 'Stop the experiment' }).press('Enter')
    await page.locator('.board-state').getByText('stopped').waitFor()
    await page.getByText(/It ended with \d+ runs? left out/).waitFor()
  },
)

const PLACES = { board: '', matrix: '/matrix', compare: '/compare?a=3&b=2' }

// What is dark and what is narrow are looked at by themselves; both together on one page.
for (const [scheme, width, names] of [
  ['dark', 1440, ['board', 'matrix', 'compare']],
  ['light', 390, ['board', 'matrix', 'compare']],
  ['dark', 390, ['board']],
] as const) {
  test(
    `axe finds nothing in ${scheme}, ${width} px wide, and nothing is wider than the page`,
    withBrowser,
    async () => {
      const page = await app.open(address(board), { scheme, width })
      for (const name of names) {
        if (name !== 'board') await page.goto(app.url + address(board, PLACES[name]))
        const first = name === 'compare' ? '.compare-case' : '[data-row]'
        await page.locator(first).first().waitFor()
        if (name === 'board') {
          await page.locator('.cost-quality svg').waitFor()
          assert.deepEqual(await listCut(page), [])
        }
        assert.deepEqual(await findBarriers(page), [], `${name} ${scheme} ${width}`)
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, name)
        await shoot(page, `${name}-${scheme}-${width}`)
      }
    },
  )
}

/** What the leaderboard has no room for. */
function listCut(page: Page): Promise<(string | null)[]> {
  return page
    .locator('.board-table :is(.table, .table-row > *)')
    .evaluateAll(all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent))
}

test('the leaderboard takes 250 kB of script at most; what is not there is said', withBrowser, async () => {
  const page = await app.open(address(board), { forgive: /404|422/ })
  await page.locator('[data-row]').first().waitFor()
  const bytes = await weighScripts(page)
  assert.ok(bytes > 50_000 && bytes <= 250_000, `${bytes} bytes of script`)
  await page.goto(app.url + address('nobody'))
  await page.getByText('There is no experiment “nobody”').waitFor()
})

test(
  'a variant that there is not is said in words, with a way on without it and nothing to retry',
  withBrowser,
  async () => {
    const page = await app.open(address(board, '?baseline=77'), { forgive: /422/ })
    const look = async (said: string, link: string, leads: RegExp) => {
      await page.locator('#page').getByText(said).waitFor()
      assert.equal(await page.getByRole('button', { name: 'Retry' }).count(), 0, said)
      assert.deepEqual(await findBarriers(page), [], said)
      await page.getByRole('link', { name: link }).click()
      await page.waitForURL(leads)
    }
    await look(
      'There is no variant 77 in this experiment',
      "Compare with the experiment's own baseline",
      /[0-9a-f]{12}$/,
    )
    await page.getByText(/^good is better than/).waitFor()
    await page.goto(app.url + address(board, '/matrix?v=1,9'))
    await look('There is no variant 9 in this experiment.', 'Show the cases without it', /matrix\?v=1$/)
    await page.getByText('40 cases').waitFor()
    await page.goto(app.url + address(board, '/compare?a=88&b=99&show=same'))
    await look('There are no variants 88 and 99 in this experiment.', 'Compare without them', /compare\?show=same$/)
    await page.getByRole('link', { name: /^Same \d+$/, exact: true }).waitFor()
    await page.goto(app.url + address(board, '/compare?b=99'))
    await look('There is no variant 99 in this experiment.', 'Compare without it', /compare$/)
    await page.locator('.compare-case').first().waitFor()
  },
)

test('names that differ only at their ends are there whole, and told apart, at any width', withBrowser, async () => {
  const id = await start('long names', ['good'], {
    parameter_space: { model: ['good', 'fair'], temperature: [0.25, 0.5], max_tokens: [256, 512] },
  })
  await ended(id)
  for (const width of [1440, 390]) {
    const page = await app.open(address(id), { width })
    const names = page.locator('.board-table .variant-name > span')
    await names.first().waitFor()
    assert.equal(new Set(await names.allInnerTexts()).size, 8)
    const cut = await names.evaluateAll(all => all.filter(one => one.scrollHeight > one.clientHeight + 1).length)
    assert.equal(cut, 0, `${width} px`)
    assert.deepEqual(await listCut(page), [], `${width} px`)
    const name = page.locator('.board-name').first()
    assert.equal(await name.getAttribute('title'), await name.locator('.variant-name > span').innerText())
    assert.deepEqual(await findBarriers(page), [], `${width} px`)
    await shoot(page, `long-names-${width}`)
  }
})
