import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { useDatasets as openDatasets } from '../dataset-uploads.ts'
import { type BrowserApp, findBarriers, openBrowserApp, saveTestSession, shoot, WAYS, withBrowser } from './harness.ts'

const DATASETS = '/p/default/datasets'
let app: BrowserApp

before(async () => {
  const opened = await openBrowserApp({ oneProfile: true })
  if (opened === null) return
  app = opened
  await saveTestSession(app, { session_id: 's-1', name: 'Where is my parcel?' })
})
afterEach(() => app?.closePages())
after(() => app?.close())

/** Gives a file to the form, as a person who chose it. */
async function choose(page: Page, name: string, text: string): Promise<void> {
  await page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) })
}

async function upload(name: string, ...cases: object[]): Promise<void> {
  await openDatasets(app).upload(name, cases.map(one => JSON.stringify(one)).join('\n'))
}

test('a file is shown as what it would change, and nothing is saved before', withBrowser, async () => {
  const page = await app.open(DATASETS, { forgive: /422/ })
  await page.getByText('No datasets yet.').waitFor()
  assert.deepEqual(await findBarriers(page), [], 'no datasets')
  await page.keyboard.press('n')
  await choose(page, 'parcels.txt', 'x')
  await page.getByText('parcels.txt has to end in .jsonl, .csv or .tsv.').waitFor()
  await choose(page, 'parcels.csv', 'question,expected,id\nWhere?,Bern,one\n"When?,now,two\n')
  await page.getByText(/This cannot become a version: .*quote/).waitFor()
  await page.getByLabel('Name of the dataset').fill('parcels')
  await choose(page, 'parcels.csv', 'question,expected,id\nWhere?,Bern,one\nWhen?,now,two\nToo few\n')
  await page.getByRole('button', { name: 'Save version 1 · 2 cases' }).waitFor()
  await page.getByText('Line 4: The record has 1 cells, the heading 3.').waitFor()
  assert.deepEqual(await findBarriers(page), [], 'what it would change')
  assert.equal((await app.send('GET', '/api/datasets/parcels')).status, 404)
  await page.getByRole('button', { name: 'Save version 1 · 2 cases' }).press('Enter')
  await page.waitForURL(/datasets\/parcels\/1$/)
  await page.getByRole('row', { name: /two.*When\?.*now/ }).waitFor()
  await page.keyboard.press('n')
  const lines = [
    { id: 'one', input: { question: 'Where?' }, expected: 'In <b>Bern</b>.' },
    { id: 'three', input: { question: 'Who?' }, source: 's-1' },
  ]
  await choose(page, 'next.jsonl', lines.map(line => JSON.stringify(line)).join('\n'))
  const preview = page.getByRole('region', { name: 'What it would change' })
  await preview.getByText('+1 added').waitFor()
  await preview.getByText('~1 changed').waitFor()
  await preview.getByText('−1 removed').waitFor()
  await preview.getByText('Show the differences').click()
  await preview.locator('ins', { hasText: 'In <b>Bern</b>.' }).waitFor()
  assert.deepEqual(await findBarriers(page), [], 'the differences')
  await page.getByLabel('Its cases').selectOption('append')
  await preview.getByText('−1 removed').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Save version 2 · 3 cases' }).click()
  await page.waitForURL(/datasets\/parcels\/2$/)
  await page.getByLabel('Compare with').selectOption('1')
  const differences = page.getByRole('region', { name: 'From version 1 to version 2' })
  await differences.locator('del', { hasText: '"Bern"' }).waitFor()
  await page.goBack()
  await page.getByRole('link', { name: 's-1' }).click()
  await page.getByText('Request of s-1').first().waitFor()
})

test('cases are gone through by keys beside the table, split and taken away', withBrowser, async () => {
  const cases = Array.from({ length: 250 }, (_, n) => ({ id: `c${n}`, input: { n, big: 1 }, expected: n % 2 }))
  await upload('many', ...cases)
  await openDatasets(app).upload(
    'many',
    '{"id":"big","input":{"n":9007199254740993,"text":"</script><b>x"}}',
    '?mode=append',
  )
  const page = await app.open(`${DATASETS}/many`)
  await page.waitForURL(/many\/newest$/)
  await page.getByRole('row', { name: /c0 / }).waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press(' ')
  const panel = page.getByRole('complementary', { name: 'The case beside the table' })
  await panel.getByRole('heading', { name: 'c0' }).waitFor()
  await page.keyboard.press('j')
  await panel.getByRole('heading', { name: 'c1' }).waitFor()
  assert.deepEqual(await findBarriers(page), [], 'a case')
  await page.keyboard.press('Escape')
  await panel.waitFor({ state: 'detached' })
  await page.getByLabel('Split').selectOption('test')
  await page.getByLabel('Share of test').selectOption('50')
  await page.waitForURL(/split=test&share=50|share=50&split=test/)
  await page.getByRole('cell', { name: 'test', exact: true }).first().waitFor()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export test as JSONL' }).click(),
  ])
  assert.match(download.suggestedFilename(), /^many-[0-9a-f]{12}-test\.jsonl$/)
  await page.goto(`${app.url}${DATASETS}/many/2`)
  const last = page.getByRole('link', { name: /9007199254740993/ })
  while (!(await last.isVisible())) {
    await page.locator('.table').evaluate(table => table.scrollTo(0, 1_000_000))
    await page.waitForTimeout(50)
  }
  await last.click()
  await panel.getByText('9007199254740993').waitFor()
  await page.goto(`${app.url}${DATASETS}/many/77`)
  await page.getByText('There is no version “77” of “many” here.').waitFor()
})

test(
  'more cases than are held at once are scrolled through to the last, and back to the first',
  withBrowser,
  async () => {
    const lines = Array.from({ length: 2_450 }, (_, n) => JSON.stringify({ id: `c${n}`, input: { n } }))
    await openDatasets(app).upload('more', lines.join('\n'))
    const page = await app.open(`${DATASETS}/more/1`)
    for (const [id, top] of [
      ['c2449', 1_000_000],
      ['c0', 0],
    ] as const) {
      const wanted = page.getByRole('cell', { name: id, exact: true })
      const until = Date.now() + 30_000
      while (!(await wanted.isVisible())) {
        assert.ok(Date.now() < until, `${id} is not reached`)
        await page.locator('.table').evaluate((table, to) => table.scrollTo(0, to), top)
        await page.waitForTimeout(50)
      }
    }
  },
)

/** What a button takes away, as text. */
async function download(page: Page, button: Locator): Promise<string> {
  const [file] = await Promise.all([page.waitForEvent('download'), button.click()])
  const chunks: Buffer[] = []
  for await (const chunk of await file.createReadStream()) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}

test('cases are searched by /, also far behind the first, and the CSV has those alone', withBrowser, async () => {
  const lines = Array.from({ length: 10_100 }, (_, n) => `{"id":"c${n}","input":{"n":${n}},"expected":"${n % 2_000}"}`)
  lines[10_050] = '{"input":{"text":"The NEEDLE of it"}}'
  await openDatasets(app).upload('hay', lines.join('\n'))
  const page = await app.open(`${DATASETS}/hay`)
  await page.getByRole('row', { name: /c0 / }).waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('needle')
  const found = page.getByRole('link', { name: /The NEEDLE of it/ })
  await found.waitFor()
  assert.equal(await page.locator('[data-row]').count(), 1)
  assert.match(page.url(), /\?search=needle$/)
  const csv = await download(page, page.getByRole('button', { name: 'CSV of all' }))
  assert.deepEqual(csv.match(/NEEDLE|"n"/g), ['NEEDLE'])
  await page.reload()
  await found.waitFor()
  await page.getByRole('searchbox').fill('c1999')
  await page.getByRole('row', { name: /c1999 / }).waitFor()
  await page.getByLabel('Split').selectOption('test')
  await page.getByLabel('Share of test').selectOption('10')
  await page.getByRole('searchbox').fill('nobody')
  await page.getByText('Nothing matches these 2 filters.').waitFor()
  assert.deepEqual(await findBarriers(page), [])
  await page.getByRole('button', { name: 'Clear' }).last().click()
  await page.getByRole('row', { name: /c0 / }).waitFor()
  assert.equal(new URL(page.url()).search, '')
})

test('cases are selected by x, kept by the address, and taken away as CSV', withBrowser, async () => {
  await upload('chosen', ...['one', 'two', 'three'].map(id => ({ id, input: { id } })))
  const page = await app.open(`${DATASETS}/chosen`)
  await page.getByRole('row', { name: /three/ }).waitFor()
  for (const key of ['j', 'x', 'j', 'j', 'x']) await page.keyboard.press(key)
  const bar = page.getByRole('toolbar', { name: 'Selected cases' })
  await bar.getByText('2 selected').waitFor()
  await page.reload()
  await bar.getByText('2 selected').waitFor()
  assert.deepEqual(await findBarriers(page), [])
  const csv = await download(page, bar.getByRole('button', { name: 'CSV' }))
  assert.deepEqual(csv.match(/one|two|three/g), ['one', 'one', 'three', 'three'])
  await bar.getByRole('button', { name: 'Clear selection' }).click()
  await bar.waitFor({ state: 'detached' })
  assert.equal(new URL(page.url()).search, '')
})

test('the list of datasets is searched, looked through beside it and selected by keys', withBrowser, async () => {
  const cases = Array.from({ length: 7 }, (_, n) => ({ id: `case ${n}`, input: { n }, expected: `<b>${n}</b>` }))
  for (const name of ['peek-a', 'peek-b']) await upload(name, { input: { of: name } })
  await upload('peek-b', ...cases)
  const page = await app.open(DATASETS)
  await page.getByRole('row', { name: /peek-b/ }).waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('EEK-')
  await page.getByText('2 datasets', { exact: true }).waitFor()
  assert.match(page.url(), /\?search=EEK-$/)
  await page.keyboard.press('Escape')
  for (const key of ['j', ' ']) await page.keyboard.press(key)
  const panel = page.getByRole('complementary', { name: 'The dataset beside the list' })
  await panel.getByText('{"of":"peek-a"}').waitFor()
  await panel.getByText('1 case ·').waitFor()
  await page.keyboard.press('j')
  await panel.getByRole('heading', { name: 'peek-b' }).waitFor()
  await panel.getByText('→ "<b>4</b>"').waitFor()
  await panel.getByText('−1 removed').waitFor()
  assert.equal(await panel.locator('.first-cases li').count(), 5)
  assert.match(page.url(), /peek=peek-b/)
  assert.deepEqual(await findBarriers(page), [], 'a dataset beside the list')
  await page.keyboard.press('Escape')
  await panel.waitFor({ state: 'detached' })
  await page.keyboard.press('x')
  const bar = page.getByRole('toolbar', { name: 'Selected datasets' })
  await bar.getByText('1 selected').waitFor()
  await page.getByRole('searchbox').fill('nobody')
  await page.getByText('Nothing matches this filter.').waitFor()
  assert.match(
    await download(page, bar.getByRole('button', { name: 'CSV' })),
    /^name,[^\n]*\n[^\n]*peek-b,7,2,[^\n]*\n$/,
  )
  await page.getByRole('button', { name: 'Clear', exact: true }).click()
  await page.getByRole('row', { name: /peek-a/ }).waitFor()
  await page.goto(`${app.url}${DATASETS}?peek=peek-a`)
  await panel.getByRole('link', { name: 'Open' }).click()
  await page.waitForURL(/datasets\/peek-a\/newest$/)
})

test('a difference shows numbers as they were written, beyond what a browser can count', withBrowser, async () => {
  const line = (n: string) => `{"id":"n","input":{"n":${n}}}`
  await openDatasets(app).upload('digits', line('9007199254740993'))
  await openDatasets(app).upload('digits', line('9007199254740995'))
  const page = await app.open(`${DATASETS}/digits/2?from=1`)
  const differences = page.getByRole('region', { name: 'From version 1 to version 2' })
  await differences.locator('del', { hasText: '"n": 9007199254740993' }).waitFor()
  await differences.locator('ins', { hasText: '"n": 9007199254740995' }).waitFor()
})

test('cases are collected of ratings and corrections, counted before anything is made', withBrowser, async () => {
  await app.send('POST', '/api/eval/feedback', { session_id: 's-1', message_index: 1, rating: 1 })
  const page = await app.open(`${DATASETS}?new=1`)
  await page.getByRole('button', { name: 'Collect cases …' }).click()
  const form = page.getByRole('form', { name: 'Collect cases' })
  await form.getByText('Name the dataset; nothing is made').waitFor()
  await form.getByLabel('Name of the dataset').fill('rated')
  await form.getByText('There is no such approved correction.').waitFor()
  assert.equal(await form.getByRole('button', { name: 'Make a version' }).isDisabled(), true)
  await form.getByLabel('Cases of').selectOption('both')
  await form.getByText('+1 added').waitFor()
  assert.equal((await app.send('GET', '/api/datasets/rated')).status, 404)
  await form.getByText('Show the differences').click()
  await form.getByText('"expected": "Done."').waitFor()
  assert.deepEqual(await findBarriers(page), [])
  await form.getByLabel('Sessions active since').fill('2099-01-01')
  await form.getByText('There is no such rated answer since that day.').waitFor()
  await form.getByLabel('Sessions active since').fill('')
  await form.getByRole('button', { name: 'Make version 1 · 1 case' }).click()
  await page.waitForURL(/datasets\/rated\/1$/)
  await page.getByRole('row', { name: /s-1#1/ }).waitFor()
  const promoted = await app.send('POST', '/api/corrections/candidates', { session_id: 's-1', message_index: 1 })
  const step = { id: promoted.body.id, action: 'correct', corrected_response: 'Done, really.' }
  await app.send('POST', '/api/corrections/submit', step)
  await page.keyboard.press('c')
  await form.getByRole('button', { name: 'Make version 2 · 2 cases' }).waitFor()
  await form.getByLabel('They').selectOption('replace')
  await form.getByRole('button', { name: 'Make version 2 · 1 case' }).waitFor()
  await form.getByText('−1 removed').waitFor()
  await form.getByLabel('They').selectOption('append')
  await form.getByRole('button', { name: 'Make version 2 · 2 cases' }).press('Enter')
  await page.waitForURL(/datasets\/rated\/2$/)
  await page.keyboard.press('c')
  await form.getByText('All of them are there already').waitFor()
})

test('axe finds nothing in either scheme or width, and nothing is wider than the page', withBrowser, async () => {
  const messages = [{ role: 'user', content: 'word '.repeat(300) }]
  await upload(
    'talk',
    { id: 'a', input: { messages }, source: 's-1', metadata: { level: 'easy' } },
    { input: { q: 1 } },
  )
  await upload(
    'talk',
    { id: 'a', input: { messages: [] }, source: 's-1' },
    { id: 'b', input: { q: 2 }, expected: { a: [1] } },
  )
  const { body } = await app.send<{ rows: { case_id: string }[] }>('GET', '/api/datasets/talk/case-rows')
  const selected = body.rows.map(row => row.case_id).join('*')
  for (const [scheme, width] of WAYS) {
    const page = await app.open(DATASETS, { scheme, width })
    const views = {
      list: '?new=1',
      peek: '?peek=talk&selected=talk',
      version: '/talk/1',
      selected: `/talk/newest?search=q&selected=${selected}`,
      upload: '/talk/newest?open=upload',
      collect: '/talk/newest?open=collect',
      diff: '/talk/2?from=1',
    }
    for (const [name, path] of Object.entries(views)) {
      await page.goto(`${app.url}${DATASETS}${path}`)
      await page.getByRole('main').locator('[data-row], .differences').filter({ visible: true }).first().waitFor()
      if (name === 'peek') await page.locator('.first-cases').waitFor()
      if (name === 'version') {
        await page.locator('[data-row]').first().click()
        await page.getByRole('region', { name: 'Metadata' }).waitFor()
      }
      assert.deepEqual(await findBarriers(page), [], `${name} ${scheme} ${width}`)
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      assert.ok(overflow <= 0, `${name} ${width}: ${overflow}`)
      await shoot(page, `data-${name}-${scheme}-${width}`)
    }
    await page.close()
  }
})
