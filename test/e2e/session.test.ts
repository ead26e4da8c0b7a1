import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import sql from 'sql-template-tag'
import { query } from '#db/connect.ts'
import { makeLongSession } from '../long-session.ts'
import {
  type BrowserApp,
  findBarriers,
  openBrowserApp,
  type PageOptions,
  saveTestSession,
  WAYS,
  withBrowser,
} from './harness.ts'
import { makeSessionOfAll } from './session-sample.ts'

const LONG = 30_000
let app: BrowserApp

before(async () => {
  const opened = await openBrowserApp({ oneProfile: true, worker: true })
  if (opened === null) return
  app = opened
  await saveTestSession(app, { session_id: 'all', name: 'Refund for order 4417', messages: makeSessionOfAll() })
  await saveTestSession(app, { session_id: 'long', name: 'A long one', messages: makeLongSession(LONG) })
  await query(app.db, sql`analyze messages`)
  await app.send('PUT', '/api/eval/pins', { panel: 'baseline' })
  for (let pass = 0; pass < 2; pass++) {
    await app.send('POST', '/api/eval/run', { scope: 'session', session_id: 'all', backend: 'baseline' })
    await waitFor(async () => {
      const { body } = await app.send<{ state: string }[]>('GET', '/api/eval/runs?sessions=none')
      return body.every(run => run.state === 'done')
    })
  }
})
afterEach(() => app?.closePages())
after(() => app?.close())

async function waitFor(condition: () => Promise<boolean>, ms = 30_000): Promise<void> {
  const deadline = performance.now() + ms
  while (!(await condition())) {
    assert.ok(performance.now() < deadline, 'it did not come about in time')
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

async function openSession(address: string, options: PageOptions = {}): Promise<Page> {
  const page = await app.open(`/p/default/sessions/${address}`, options)
  await page.locator('.message').first().waitFor()
  return page
}

const row = (page: Page, index: number) => page.locator(`[data-row-index="${index}"]`)
const currentRow = (page: Page) => page.locator('[data-current]').getAttribute('data-row-index')

/** Whether a message lies in sight. */
async function waitUntilSeen(page: Page, index: number): Promise<void> {
  await page.waitForFunction(at => {
    const box = document.querySelector(`[data-row-index="${at}"] .message`)?.getBoundingClientRect()
    return box !== undefined && box.top > 40 && box.top < innerHeight - 20
  }, index)
}

/** Scrolls to a message, which may be too far away to be drawn. */
async function bringRow(page: Page, index: number): Promise<void> {
  const isThere = () =>
    page.evaluate(wanted => {
      const rows = [...document.querySelectorAll('[data-row-index]')]
      const found = rows.find(one => one.getAttribute('data-row-index') === String(wanted))
      const isBelow = Number(rows[0]?.getAttribute('data-row-index')) < wanted
      const nearest = found ?? (isBelow ? rows.at(-1) : rows[0])
      nearest?.scrollIntoView({ block: 'center' })
      return found !== undefined
    }, index)
  for (let look = 0; look < 100 && !(await isThere()); look++) await page.waitForTimeout(50)
}

/** Opens everything that is folded. */
async function openAll(part: Locator): Promise<void> {
  const folded = part.locator('.unit-head[aria-expanded="false"]')
  for (let left = await folded.count(); left > 0; left = await folded.count()) await folded.first().click()
}

async function readRatings(session: string) {
  const { body } = await app.send<{ message_index: number; rating: number; comment: string | null }[]>(
    'GET',
    `/api/sessions/${session}/ratings`,
  )
  return body.map(({ message_index, rating, comment }) => ({ message_index, rating, comment }))
}

test('a session shows who said what, each call with its result, and what the panel said', withBrowser, async () => {
  const page = await openSession('all')
  await page.getByRole('heading', { name: 'Refund for order 4417' }).waitFor()
  assert.match(await row(page, 1).innerText(), /user · Ada[\s\S]*Please refund order 4417\./)
  const order = row(page, 2).getByRole('button', { name: /get_order/ })
  assert.equal(await order.getAttribute('aria-expanded'), 'false')
  await row(page, 2).getByText('2 calls at once').waitFor()
  await order.click()
  await row(page, 2).getByText('12345678901234567890').waitFor()
  const failed = row(page, 5).getByRole('button', { name: /bash/ })
  assert.equal(await failed.getAttribute('aria-expanded'), 'true')
  assert.match(await row(page, 5).innerText(), /✗[\s\S]*exit 1[\s\S]*step 6[\s\S]*left out here[\s\S]*over limit/)
  assert.equal(await page.getByText('\u001b').count(), 0)
  await page.getByRole('complementary', { name: 'Judgement' }).getByText('Computed without a model.').waitFor()
  await page.getByRole('img', { name: /^Goal: baseline \d+, mean \d+$/ }).waitFor()
  await page
    .getByRole('navigation', { name: 'Outline' })
    .getByRole('button', { name: /Exit code 1/ })
    .waitFor()
})

test(
  'edits show as a diff, numbers and inner JSON as they came, broken arguments as text, missing partners in words',
  withBrowser,
  async () => {
    const page = await openSession('all?m=7')
    await waitUntilSeen(page, 7)
    await row(page, 7).getByRole('button', { name: /Edit/ }).click()
    assert.match(await row(page, 7).locator('.diff').innerText(), /−\s*const limit = 10\n\+\s*const limit = 20/)
    await page.keyboard.press('g')
    await row(page, 2)
      .getByRole('button', { name: /get_order/ })
      .click()
    const inner = row(page, 2).getByText('"{\\"deep\\":[1,2,{\\"x\\":true}]}"')
    await inner.waitFor()
    await row(page, 2).getByRole('button', { name: 'Unfold' }).last().click()
    await row(page, 2).getByText('"deep"', { exact: true }).waitFor()
    await page.keyboard.press('e')
    await row(page, 11)
      .getByRole('button', { name: /notify/ })
      .click()
    await row(page, 11).getByText('No result recorded', { exact: true }).waitFor()
    await row(page, 11).getByText('The arguments are no JSON', { exact: false }).waitFor()
    await row(page, 13).getByText('its call is not recorded', { exact: false }).waitFor()
    await row(page, 12).getByText('image/png · 70 B').waitFor()
    assert.equal(await page.locator('.transcript img').count(), 0)
    await row(page, 12).getByRole('button', { name: 'Show' }).click()
    assert.match((await row(page, 12).locator('img').getAttribute('src')) ?? '', /^data:image\/png;base64,/)
  },
)

test(
  'subagents nest under their call; a deep one has the page for itself, with the way back',
  withBrowser,
  async () => {
    const page = await openSession('all?m=9')
    await row(page, 9)
      .getByRole('button', { name: /^▸ Task|Task/ })
      .first()
      .click()
    await row(page, 9).getByText('The manager did.', { exact: true }).first().waitFor()
    await row(page, 9).getByRole('link', { name: "Open the subagent's conversation" }).first().click()
    await page.waitForURL(/thread=1/)
    await row(page, 3).getByText('manager').waitFor()
    await page.getByRole('navigation', { name: 'Subagent' }).getByRole('link', { name: 'Task in message 9' }).click()
    await page.waitForURL(url => url.searchParams.get('m') === '9' && !url.searchParams.has('thread'))
    await waitUntilSeen(page, 9)
  },
)

test(
  'everything can be done by keyboard: moving, folding, thumbs, a comment, corrections, a link',
  withBrowser,
  async () => {
    const page = await openSession('all', { forgive: /422/ })
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    const press = (key: string) => page.keyboard.press(key)
    await press('n')
    await waitFor(async () => (await currentRow(page)) === '1')
    await press('j')
    await waitFor(async () => (await currentRow(page)) === '2')
    await press('j')
    await waitFor(async () => (await currentRow(page)) === '5')
    await press('k')
    await waitFor(async () => (await currentRow(page)) === '2')
    await press('Enter')
    await row(page, 2).getByText('12345678901234567890').waitFor()
    await press('.')
    await waitFor(async () => (await currentRow(page)) === '5')
    await page.waitForURL(/m=5/)
    await press('-')
    await waitFor(async () => (await readRatings('all')).length === 1)
    await press('-')
    await waitFor(async () => (await readRatings('all')).length === 0)
    await press('+')
    await waitFor(async () => (await readRatings('all'))[0]?.rating === 1)
    await press('m')
    await page.keyboard.type('j k well done')
    await press('Control+Enter')
    await waitFor(async () => (await readRatings('all'))[0]?.comment === 'j k well done')
    await row(page, 5).locator('.comment').getByText('j k well done').waitFor()
    await page.locator('.comment-form').waitFor({ state: 'detached' })
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('data-row-index')), '5')
    await press('+')
    await waitFor(async () => (await readRatings('all')).length === 0)
    await press('y')
    await page.getByText('Link to message 5 copied.').waitFor()
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /\/p\/default\/sessions\/all\?m=5$/)
    await press('p')
    await waitFor(async () => (await currentRow(page)) === '1')
    await press('c')
    await page.getByText('Only what the agent said can be corrected.').waitFor()
    assert.ok(await page.getByRole('button', { name: 'Send message 1 to corrections' }).isDisabled())
    for (const [key, row] of [
      ['e', '14'],
      ['g', '0'],
      ['End', '14'],
      ['Home', '0'],
      ['End', '14'],
    ] as const) {
      await press(key)
      await waitFor(async () => (await currentRow(page)) === row)
    }
    await press('c')
    await page.getByText('Sent to corrections.').waitFor()
    const { body } = await app.send<{ items: { review: { message_index: number } }[] }>('GET', '/api/corrections/queue')
    assert.equal(body.items[0]?.review.message_index, 14)
  },
)

test(
  'what the keys do to a message can be done by mouse; the strip at the edge leads to its place',
  withBrowser,
  async () => {
    const page = await openSession('all')
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    const height = await page.locator('.minimap').evaluate(strip => strip.clientHeight)
    await page.locator('.minimap').click({ position: { x: 6, y: height - 3 } })
    await waitUntilSeen(page, 14)
    await row(page, 14).getByRole('button', { name: 'Copy a link to message 14' }).click()
    await page.getByText('Link to message 14 copied.').waitFor()
    await row(page, 14).getByRole('button', { name: 'Send message 14 to corrections' }).click()
    await page.getByText(/Sent to corrections|It is in corrections already/).waitFor()
    await row(page, 14).getByRole('button', { name: 'Comment on message 14' }).click()
    await page.keyboard.type('begun')
    await page.keyboard.press('Escape')
    await row(page, 14).getByRole('button', { name: 'Comment on message 14' }).click()
    assert.equal(await row(page, 14).locator('textarea').inputValue(), 'begun')
    await page.keyboard.press('g')
    assert.equal(await row(page, 14).locator('textarea').inputValue(), 'begung')
    assert.deepEqual(await row(page, 14).locator('.code-keyword, .code-number').allInnerTexts(), ['const', '1'])
  },
)

test('find steps through all places, opens what is folded, wraps, and leads into subagents', withBrowser, async () => {
  const page = await openSession('all')
  await page.keyboard.press('/')
  await page.keyboard.type('looked up')
  await page.getByText('1 of 12').waitFor()
  await row(page, 2).getByText('The order has to be looked up', { exact: false }).waitFor()
  await page.keyboard.press('Shift+Enter')
  await page.getByText('12 of 12').waitFor()
  await page.keyboard.press('Enter')
  await page.getByText('1 of 12').waitFor()
  await page.getByRole('searchbox').fill('Lovelace')
  await row(page, 2).getByText('Ada Lovelace').waitFor()
  await page.getByRole('searchbox').fill('bottom')
  await page.getByRole('link', { name: 'Open it' }).click()
  await page.waitForURL(/thread=3/)
  await row(page, 0).getByText('bottom', { exact: true }).waitFor()
  await page.keyboard.press('Control+f')
  await page.getByRole('searchbox').fill('nowhere to be found')
  await page.getByText('Nothing found').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('searchbox').waitFor({ state: 'detached' })
})

test('a long output comes in steps, and find shows a place far behind what is shown', withBrowser, async () => {
  const content = Array.from({ length: 5_000 }, (_, n) => `output line ${n}`).join('\n')
  await saveTestSession(app, {
    session_id: 'output',
    messages: [
      { role: 'user', content: 'go' },
      { role: 'assistant', content: [{ type: 'tool_call', id: 'a', name: 'bash', arguments: { command: 'make' } }] },
      { role: 'tool', content: [{ type: 'tool_result', call_id: 'a', content, is_error: false }] },
    ],
  })
  const page = await openSession('output?m=999')
  await row(page, 1).getByRole('button', { name: /bash/ }).click()
  const output = row(page, 1).locator('.output').first()
  assert.match(await output.innerText(), /output line 11$/)
  await row(page, 1).getByRole('button', { name: 'Show 200 more' }).click()
  await row(page, 1).getByText('output line 211').waitFor()
  for (let step = 0; step < 2; step++) await row(page, 1).getByRole('button', { name: 'Show 200 more' }).click()
  await row(page, 1).getByText('output line 611').waitFor()
  await row(page, 1).getByRole('button', { name: 'Less' }).click()
  await page.keyboard.press('/')
  await page.keyboard.type('line 4321')
  await page.getByText('1 of 1', { exact: true }).waitFor()
  await row(page, 1).locator('[data-excerpt]').getByText('output line 4321').waitFor()
  await page.waitForFunction(
    () => (CSS.highlights.get('found')?.size ?? 0) + (CSS.highlights.get('found-here')?.size ?? 0) === 1,
  )
})

test('messages that come while one reads are offered, not pushed; the passes can be chosen', withBrowser, async () => {
  await saveTestSession(app, { session_id: 'growing', messages: [{ role: 'user', content: 'first words' }] })
  const page = await openSession('growing')
  await page.getByText('Live', { exact: true }).waitFor()
  await app.send('POST', '/api/sessions?append=true', {
    session_id: 'growing',
    messages: [{ role: 'assistant', content: 'second words' }],
  })
  await page.getByRole('button', { name: '1 new message · show' }).click({ timeout: 20_000 })
  await row(page, 1).getByText('second words').waitFor()
  const judged = await openSession('all')
  const picker = judged.getByRole('combobox', { name: 'Pass' })
  assert.match(await picker.locator('option').first().innerText(), /^Pass 2 of 2/)
  await picker.selectOption({ index: 1 })
  await judged.waitForURL(/pass=/)
  await judged.getByText('The first pass of this session.').waitFor()
  await judged.setViewportSize({ width: 390, height: 844 })
  await judged.goto(`${judged.url()}&tab=judgement`)
  await judged.getByText('The first pass of this session.').waitFor()
  const [words = 0, room = 0] = await picker.evaluate(element => {
    const { fontSize, fontFamily, paddingLeft, paddingRight } = getComputedStyle(element)
    const context = document.createElement('canvas').getContext('2d')
    if (context === null || !(element instanceof HTMLSelectElement)) return []
    context.font = `${fontSize} ${fontFamily}`
    const { width } = context.measureText(element.selectedOptions[0]?.text ?? '')
    return [width, element.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight)]
  })
  assert.ok(words > 0 && words <= room, `the chosen pass is ${words} wide in ${room}`)
})

test(
  '30,000 messages: there within a second, at the last within 300 ms, in at most 3,000 nodes',
  withBrowser,
  async () => {
    const page = await openSession('all')
    const started = performance.now()
    await page.goto(`${app.url}/p/default/sessions/long`)
    await page.locator('.message').first().waitFor()
    const first = Math.round(performance.now() - started)
    const jump = await page.evaluate(async () => {
      const from = performance.now()
      document.dispatchEvent(new KeyboardEvent('keydown', { key: 'e', bubbles: true }))
      while (!document.querySelector('[data-row-index="29999"] .message')) await new Promise(requestAnimationFrame)
      return Math.round(performance.now() - from)
    })
    await waitUntilSeen(page, LONG - 1)
    const nodes = await page.evaluate(() => document.querySelectorAll('*').length)
    console.log(`30,000 messages: first message after ${first} ms, the last ${jump} ms after the key, ${nodes} nodes`)
    assert.ok(nodes <= 3_000, `${nodes} nodes`)
    assert.ok(first <= 4_000 && jump <= 1_500, `${first} ms, ${jump} ms`)
    await page.goto(`${app.url}/p/default/sessions/long?m=15001`)
    await waitUntilSeen(page, 15_001)
    await page.keyboard.press('Control+f')
    await page.keyboard.type('part-29981')
    await page.getByText('1 of 1', { exact: true }).waitFor()
    await waitUntilSeen(page, 29_981)
  },
)

test('scrolling through many messages shows each once, and what is read stays where it is', withBrowser, async () => {
  const page = await openSession('long')
  const seen = new Set<number>()
  for (let turn = 0; turn < 60; turn++) {
    const shown = await page
      .locator('[data-row-index]')
      .evaluateAll(rows => rows.map(one => Number(one.getAttribute('data-row-index'))))
    assert.deepEqual(
      shown,
      shown.toSorted((a, b) => a - b),
    )
    for (const index of shown) seen.add(index)
    await page.locator('.transcript-scroller').evaluate(async element => {
      element.scrollBy(0, 700)
      // Until what is in sight is drawn; who scrolls on before that has not seen it.
      const { top, bottom } = element.getBoundingClientRect()
      const end = () => element.querySelector('.transcript-rows')?.getBoundingClientRect()
      do await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)))
      while ((end()?.top ?? 0) > top || (end()?.bottom ?? 0) < bottom)
    })
  }
  const last = Math.max(...seen)
  assert.equal(seen.size, last + 1)
  assert.ok(last > 200, `${last}`)
})

test('a conversation that is higher than a browser can draw is gone through to both ends', withBrowser, async () => {
  await saveTestSession(app, { session_id: 'tall', messages: [{ role: 'user', content: 'number 0' }] })
  // As if each were 40 lines long, so that the whole would be 25 million pixels high.
  await query(
    app.db,
    sql`
      insert into messages (project_id, session_no, thread, message_index, body, flags, characters, line)
      select 1, session_no, 0, n, json_build_object('role', 'user', 'content', 'number ' || n), 5, 4000, 'number ' || n
      from sessions, generate_series(1, 29999) n where session_id = 'tall'`,
  )
  await query(app.db, sql`update sessions set msg_count = 30000 where session_id = 'tall'`)
  const page = await openSession('tall')
  const scroller = page.locator('.transcript-scroller')
  assert.ok((await scroller.evaluate(element => element.scrollHeight)) <= 16_000_000)
  await page.keyboard.press('e')
  await waitUntilSeen(page, 29_999)
  await page.waitForTimeout(400)
  await waitUntilSeen(page, 29_999)
  for (let index = 29_998; index > 29_990; index--) {
    await page.keyboard.press('k')
    await waitUntilSeen(page, index)
  }
  await scroller.evaluate(element => element.scrollTo(0, element.scrollHeight / 2))
  await page.waitForTimeout(400)
  const middle = Number(await page.locator('[data-row-index]').first().getAttribute('data-row-index'))
  assert.ok(middle > 13_000 && middle < 17_000, `${middle}`)
  await scroller.evaluate(element => element.scrollBy(0, -200))
  await page.waitForTimeout(400)
  const above = Number(await page.locator('[data-row-index]').first().getAttribute('data-row-index'))
  assert.ok(above <= middle && above > middle - 20, `${above} after ${middle}`)
  await scroller.evaluate(element => element.scrollTo(0, 0))
  await waitUntilSeen(page, 0)
  await scroller.evaluate(element => element.scrollTo(0, element.scrollHeight))
  await waitUntilSeen(page, 29_999)
})

const PAYLOADS = [
  '<img src=x onerror=window.ran=1>',
  '<script>window.ran=1</script>',
  '[click](javascript:window.ran=1)',
  '![x](https://elsewhere.example/pixel.png)',
  '<svg/onload=window.ran=1>',
  '"><iframe src="javascript:window.ran=1">',
  '<a href="javascript:window.ran=1">x</a>',
  '[x]: javascript:window.ran=1\n[x]',
]

test('nothing that agents or people wrote becomes markup, a call to elsewhere or a script', withBrowser, async () => {
  const text = PAYLOADS.join('\n\n')
  const evil = '"><svg onload=window.ran=1>'
  await saveTestSession(app, {
    session_id: evil,
    name: text,
    profile_id: '<img src=x onerror=window.ran=1>',
    messages: [
      { role: 'user', content: text, name: text },
      {
        role: 'assistant',
        model: text,
        content: [
          { type: 'text', text },
          { type: 'thinking', text },
          {
            type: 'tool_call',
            id: text,
            name: text,
            arguments: { [text]: text, path: text, old_string: text, new_string: 'x' },
          },
          { type: 'tool_call', id: 'b', name: 'b', arguments: text },
          { type: text },
        ],
      },
      { role: 'tool', content: [{ type: 'tool_result', call_id: text, content: text, is_error: true }] },
      {
        role: 'tool',
        content: [{ type: 'tool_result', call_id: 'b', content: JSON.stringify({ [text]: [text] }), is_error: true }],
      },
    ],
  })
  await app.send('POST', '/api/eval/feedback', { session_id: evil, message_index: 1, rating: -1, comment: text })
  const page = await app.open('/p/default/sessions')
  const requests: string[] = []
  page.on('request', request => requests.push(request.url()))
  await page.goto(`${app.url}/p/default/sessions/${encodeURIComponent(evil)}`)
  await page.locator('.message').first().waitFor()
  await openAll(page.locator('.transcript'))
  await page.waitForTimeout(300)
  assert.equal(await page.evaluate('window.ran'), undefined)
  assert.deepEqual(
    requests.filter(url => !url.startsWith(app.url)),
    [],
  )
  const links = await page.locator('.transcript a').evaluateAll(all => all.map(one => one.getAttribute('href') ?? ''))
  assert.deepEqual(
    links.filter(href => !/^(https?:|\/p\/)/.test(href)),
    [],
  )
  assert.equal(await page.locator('.transcript :is(img, iframe, script)').count(), 0)
})

test('at telephone width nothing of a session lies beyond the edge', withBrowser, async () => {
  for (const tab of ['', '?tab=judgement']) {
    const page = await app.open(`/p/default/sessions/all${tab}`, { width: 390, height: 844 })
    await page
      .locator(tab === '' ? '.message' : '.axis-table')
      .first()
      .waitFor()
    const [content, width] = await page
      .locator('#page, .judgement')
      .evaluateAll(parts => [Math.max(...parts.map(part => part.scrollWidth - part.clientWidth)), innerWidth])
    assert.equal(content, 0, `${tab} is wider than ${width} px`)
  }
})

test('axe finds nothing on a session, whatever is open, in both schemes and both widths', withBrowser, async () => {
  for (const [scheme, width] of WAYS) {
    const about = `${scheme} ${width}`
    const page = await openSession('all', { scheme, width })
    await page.locator('.find-button').click()
    await page.keyboard.type('refund')
    await page.getByText(/^1 of \d+$/).waitFor()
    await bringRow(page, 2)
    await row(page, 2).locator('.unit-head').first().waitFor()
    await openAll(row(page, 2))
    await row(page, 2).getByRole('button', { name: 'Raw' }).first().click()
    assert.deepEqual(await findBarriers(page), [], `transcript ${about}`)
    await bringRow(page, 9)
    await openAll(row(page, 9))
    assert.deepEqual(await findBarriers(page), [], `farther down ${about}`)
    await page.keyboard.press('Escape')
    await bringRow(page, 2)
    await row(page, 2).getByRole('button', { name: 'Comment on message 2' }).click()
    assert.deepEqual(await findBarriers(page), [], `comment ${about}`)
    if (width === 390) {
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390)
      await page.getByRole('button', { name: 'Outline' }).click()
      await page
        .getByRole('dialog')
        .getByRole('button', { name: /Exit code 1/ })
        .waitFor()
      await page.waitForTimeout(300)
      assert.deepEqual(await findBarriers(page), [], `outline ${about}`)
      await page
        .getByRole('dialog')
        .getByRole('button', { name: /Exit code 1/ })
        .click()
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      await page.getByRole('button', { name: 'Judgement' }).click()
      await page.getByText('Computed without a model.').waitFor()
      assert.deepEqual(await findBarriers(page), [], `judgement ${about}`)
    }
    await page.close()
  }
})
