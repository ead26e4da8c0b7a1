import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { servePages } from '#http/pages.ts'
import { createRouter } from '#http/router.ts'

const folder = mkdtempSync(join(tmpdir(), 'whetstone-pages-'))
const SCRIPT = 'console.log("one")'
const router = createRouter().use(servePages(folder))
router.all('*', c => c.text('the API'))

before(() => writeBuild('<p>one</p>', 'one', 1))
after(() => rmSync(folder, { recursive: true }))

function writeBuild(html: string, asset: string, seconds: number): void {
  mkdirSync(join(folder, 'assets'), { recursive: true })
  const files = { 'index.html': html, 'scheme.js': SCRIPT, [`assets/${asset}.js`]: SCRIPT }
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text)
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(text))
    writeFileSync(join(folder, `${name}.gz`), gzipSync(text))
  }
  writeFileSync(join(folder, 'built.json'), '{}')
  utimesSync(join(folder, 'built.json'), seconds, seconds)
}

function get(path: string, headers: { [name: string]: string } = {}): Promise<Response> {
  return Promise.resolve(router.request(path, { headers }))
}

test('the application answers at / and everywhere below /p/, and no path of an API or an SDK', async () => {
  for (const path of ['/', '/p/default', '/p/default/sessions/a%2Fb', '/p/x/runs', '/p/x/file.js']) {
    const answer = await get(path)
    assert.deepEqual([answer.status, await answer.text()], [200, '<p>one</p>'], path)
    assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8')
  }
  for (const path of [
    '/runs',
    '/info',
    '/feedback',
    '/v1/traces',
    '/eval/sessions',
    '/p',
    '/assets/gone.js',
    '/health',
  ]) {
    assert.equal(await (await get(path)).text(), 'the API', path)
  }
  const posted = await router.request('/p/default', { method: 'POST' })
  assert.equal(await posted.text(), 'the API')
})

test('the policy allows no script but this server’s files, and markup from text nowhere', async () => {
  const policy = (await get('/p/default')).headers.get('content-security-policy') ?? ''
  const rules = policy.split('; ')
  for (const rule of [
    "default-src 'none'",
    "script-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "require-trusted-types-for 'script'",
    'trusted-types default',
  ])
    assert.ok(rules.includes(rule), rule)
  for (const path of ['/', '/assets/one.js', '/scheme.js']) {
    const { headers } = await get(path)
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('referrer-policy'), 'no-referrer')
  }
})

test('a file comes as brotli, gzip or plain, as the client takes it', async () => {
  const cases: [string, string | null][] = [
    ['gzip, deflate, br', 'br'],
    ['br;q=0.5', 'br'],
    ['gzip;q=1.0, br;q=0', 'gzip'],
    ['br;q=0.000, gzip', 'gzip'],
    ['gzip;q=0', null],
    ['deflate', null],
    ['', null],
    ['brotli-like, xgzip', null],
  ]
  for (const [accepted, expected] of cases) {
    const answer = await get('/assets/one.js', { 'accept-encoding': accepted })
    assert.equal(answer.headers.get('content-encoding'), expected, accepted)
    assert.equal(answer.headers.get('vary'), 'accept-encoding')
    const bytes = Buffer.from(await answer.arrayBuffer())
    assert.equal(answer.headers.get('content-length'), String(bytes.length))
    const plain = expected === 'br' ? brotliDecompressSync(bytes) : expected === 'gzip' ? gunzipSync(bytes) : bytes
    assert.equal(plain.toString(), SCRIPT)
  }
})

test('files named by their content are kept for ever, the page itself is asked for again', async () => {
  assert.match((await get('/assets/one.js')).headers.get('cache-control') ?? '', /max-age=31536000, immutable/)
  const page = await get('/p/default')
  assert.equal(page.headers.get('cache-control'), 'no-cache')
  const tag = page.headers.get('etag') ?? ''
  const again = await get('/p/default', { 'if-none-match': `"other", W/${tag}` })
  assert.deepEqual([again.status, await again.text()], [304, ''])
})

test('a new build is served without a restart, and an open page still finds the files of the former one', async () => {
  await get('/')
  rmSync(join(folder, 'assets'), { recursive: true })
  writeBuild('<p>two</p>', 'two', 2)
  assert.equal(await (await get('/')).text(), '<p>two</p>')
  for (const name of ['one', 'two']) assert.equal(await (await get(`/assets/${name}.js`)).text(), SCRIPT)
})

test('a build that is replaced in this moment is served as it was, and breaks nothing else', async () => {
  await get('/')
  utimesSync(join(folder, 'built.json'), 3, 3)
  rmSync(join(folder, 'index.html.br'))
  assert.equal(await (await get('/')).text(), '<p>two</p>')
  assert.equal(await (await get('/health')).text(), 'the API')
  writeBuild('<p>three</p>', 'three', 4)
  assert.equal(await (await get('/')).text(), '<p>three</p>')
})

test('without a build the pages say what to do, and everything else goes on', async () => {
  const unbuilt = createRouter().use(servePages(join(folder, 'nowhere')))
  unbuilt.all('*', c => c.text('the API'))
  const answer = await unbuilt.request('/')
  assert.equal(answer.status, 503)
  assert.match(await answer.text(), /npm run web/)
  assert.equal(await (await unbuilt.request('/health')).text(), 'the API')
})
