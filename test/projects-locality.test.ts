import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { requireAccounts } from '#open.ts'
import { ensureAdminKey } from '#projects/keys.ts'
import { openTestApp, type TestApp } from './app.ts'
import { assertDetail } from './contract.ts'
import { ask, bearer, createKey, REMOTE } from './credentials.ts'

let app: TestApp
before(async () => {
  app = await openTestApp()
})
after(() => app.close())

const messages = [{ role: 'user', content: 'Hello' }]

test('on loopback, names that are not this machine are refused, whatever page asks', async () => {
  for (const host of [
    'evil.com',
    'evil.com:4780',
    'localhost.evil.com',
    '127.0.0.1.evil.com',
    '10.0.0.1',
    '[::2]',
    'evil@localhost',
    'a b',
    '0.0.0.0',
  ]) {
    assertDetail(await ask(app, 'GET', '/api/eval/runs', { host }), 403, /own addresses only/)
  }
  for (const host of [
    'localhost',
    'localhost:4780',
    'LOCALHOST',
    '127.0.0.1',
    '127.0.0.1:1',
    '127.9.9.9',
    '[::1]',
    '[::1]:4780',
  ]) {
    assert.equal((await ask(app, 'GET', '/api/eval/runs', { host })).status, 200, host)
  }
  for (const origin of ['https://evil.com', 'http://localhost.evil.com', 'null', 'file://', 'http://10.0.0.1']) {
    assertDetail(await ask(app, 'GET', '/api/eval/runs', { origin }), 403, /may not use this server/)
    assertDetail(
      await ask(app, 'POST', '/api/sessions', { origin }, { session_id: 'x', profile_id: 'p', messages }),
      403,
      /may not/,
    )
  }
  for (const origin of ['http://localhost:4780', 'http://127.0.0.1:4780', 'http://[::1]:4780']) {
    assert.equal((await ask(app, 'GET', '/api/eval/runs', { origin })).status, 200, origin)
  }
  const { key } = await createKey(app, 'hal', 'member')
  assert.equal(
    (await ask(app, 'GET', '/api/eval/runs', { ...bearer(key), host: 'tools.example.org' }, undefined, REMOTE)).status,
    200,
  )
})

test('a server for other machines does not start before an administrator exists', async () => {
  const fresh = await openTestApp({ env: { HOST: '0.0.0.0' } })
  try {
    await assert.rejects(requireAccounts(fresh.app), /WHETSTONE_ADMIN_KEY/)
    await Promise.all([1, 2, 3].map(() => ensureAdminKey(fresh.app.db, 'a long random secret')))
    await requireAccounts(fresh.app)
    assert.equal((await fresh.fetch('/api/keys', { headers: bearer('a long random secret') })).status, 200)
    assert.equal((await fresh.fetch('/api/keys')).status, 401)
    for (const host of ['127.0.0.1', '::1', 'localhost'])
      await requireAccounts({ ...fresh.app, config: { ...fresh.app.config, host } })
  } finally {
    await fresh.close()
  }
})
