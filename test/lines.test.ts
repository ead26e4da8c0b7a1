import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Line, splitLines } from '#lines.ts'

const seed = Date.now() % 2 ** 31
console.log(`lines.test.ts: seed ${seed}`)

async function* chunk(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const readLines = async (text: string | Buffer, size = 7, maxBytes?: number) => {
  const lines: Line[] = []
  const chunks = chunk(Buffer.from(text), size)
  for await (const batch of splitLines(chunks, maxBytes === undefined ? {} : { maxBytes })) lines.push(...batch)
  return lines.map(line => ({
    number: line.number,
    ended: line.ended,
    text: 'bytes' in line ? line.bytes.toString() : `${line.length} bytes`,
  }))
}

test('lines end at the line feed alone, not at U+2028, U+0085 or a carriage return inside', async () => {
  const lines = await readLines('a\u2028b\u0085c\rd\r\ne\n')
  assert.deepEqual(lines, [
    { number: 1, ended: true, text: 'a\u2028b\u0085c\rd' },
    { number: 2, ended: true, text: 'e' },
  ])
})

test('only one carriage return is taken off, and a byte order mark only from line 1', async () => {
  const lines = await readLines('\ufeffa\r\r\n\ufeffb')
  assert.deepEqual(
    lines.map(line => line.text),
    ['a\r', '\ufeffb'],
  )
})

test('blank lines are left out but counted, and a last line without a line feed is marked', async () => {
  const lines = await readLines('\n \t\r\na\n\nb')
  assert.deepEqual(lines, [
    { number: 3, ended: true, text: 'a' },
    { number: 5, ended: false, text: 'b' },
  ])
  assert.deepEqual(await readLines(''), [])
  assert.deepEqual(await readLines('\ufeff\n\n'), [])
})

test('the lines do not depend on where chunks are cut', async () => {
  const text = fc.array(fc.constantFrom('a', 'é', '\n', '\r\n', '\u2028', ' ', '\ufeff', '"'), { maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (parts, size) => {
      const whole = parts.join('')
      assert.deepEqual(await readLines(whole, size), await readLines(whole, 1_000))
      const expected = whole
        .replace(/^\ufeff/, '')
        .split('\n')
        .map(line => line.replace(/\r$/, ''))
        .filter(line => /[^ \t\r]/.test(line))
      assert.deepEqual(
        (await readLines(whole, size)).map(line => line.text),
        expected,
      )
    }),
    { seed, numRuns: 300 },
  )
})

test('a line over the limit is reported with its length, and its neighbours are read', async () => {
  const lines = await readLines(`ab\n${'x'.repeat(11)}\n${'y'.repeat(10)}\r\n${'z'.repeat(30)}`, 4, 10)
  assert.deepEqual(lines, [
    { number: 1, ended: true, text: 'ab' },
    { number: 2, ended: true, text: '11 bytes' },
    { number: 3, ended: true, text: 'y'.repeat(10) },
    { number: 4, ended: false, text: '30 bytes' },
  ])
})

test('a line of 400 MB is passed over without being held', async () => {
  let held = 0
  async function* flood() {
    for (let count = 0; count < 400; count++) {
      yield Buffer.alloc(1024 * 1024, 'x')
      held = Math.max(held, process.memoryUsage().arrayBuffers)
    }
    yield Buffer.from('\nnext\n')
  }
  const lines: Line[] = []
  for await (const batch of splitLines(flood(), { maxBytes: 2 ** 20 })) {
    lines.push(...batch)
  }
  assert.deepEqual(
    lines.map(line => ('tooLong' in line ? line.length : line.bytes.toString())),
    [400 * 1024 * 1024, 'next'],
  )
  assert.ok(held < 250 * 1024 * 1024, `${held} bytes held`)
})

test('an error of the stream is passed on', async () => {
  async function* broken() {
    yield Buffer.from('a\n')
    throw new Error('the disk is gone')
  }
  await assert.rejects(async () => {
    for await (const _ of splitLines(broken()));
  }, /the disk is gone/)
})
