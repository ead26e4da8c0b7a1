import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { type Listening, serve } from '#http/serve.ts'
import { createApi } from '../src/api.ts'
import { openTestApp, type TestApp } from './app.ts'

let app: TestApp
let server: Listening

before(async () => {
  app = await openTestApp()
  const api = createApi(app.app)
  server = await serve(request => api.fetch(request), '127.0.0.1', 0)
})
after(async () => {
  await server.close()
  await app.close()
})

/** Sends bytes over a connection of their own and reads until there is a whole head and a body, or the end. */
function talk(bytes: string, hangUp = false): Promise<{ status: number; head: string; body: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    let text = ''
    const finish = () => {
      socket.destroy()
      const [head = '', body = ''] = text.split('\r\n\r\n', 2)
      resolve({ status: Number(head.split(' ')[1]), head, body })
    }
    socket.on('data', data => {
      text += data
      if (/\r\n\r\n(\{|\[).*[\]}]$/s.test(text)) finish()
    })
    socket.on('close', finish)
    socket.on('error', reject)
    socket.write(bytes, () => {
      if (hangUp) setTimeout(() => socket.destroy(), 50)
    })
    setTimeout(finish, 5_000).unref()
  })
}

test('a request whose address or Host cannot be read is a 400 that says so', async () => {
  for (const start of [
    'GET /health HTTP/1.1\r\nHost: a b',
    'GET /health HTTP/1.1\r\nHost: localhost:99999999',
    'GET /a\\b HTTP/1.1\r\nHost: localhost',
  ]) {
    const { status, body } = await talk(`${start}\r\n\r\n`)
    assert.equal(status, 400)
    assert.match(JSON.parse(body).detail, /cannot be read/)
  }
})

test('a page that reaches the server by another name is refused', async () => {
  const { status, body } = await talk('GET /api/eval/runs HTTP/1.1\r\nHost: evil.com\r\n\r\n')
  assert.equal(status, 403)
  assert.match(JSON.parse(body).detail, /evil\.com/)
  const twice = await talk('GET /api/eval/runs HTTP/1.1\r\nHost: localhost\r\nHost: evil.com\r\n\r\n')
  assert.equal(twice.status, 403)
})

test('a request without a body is told that it needs one, however it says that it has none', async () => {
  for (const header of [
    'Content-Length: 0',
    'Content-Type: application/json',
    'X-Nothing: 1',
    'Content-Type: application/json\r\nContent-Length: 0',
  ]) {
    const { status, body } = await talk(`POST /api/eval/run HTTP/1.1\r\nHost: localhost\r\n${header}\r\n\r\n`)
    assert.equal(status, 422, header)
    assert.deepEqual(JSON.parse(body).detail, [{ loc: ['body'], msg: 'A JSON body is needed', type: 'missing' }])
  }
})

test('a body that announces to be too large is refused before it is read', async () => {
  const { status, body } = await talk(
    'POST /api/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 200000000\r\n\r\n{',
  )
  assert.equal(status, 413)
  assert.match(JSON.parse(body).detail, /64 MB/)
})

test('an import whose connection breaks keeps no half of a line, and the server goes on', async () => {
  const line = JSON.stringify({ session_id: 'broken off', profile_id: 'p', messages: [] })
  for (const path of ['/api/sessions', '/api/sessions/import']) {
    await talk(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n${line}`, true)
  }
  assert.equal((await fetch(`${server.url}/health`)).status, 200)
  assert.equal((await fetch(`${server.url}/api/sessions/broken%20off`)).status, 404)
})

test('HEAD is answered as GET without a body, and other methods name what is possible', async () => {
  const head = await fetch(`${server.url}/api/eval/runs`, { method: 'HEAD' })
  assert.deepEqual([head.status, await head.text()], [200, ''])
  const patch = await fetch(`${server.url}/api/eval/runs`, { method: 'PATCH' })
  assert.deepEqual([patch.status, patch.headers.get('allow')], [405, 'GET, HEAD'])
})
