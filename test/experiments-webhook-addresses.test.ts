import assert from 'node:assert/strict'
import type { LookupAddress } from 'node:dns'
import { after, before, test } from 'node:test'
import { type AddressGuard, checkWebhookUrl, isInternalAddress } from '#experiments/webhook-addresses.ts'
import { openWebhookCaller } from '#experiments/webhook-call.ts'
import { createWebhookSecret, isWebhookSecret, signWebhook } from '#experiments/webhook-signature.ts'
import { openReceiver, type Receiver } from './webhook-receiver.ts'

let receiver: Receiver
before(async () => {
  receiver = await openReceiver()
})
after(() => receiver.close())

/** A guard whose resolver gives these answers, one after the other; the last one stays. */
function guardWith(allowPrivate: boolean, ...answers: string[][]): AddressGuard {
  const left = answers.map(list => list.map(address => ({ address, family: address.includes(':') ? 6 : 4 })))
  return {
    allowPrivate,
    resolve: async (): Promise<LookupAddress[]> => (left.length > 1 ? left.shift() : left[0]) ?? [],
  }
}

const message = (url: string) => ({
  url,
  secret: createWebhookSecret(),
  message_id: 'm',
  body: JSON.stringify({ event: 'webhook.test', run_id: 'r' }),
})

test('addresses of this machine, of private networks, of links and of metadata are internal, others are not', () => {
  const internal = `0.0.0.0 10.1.2.3 100.64.0.1 100.100.100.200 127.0.0.1 127.9.9.9 168.63.129.16 169.254.169.254 172.16.0.1
    172.31.255.255 192.0.0.8 192.168.1.1 198.18.0.1 224.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1
    ::ffff:10.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 2001::1
    2001:db8::1 2002:7f00:1:: 100::1 x`
  for (const address of internal.split(/\s+/)) assert.ok(isInternalAddress(address), address)
  const open = `8.8.8.8 1.1.1.1 93.184.216.34 172.15.255.255 172.32.0.1 169.253.0.1 100.63.0.1 100.128.0.1 192.167.0.1
    2606:4700:4700::1111 2a00:1450:4001:81b::200e 2001:4860:4860::8888`
  for (const address of open.split(/\s+/)) assert.ok(!isInternalAddress(address), address)
})

test('a webhook to an internal address is refused when it is made, however the address is written', async () => {
  const guard = guardWith(false, ['93.184.216.34'])
  const refused = `http://127.0.0.1 http://localhost:9 http://2130706433 http://0x7f.1 http://0177.0.0.1 http://127.1
    http://[::1]:80 http://[::ffff:127.0.0.1] http://169.254.169.254/latest http://10.0.0.1 https://0/x`
  for (const url of refused.split(/\s+/)) {
    const own = url.includes('localhost') ? guardWith(false, ['127.0.0.1']) : guard
    await assert.rejects(checkWebhookUrl(own, url), /no public address/, url)
    await checkWebhookUrl({ ...own, allowPrivate: true }, url)
  }
  await assert.rejects(checkWebhookUrl(guardWith(false, ['93.184.216.34', '10.0.0.1']), 'http://two.example'), /10\.0/)
  for (const url of ['', 'x', '/x', 'ftp://a.example', 'file:///etc/passwd', 'javascript:1', 'http://'])
    await assert.rejects(checkWebhookUrl(guard, url), /begins with/, url)
  await assert.rejects(checkWebhookUrl(guard, 'https://ada:x@a.example'), /no user/)
  await assert.rejects(checkWebhookUrl(guard, 'https://a.example/#x'), /#/)
  await checkWebhookUrl(guard, 'https://hooks.example/x?y=1')
  const lost = { allowPrivate: false, resolve: () => Promise.reject(new Error('no resolver')) }
  await checkWebhookUrl(lost, 'https://hooks.example')
})

test('a name that means another address by the time it is called leads nowhere', async () => {
  const guard = guardWith(false, ['93.184.216.34'], ['127.0.0.1'])
  const url = `http://rebound.example:${receiver.port}/`
  await checkWebhookUrl(guard, url)
  const caller = openWebhookCaller(guard)
  const outcome = await caller.call(message(url))
  assert.equal(outcome.ok, false)
  assert.match(outcome.error ?? '', /rebound\.example \(127\.0\.0\.1\) is no public address/)
  const literal = await caller.call(message(`http://127.0.0.1:${receiver.port}/`))
  assert.match(literal.error ?? '', /127\.0\.0\.1 is no public address/)
  assert.equal(receiver.connections(), 0)
  await caller.close()
})

test('the connection goes to the address that was checked, under the name that was given', async () => {
  let asked = 0
  const guard: AddressGuard = {
    allowPrivate: true,
    resolve: async () => {
      asked++
      return [{ address: asked === 1 ? '127.0.0.1' : '203.0.113.1', family: 4 }]
    },
  }
  const caller = openWebhookCaller(guard)
  const outcome = await caller.call(message(`http://pinned.invalid:${receiver.port}/path`))
  assert.deepEqual([outcome.ok, outcome.http_status, outcome.error], [true, 200, null])
  assert.equal(asked, 1)
  assert.equal(receiver.calls.at(-1)?.headers.host, `pinned.invalid:${receiver.port}`)
  await caller.close()
})

test('a redirect is not followed, a refusal is told in its first words, and silence ends at the deadline', async () => {
  const caller = openWebhookCaller(guardWith(true, ['127.0.0.1']), 400)
  const url = `http://hooks.example:${receiver.port}/`
  receiver.answer = (_call, response) => void response.writeHead(302, { location: url }).end()
  const before = receiver.calls.length
  const redirected = await caller.call(message(url))
  assert.match(redirected.error ?? '', /302; redirects are not followed/)
  assert.equal(receiver.calls.length, before + 1)
  receiver.answer = (_call, response) => void response.writeHead(500).end('x'.repeat(2_000_000))
  const refused = await caller.call(message(url))
  assert.deepEqual([refused.ok, refused.http_status, refused.response], [false, 500, 'x'.repeat(1_000)])
  receiver.answer = () => {}
  const silent = await caller.call(message(url))
  assert.match(silent.error ?? '', /did not answer within 0\.4 seconds/)
  receiver.answer = (_call, response) => void response.writeHead(200).write('and so on, for ever')
  assert.equal((await caller.call(message(url))).ok, true)
  receiver.answer = (_call, response) => void response.socket?.destroy()
  assert.equal((await caller.call(message(url))).ok, false)
  receiver.answer = (_call, response) => void response.end()
  await caller.close()
})

test('signatures are those of Standard Webhooks', () => {
  // The example of its specification and of its libraries' tests.
  const headers = signWebhook(
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    'msg_p5jXN8AQM9LWM0D4loKWxJek',
    1614265330,
    '{"test": 2432232314}',
  )
  assert.deepEqual(headers, {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
  assert.ok(isWebhookSecret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'))
  assert.ok(isWebhookSecret(createWebhookSecret()))
  for (const secret of ['', 'whsec_', 'whsec_abc', 'secret', `whsec_${Buffer.alloc(65).toString('base64')}`])
    assert.ok(!isWebhookSecret(secret), secret)
})
