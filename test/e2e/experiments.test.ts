import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, afterEach, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { createScriptedModel } from '#models/scripted.ts'
import { type BrowserApp, findBarriers, openBrowserApp, shoot, WAYS, withBrowser } from './harness.ts'

const EXPERIMENTS = '/p/default/experiments'
let app: BrowserApp
const model = createScriptedModel({
  rules: [
    { when: { any: 'SLOW' }, delay_ms: 60_000, reply: 'late' },
    { when: { any: 'France', model: 'good' }, reply: 'Paris' },
    { when: { any: 'Peru', model: 'good' }, reply: { city: 'Lima' } },
  ],
  default: { reply: '<img src=x onerror=alert(1)> I do not know' },
})

const cases = ['France', 'Peru', 'Chad', 'Mali', 'Oman', 'Cuba'].map((place, index) => ({
  ...(index === 0 ? { id: 'fr' } : {}),
  input: { place },
  expected: ['Paris', 'Lima', 'N’Djamena', 'Bamako', 'Muscat', 'Havana'][index] ?? '',
}))

before(async () => {
  const opened = await openBrowserApp({
    oneProfile: true,
    worker: true,
    yaml: `
backends:
  - name: scripted
    kind: scripted
    prices: { good: { input: 1, output: 1 }, bad: { input: 1, output: 1 } }
    script: {}`,
    backends: { scripted: { model } },
  })
  if (opened === null) return
  app = opened
  const body = cases.map(one => JSON.stringify(one)).join('\n')
  const headers = { 'content-type': 'application/x-ndjson' }
  const upload = await app.fetch('/api/datasets/capitals/versions', { method: 'POST', headers, body })
  assert.equal(upload.status, 200, await upload.text())
})
afterEach(() => app?.closePages())
after(() => app?.close())

const editor = (page: Page) => page.getByRole('textbox', { name: 'The experiment as YAML' })

/** Puts a text in the place of what is in the editor, by its own keys: it may take back a selection that it did not make itself. */
async function writeYaml(page: Page, text: string): Promise<void> {
  await editor(page).press('Control+a')
  await page.keyboard.insertText(text)
}

const TEXT = `# which model knows its capitals
name: capitals
dataset: capitals
pipeline:
  backend: scripted
  prompt: "What is the capital of {{ place }}?"
parameter_space:
  model: [good, bad]
scoring_config:
  scorers:
    - contains
  weights: { contains: 1 }
sweep:
  max_cost_usd: 10
`

test(
  'a question is written as form and YAML in one: the one writes into the other, and both are checked',
  withBrowser,
  async () => {
    const page = await app.open(EXPERIMENTS, { forgive: /422/ })
    await page.getByText('No experiments yet.').waitFor()
    assert.deepEqual(await findBarriers(page), [], 'no experiments')
    await page.keyboard.press('n')
    await page.waitForURL(/experiments\/new$/)
    await writeYaml(page, TEXT)
    await page.getByRole('button', { name: /^Start · ≈ 12 calls · ≈ \$0\.\d+ of \$10\.00$/ }).waitFor()
    assert.equal(await page.getByLabel('Name', { exact: true }).first().inputValue(), 'capitals')
    assert.deepEqual(await findBarriers(page), [], 'build')
    // The form writes into the YAML, whose comment stays.
    await page.getByLabel('Repeats').fill('2')
    await page.getByRole('button', { name: /≈ 24 calls/ }).waitFor()
    assert.match(await editor(page).innerText(), /# which model knows[\s\S]*repeats: 2/)
    // What the schema rules out freezes the form; what only the server knows does not.
    const scorer = page.locator('.cm-line', { hasText: '- contains' })
    await scorer.click()
    await page.keyboard.press('End')
    await page.keyboard.press('Backspace')
    await page.keyboard.press('Escape')
    await page.getByRole('alert').filter({ hasText: 'unknown scorer `contain`' }).waitFor()
    assert.equal(await page.getByLabel('Repeats').isDisabled(), true)
    await page.getByRole('button', { name: 'Start', exact: true }).waitFor()
    await page.keyboard.type('s')
    await page.getByRole('alert').waitFor({ state: 'detached' })
    await page.getByLabel("User's message").fill('Capital of {{ plaice }}?')
    await page
      .getByText(/plaice/)
      .filter({ hasNotText: 'Capital' })
      .first()
      .waitFor()
    assert.equal(await page.getByLabel('Repeats').isDisabled(), false)
    await page.getByLabel("User's message").fill('Capital of {{ place }}?')
    await page.getByRole('button', { name: /≈ 24 calls/ }).waitFor()
  },
)

test('the name of a chosen dataset is there whole, however long, at any width', withBrowser, async () => {
  const name = `support-${'questions-of-the-last-quarter-'.repeat(4)}v2`
  const { body, status } = await app.send('POST', '/api/experiments', {
    name: 'long',
    dataset: { name, cases: [{ input: { place: 'Peru' } }] },
  })
  assert.equal(status, 201, JSON.stringify(body))
  for (const width of [1440, 390]) {
    const page = await app.open(`${EXPERIMENTS}/${body.id}/build`, { width })
    const link = page.getByRole('link', { name, exact: true })
    await link.waitFor()
    const box = await link.boundingBox()
    assert.ok(box !== null && box.x >= 0 && box.x + box.width <= width, JSON.stringify(box))
    assert.ok(
      await link.evaluate(element => element.scrollWidth <= element.clientWidth + 1 || element.clientWidth === 0),
    )
    assert.equal(await page.getByLabel('Dataset', { exact: true }).inputValue(), name)
    await shoot(page, `build-${width}`)
  }
})

test(
  'an experiment is started with its cost on the button, answered, and its winner labelled',
  withBrowser,
  async () => {
    const page = await app.open(`${EXPERIMENTS}/new`, { forgive: /422/ })
    await writeYaml(page, TEXT.replace('What is the capital', 'Capital'))
    // A double click starts one.
    await page.getByRole('button', { name: /≈ 12 calls/ }).dblclick()
    await page.waitForURL(/experiments\/[0-9a-f-]{36}$/)
    await page.getByRole('button', { name: /^Label variant [AB]$/ }).click()
    await page.getByText(/can't be separated from every other variant: the label is your choice/).waitFor()
    await page.getByText('gets the text of variant').waitFor()
    await page.getByLabel("Prompt's name").fill('winner')
    await page.getByRole('button', { name: 'Label it' }).click()
    await page.getByText(/production is at winner@/).waitFor()
    await page.getByRole('link', { name: 'Runs', exact: true }).click()
    await page.getByText('12 runs').waitFor()
    await page.goto(app.url + EXPERIMENTS)
    const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'capitals' }) })
    await row.getByText('2 × 6 × 1').waitFor()
    await row.getByText(/good .*0\.33 \[0\.\d\d, 0\.\d\d\] n=6/).waitFor()
    assert.deepEqual(await findBarriers(page), [], 'list')
  },
)

test(
  'a text survives a reload and a server that is away; completion offers what may stand there',
  withBrowser,
  async () => {
    const page = await app.open(`${EXPERIMENTS}/new`, { forgive: /ERR_CONNECTION|Failed to (load|fetch)/ })
    await writeYaml(page, TEXT.replace('name: capitals', 'name: kept'))
    await page
      .getByRole('button', { name: /≈ 12 calls/ })
      .waitFor()
      .catch(async () => assert.fail(await page.locator('.build').innerText()))
    await app.stopServing()
    await editor(page).press('Control+End')
    await page.keyboard.type('  seed: 7\n')
    await page.getByText("The server doesn't answer. Your text is kept in this browser").waitFor()
    await app.serveAgain()
    await page.getByRole('button', { name: /≈ 12 calls/ }).waitFor()
    await page.reload()
    await page.getByText(/Your text from \d\d:\d\d/).waitFor()
    await page.waitForFunction(() => document.querySelector('.cm-content')?.textContent?.includes('seed: 7'))
    await editor(page).press('Control+End')
    await page.keyboard.type('met')
    const offers = page.getByRole('listbox', { name: 'Completions' }).getByRole('option')
    await offers.filter({ hasText: 'method' }).waitFor()
    // A list that has just come up does not take Enter yet.
    await page.waitForTimeout(150)
    await page.keyboard.press('Enter')
    await page.keyboard.press('Control+Space')
    await offers.filter({ hasText: 'guided' }).waitFor()
    await offers.filter({ hasText: 'random' }).click()
    await page.waitForFunction(() => document.querySelector('.cm-content')?.textContent?.includes('method: random'))
    await page.getByRole('button', { name: 'Keep as a draft' }).click()
    await page.waitForURL(/experiments\/[0-9a-f-]{36}\/build$/)
    await page.getByRole('heading', { name: 'Draft' }).waitFor()
    await page.waitForFunction(() => document.querySelector('.cm-content')?.textContent?.includes('# which model'))
  },
)

test(
  'a run shows what was asked and answered, takes a score by hand, and its prompt gets a label',
  withBrowser,
  async () => {
    const { body: listed } = await app.send<{ id: string; name: string }[]>('GET', '/api/experiments?name=capitals')
    const id = listed[0]?.id ?? assert.fail('the first test left an experiment')
    const page = await app.open(`${EXPERIMENTS}/${id}/runs`, { forgive: /422/ })
    await page.getByText('12 runs', { exact: true }).waitFor()
    await page.getByLabel('Score from').fill('0.5')
    await page.getByText('2 runs', { exact: true }).waitFor()
    const links = page.getByRole('table', { name: 'Runs' }).getByRole('link')
    assert.deepEqual((await links.allInnerTexts()).sort(), ['Peru', 'fr · France'])
    await page.keyboard.press('Tab')
    await page.getByRole('heading', { name: /Runs of/ }).click()
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.waitForURL(/runs\/[0-9a-f-]{36}$/)
    await page
      .getByText(/Capital of (France|Peru)\?/)
      .first()
      .waitFor()
    await page.getByText('good', { exact: true }).waitFor()
    const name = page.getByRole('region', { name: 'The run' }).getByRole('link', { name: /^(fr · France|Peru)$/ })
    const words = await name.innerText()
    const here = page.getByRole('navigation', { name: 'Where you are' }).locator('li[aria-current]')
    assert.equal(await here.innerText(), `A on ${words}`)
    assert.deepEqual(await findBarriers(page), [], 'a run')
    await name.click()
    await page.waitForURL(/datasets\/capitals\/[^/]+\?case=[0-9a-f-]{36}$/)
    await page.getByRole('complementary', { name: 'The case beside the table' }).getByText('Input').waitFor()
    await page.goBack()
    await page.getByText('good', { exact: true }).waitFor()
    await page.keyboard.press('h')
    await page.keyboard.type('1.5')
    await page.getByText('A number from 0 to 1').waitFor()
    await page.getByRole('textbox', { name: 'Your score' }).fill('0.25')
    await page.getByLabel('Why').fill('too <b>short</b>')
    await page.getByLabel('Why').press('Enter')
    await page.getByText('too <b>short</b>').waitFor()
    await page.getByRole('heading', { name: 'Scores' }).click()
    await page.keyboard.press('l')
    await page.getByRole('button', { name: 'Label it' }).click()
    await page.getByText('Its prompt is not in the registry').waitFor()
    await page.getByLabel("Prompt's name").fill('ask-capital')
    await page.getByRole('button', { name: 'Label it' }).click()
    await page.getByText(/production is at/).waitFor()
    assert.deepEqual(await findBarriers(page), [], 'the label')
    const { body: prompt } = await app.send('GET', '/api/prompts/ask-capital')
    assert.equal(prompt.user, 'Capital of {{ place }}?')
    await page.getByRole('button', { name: 'Run it again' }).click()
    await page.getByText('a run by itself in').waitFor()
    await page.getByText('cached: known before').waitFor()
  },
)

test(
  'the runs of an experiment are searched by their cases and selected, and taken away as CSV',
  withBrowser,
  async () => {
    const { body: listed } = await app.send<{ id: string }[]>('GET', '/api/experiments?name=capitals')
    const page = await app.open(`${EXPERIMENTS}/${listed[0]?.id}/runs`)
    const readCsv = async (press: () => Promise<void>) => {
      const [file] = await Promise.all([page.waitForEvent('download'), press()])
      return readFileSync(await file.path(), 'utf8')
        .trim()
        .split('\r\n')
    }
    const count = (n: number) => page.getByText(`${n} ${n === 1 ? 'run' : 'runs'}`, { exact: true }).waitFor()
    // Those of the cells, and the one by itself, which has no case.
    await count(13)
    const before = await page.evaluate(() => history.length)
    await page.keyboard.press('/')
    await page.keyboard.type('peru')
    await count(2)
    assert.match(page.url(), /search=peru/)
    assert.equal(await page.evaluate(() => history.length), before)
    const found = await readCsv(() => page.getByRole('button', { name: 'CSV of 2', exact: true }).click())
    assert.equal(found.length, 3)
    for (const line of found.slice(1)) assert.match(line, /Peru/)
    await page.getByRole('searchbox').fill('FR')
    await page.getByRole('link', { name: 'fr · France' }).first().waitFor()
    await count(2)
    await page.getByLabel('Score from').fill('0.5')
    await count(1)
    assert.deepEqual(await page.locator('[data-index] [data-row]').allInnerTexts(), ['fr · France'])
    await page.getByLabel('Score from').fill('')
    await count(2)
    await page.getByRole('heading', { name: /Runs of/ }).click()
    await page.keyboard.press('j')
    await page.keyboard.press('x')
    const bar = page.getByRole('toolbar', { name: 'Selected runs' })
    await bar.getByText('1 selected').waitFor()
    await page.reload()
    await bar.getByText('1 selected').waitFor()
    const chosen = await readCsv(() => bar.getByRole('button', { name: 'CSV', exact: true }).click())
    assert.equal(chosen.length, 2)
    assert.match(chosen[1] ?? '', /,fr,France,/)
    await page.getByRole('searchbox').fill('Atlantis')
    await page.getByText('Nothing matches this filter.').waitFor()
    await bar.getByText('1 selected').waitFor()
    await page.getByRole('button', { name: 'Clear' }).last().click()
    await count(13)
  },
)

test('what goes on is followed, paused, resumed and stopped by keys, and what stays is said', withBrowser, async () => {
  const page = await app.open(EXPERIMENTS)
  await page.getByText('Live', { exact: true }).waitFor()
  const slow = { name: 'slow', cases: [{ input: { place: 'France' } }, { input: { place: 'SLOW' } }] }
  const question = {
    name: 'slow',
    dataset: slow,
    pipeline: { backend: 'scripted', model: 'good', prompt: '{{ place }}' },
  }
  const started = await app.send('POST', '/api/experiments?start=true', question)
  assert.equal(started.status, 201, JSON.stringify(started.body))
  const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'slow' }) })
  await page.getByRole('button', { name: '1 new · show' }).click()
  await row.getByText('1 of 2', { exact: true }).waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('p')
  await row.getByText('paused').waitFor()
  await row.getByRole('button', { name: 'Resume slow' }).click()
  await row.getByText('running').waitFor()
  await row.getByRole('link').focus()
  await page.keyboard.press('s')
  await page.getByText('1 run is kept; 1 does not take place.').waitFor()
  assert.deepEqual(await findBarriers(page), [], 'the question')
  await page.keyboard.press('Enter')
  await row.getByText('stopped').waitFor()
})

for (const [scheme, width] of WAYS) {
  test(`axe finds nothing and nothing sticks out, ${scheme} at ${width}`, withBrowser, async () => {
    const { body: listed } = await app.send<{ id: string }[]>('GET', '/api/experiments?name=capitals')
    const id = listed[0]?.id ?? assert.fail('the first test left an experiment')
    const { body: runs } = await app.send<{ items: { id: string }[] }>('GET', `/api/runs?experiment_id=${id}&limit=1`)
    const places = [
      { path: EXPERIMENTS, name: 'list', wait: '[data-row]' },
      { path: `${EXPERIMENTS}/${id}/runs`, name: 'runs', wait: '[data-row]' },
      { path: `${EXPERIMENTS}/${id}/runs/${runs.items[0]?.id}`, name: 'run', wait: '.stage-head' },
      { path: `${EXPERIMENTS}/${id}/build`, name: 'build', wait: '.form-section' },
    ]
    const page = await app.open(EXPERIMENTS, { scheme, width })
    const look = async (name: string) => {
      assert.deepEqual(await findBarriers(page), [], name)
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, name)
      await shoot(page, `${name}-${scheme}-${width}`)
    }
    for (const { path, name, wait } of places) {
      await page.goto(app.url + path)
      await page.locator(wait).first().waitFor()
      if (name === 'build') await page.getByRole('button', { name: /^Start ·/ }).waitFor()
      await look(name)
      if (name !== 'runs') continue
      await page.keyboard.press('j')
      await page.keyboard.press('x')
      await page.getByText('1 selected').waitFor()
      await look('runs-selected')
      await page.getByRole('searchbox').fill('Atlantis')
      await page.getByText('Nothing matches this filter.').waitFor()
      await look('runs-nothing')
    }
    if (width > 390) return
    await page.getByText('YAML', { exact: true }).click()
    await editor(page).waitFor()
    await look('yaml')
  })
}

test('a run that is not there is said to be so', withBrowser, async () => {
  const page = await app.open(`${EXPERIMENTS}/x/runs/00000000-0000-4000-8000-000000000000`, { forgive: /404|422/ })
  await page.getByText('There is no run').waitFor()
})
