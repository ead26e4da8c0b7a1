import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { type BrowserApp, findBarriers, openBrowserApp, shoot, WAYS, withBrowser } from './harness.ts'

const PROMPTS = '/p/default/prompts'
let app: BrowserApp

before(async () => {
  const opened = await openBrowserApp({ oneProfile: true })
  if (opened !== null) app = opened
})
afterEach(() => app?.closePages())
after(() => app?.close())

async function save(name: string, user: string, system: string | null = null): Promise<string> {
  const path = `/api/prompts/${encodeURIComponent(name)}/versions`
  const { body } = await app.send<{ version: string }>('POST', path, { user, system })
  return body.version
}

const digits = (version: string) => version.slice(version.lastIndexOf('@') + 1)

test('a prompt is written, refused with its place, changed, compared and labelled', withBrowser, async () => {
  const page = await app.open(PROMPTS, { forgive: /422/ })
  await page.getByText('No prompts yet.').waitFor()
  assert.deepEqual(await findBarriers(page), [], 'no prompts')
  await page.keyboard.press('n')
  await page.getByLabel('Name', { exact: true }).fill('greeting')
  await page.getByRole('textbox', { name: "User's message" }).fill('Say hello to {{ name')
  await page.getByRole('button', { name: 'Save the prompt' }).click()
  await page.getByText(/line:? ?1|line 1/).waitFor()
  assert.deepEqual(await findBarriers(page), [], 'a mistake')
  await page.getByRole('textbox', { name: "User's message" }).fill('Say hello to {{ name }}.\nBe kind.')
  await page.getByRole('button', { name: 'Save the prompt' }).click()
  await page.waitForURL(/prompts\/greeting\/[0-9a-f]{8}$/)
  const heading = page.getByRole('heading', { level: 1, name: /^greeting@/ })
  const first = await heading.textContent()
  await page.keyboard.press('l')
  const dialog = page.getByRole('dialog', { name: `Put a label at ${first}` })
  await dialog
    .getByText(`Whoever asks for “production” gets nothing now, and ${first} from the next request on.`)
    .waitFor()
  assert.deepEqual(await findBarriers(page), [], 'the dialog of labels')
  await page.keyboard.press('Enter')
  await dialog.waitFor({ state: 'detached' })
  await page.locator('.version-head .tag', { hasText: 'production' }).waitFor()
  await page.keyboard.press('n')
  assert.equal(await page.getByRole('button', { name: 'Save as a new version' }).isDisabled(), true)
  await page.getByRole('textbox', { name: "User's message" }).fill('Say hello to {{ name }}.\nBe <b>brief</b>.')
  await page.getByRole('button', { name: 'Save as a new version' }).click()
  await page.getByRole('heading', { level: 1, name: first ?? '' }).waitFor({ state: 'detached' })
  await page.getByLabel('Compare with').selectOption({ index: 1 })
  await page.waitForURL(new RegExp(`from=${digits(first ?? '')}`))
  const diff = page.getByRole('group', { name: /^Changes from/ })
  await diff.locator('ins', { hasText: 'Be <b>brief</b>.' }).waitFor()
  await diff.locator('del', { hasText: 'Be kind.' }).waitFor()
  assert.deepEqual(await findBarriers(page), [], 'a comparison')
  await page.getByRole('button', { name: 'Who moved labels' }).click()
  await page.getByRole('table', { name: 'Moves of labels' }).getByText('production').waitFor()
  const command = await page.getByRole('group', { name: 'Command that fetches it' }).textContent()
  assert.equal(command, `curl '${app.url}/api/prompts/greeting?label=production'`)
})

test('taking a label away says who gets nothing then', withBrowser, async () => {
  const version = await save('farewell', 'Bye {{ name }}', 'You are polite.')
  await app.send('PUT', '/api/prompts/farewell/labels/production', { version })
  const page = await app.open(`${PROMPTS}/farewell`, { forgive: /404/ })
  await page.waitForURL(/farewell\/latest$/)
  await page.getByText('You are polite.').waitFor()
  await page.getByRole('button', { name: /Take the label production away/ }).click()
  const dialog = page.getByRole('dialog', { name: 'No version of farewell is “production” any more' })
  await dialog.waitFor()
  assert.deepEqual(await findBarriers(page), [])
  await dialog.getByRole('button', { name: 'Take the label away' }).press('Enter')
  await page.locator('.version-head .tag').waitFor({ state: 'detached' })
  assert.equal((await app.send('GET', '/api/prompts/farewell')).status, 404)
  await page.goto(`${app.url}${PROMPTS}/farewell/00000000`)
  await page.getByText('The prompt “farewell” has no version “00000000”.').waitFor()
  await page.goto(`${app.url}${PROMPTS}/nobody`)
  await page.getByText('There is no prompt “nobody”').waitFor()
})

test('the list goes by keys, names of any kind open, and a table is taken away as CSV', withBrowser, async () => {
  await save('a/b c?#%', 'odd')
  await save('=1+1', 'formula')
  const page = await app.open(PROMPTS)
  await page.getByRole('row', { name: /farewell/ }).waitFor()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'CSV' }).click(),
  ])
  const chunks: Buffer[] = []
  for await (const chunk of await download.createReadStream()) chunks.push(Buffer.from(chunk))
  assert.match(Buffer.concat(chunks).toString(), /^'=1\+1,/m)
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: /^a\/b c\?#%@/ }).waitFor()
  await page.reload()
  await page.getByRole('heading', { level: 1, name: /^a\/b c\?#%@/ }).waitFor()
})

test('the list is searched, looked through beside it and selected by keys', withBrowser, async () => {
  const first = await save('peek-a', 'Hello {{ name }}', 'You are <b>kind</b>.')
  await app.send('PUT', '/api/prompts/peek-a/labels/production', { version: first })
  await save('peek-a', `Hello again {{ name }} ${'word '.repeat(400)}the end`)
  await save('peek-b', 'Bye')
  const page = await app.open(PROMPTS)
  await page.getByRole('row', { name: /peek-b/ }).waitFor()
  await page.keyboard.press('/')
  await page.keyboard.type('EEK-')
  await page.getByText('2 prompts', { exact: true }).waitFor()
  assert.match(page.url(), /\?search=EEK-$/)
  await page.keyboard.press('Escape')
  for (const key of ['j', ' ']) await page.keyboard.press(key)
  const panel = page.getByRole('complementary', { name: 'The prompt beside the list' })
  await panel.getByText('Hello again').waitFor()
  assert.doesNotMatch((await panel.textContent()) ?? '', /the end/)
  await panel.locator('.peek-facts').getByText('production').waitFor()
  await panel.getByRole('link', { name: digits(first) }).waitFor()
  assert.deepEqual(await findBarriers(page), [], 'a prompt beside the list')
  await page.keyboard.press('j')
  await panel.getByRole('heading', { name: 'peek-b' }).waitFor()
  await panel.getByText('Bye').waitFor()
  assert.match(page.url(), /peek=peek-b/)
  await page.keyboard.press('Escape')
  await panel.waitFor({ state: 'detached' })
  for (const key of ['x', 'k', 'x', 'x']) await page.keyboard.press(key)
  const bar = page.getByRole('toolbar', { name: 'Selected prompts' })
  await bar.getByText('1 selected').waitFor()
  await page.reload()
  await bar.getByText('1 selected').waitFor()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    bar.getByRole('button', { name: 'CSV' }).click(),
  ])
  const chunks: Buffer[] = []
  for await (const chunk of await download.createReadStream()) chunks.push(Buffer.from(chunk))
  assert.deepEqual(
    Buffer.concat(chunks)
      .toString()
      .match(/^peek-./gm),
    ['peek-b'],
  )
  await page.getByRole('searchbox').fill('nobody')
  await page.getByText('Nothing matches this filter.').waitFor()
  assert.deepEqual(await findBarriers(page), [], 'nothing matches')
  await page.getByRole('button', { name: 'Clear', exact: true }).click()
  await page.getByRole('row', { name: /peek-a/ }).waitFor()
})

test('axe finds nothing in either scheme or width, and nothing is wider than the page', withBrowser, async () => {
  const first = await save('long', 'First.')
  await save(
    'long',
    `A line of words that goes on and on. ${'word '.repeat(200)}\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx`,
  )
  await app.send('PUT', '/api/prompts/long/labels/production', { version: first })
  await app.send('PUT', '/api/prompts/long/labels/staging', { version: first })
  for (const [scheme, width] of WAYS) {
    const page = await app.open(`${PROMPTS}?new=1`, { scheme, width })
    const views = {
      list: '',
      peek: '?peek=long&selected=long*other',
      version: '/long/latest?open=history',
      write: '/long/latest?open=write',
      diff: `/long/latest?from=${digits(first)}`,
    }
    for (const [name, path] of Object.entries(views)) {
      await page.goto(`${app.url}${PROMPTS}${path}`)
      await page.getByRole('main').locator('article, [data-row]').first().waitFor()
      if (name === 'peek') await page.locator('.peek .version-list').waitFor()
      if (width === 390 && name === 'version') await page.getByText('2 versions').click()
      assert.deepEqual(await findBarriers(page), [], `${name} ${scheme} ${width}`)
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      assert.ok(overflow <= 0, `${name} ${width}: ${overflow}`)
      await shoot(page, `prompt-${name}-${scheme}-${width}`)
    }
    await page.close()
  }
})
