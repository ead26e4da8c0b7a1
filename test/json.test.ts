import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalJson, keepsNumber, parseJson } from '#json.ts'
import { JsonTrouble } from '#json-trouble.ts'

const seed = Date.now() % 2 ** 31
const checked = { seed, numRuns: 500 }
console.log(`json.test.ts: seed ${seed}`)

const expectTrouble = (source: Uint8Array | string, slug: string, reason: RegExp, maxDepth?: number) =>
  assert.throws(
    () => parseJson(source, maxDepth === undefined ? {} : { maxDepth }),
    error => {
      assert.ok(error instanceof JsonTrouble, `threw ${error}`)
      assert.equal(error.slug, slug)
      assert.match(error.reason, reason)
      return true
    },
  )

test('ordinary values come out as JSON.parse gives them, from bytes and from text, compact and spaced', () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'binary', maxDepth: 6 }), fc.boolean(), (json, spaced) => {
      const plain: unknown = JSON.parse(json)
      fc.pre(!json.includes('-0') && !hasBigNumber(plain))
      const text = spaced ? JSON.stringify(plain, null, 2) : json
      assert.deepEqual(parseJson(text), plain)
      assert.deepEqual(parseJson(Buffer.from(text)), JSON.parse(Buffer.from(text).toString()))
    }),
    checked,
  )
})

const hasBigNumber = (value: unknown): boolean => {
  if (typeof value === 'number') return !keepsNumber(JSON.stringify(value))
  return typeof value === 'object' && value !== null && Object.values(value).some(hasBigNumber)
}

test('whatever JSON.parse refuses is refused, with a reason', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.constantFrom('', '"', '}', ',', '\\', '0', '\n', '{'), (json, at, piece) => {
      const place = at % (json.length + 1)
      const broken = json.slice(0, place) + piece + json.slice(place + 1)
      // An edit can also make two keys equal; then that may come first.
      if (isRefusedBy(JSON.parse, broken))
        assert.throws(() => parseJson(broken), /^JsonTrouble: (not valid JSON: expected|the key)/)
      else if (!isRefusedBy(parseJson, broken))
        assert.equal(canonicalText(parseJson(broken)), canonicalText(JSON.parse(broken)))
    }),
    checked,
  )
})

const isRefusedBy = (parse: (text: string) => unknown, text: string): boolean => {
  try {
    parse(text)
    return false
  } catch {
    return true
  }
}

// Through a double, so that raw numbers compare too.
const canonicalText = (value: unknown) => JSON.stringify(JSON.parse(JSON.stringify(value)))

test('trouble is named with its place and field', () => {
  expectTrouble(
    '{"messages":[{"role":"user","content":tru}]}',
    'json_invalid',
    /character 38 in messages\[0\]\.content$/,
  )
  expectTrouble('{"a":1,}', 'json_invalid', /expected a key in double quotes, found "}" at character 7$/)
  expectTrouble('', 'json_invalid', /but the text ends at character 0$/)
  expectTrouble('[1] 2', 'json_invalid', /nothing more after the value, found "2" at character 4$/)
  expectTrouble('01', 'json_invalid', /found "1" at character 1$/)
  expectTrouble('"a\nb"', 'json_invalid', /control character, found "\\n" at character 2$/)
})

test('two equal keys in one object are refused, however they are written, and equal keys elsewhere are not', () => {
  expectTrouble('{"a":1,"b":{"c":1,"d":2,"c":3}}', 'json_duplicate_key', /^the key b\.c stands twice .* character 24$/)
  expectTrouble('{"a":1,"\\u0061":2}', 'json_duplicate_key', /^the key a stands twice/)
  expectTrouble('{"__proto__":1,"__proto__":2}', 'json_duplicate_key', /__proto__/)
  expectTrouble('{"":1,"":2}', 'json_duplicate_key', /stands twice/)
  assert.deepEqual(parseJson('[{"a":{"a":1}},{"a":2}]'), [{ a: { a: 1 } }, { a: 2 }])
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 2 })), { maxLength: 8 }),
      members => {
        const text = `{${members.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`
        const isTwice = new Set(members.map(([key]) => key)).size < members.length
        assert.equal(isRefusedBy(parseJson, text), isTwice)
      },
    ),
    checked,
  )
})

test('a colon, a bracket or a number inside a string is text', () => {
  const value = { text: '":{[1e400,-0,{"a":1,"a":2}', '\\': '\\"', 'a\\\\"b': '\\\\\\', short: ':' }
  assert.deepEqual(parseJson(JSON.stringify(value)), value)
  for (let before = 0; before < 12; before++) {
    for (const tricky of ['":', '\\', '\\":', '"\\":{', '""::', '\n":[']) {
      const text = 'a'.repeat(before) + tricky.repeat(3)
      assert.deepEqual(parseJson(JSON.stringify({ [text]: text, a: 1 }), { maxDepth: 1 }), { [text]: text, a: 1 })
    }
  }
})

test('a number that JavaScript would change is given back byte for byte', () => {
  const numbers =
    '[9007199254740993,1e400,0.1000000000000000055511151231257827,-0,-0.0,1e-400,-1E400,123456789012345678]'
  const value = parseJson(`{"numbers":${numbers}}`)
  assert.equal(JSON.stringify(value), `{"numbers":${numbers}}`)
  assert.equal(JSON.stringify(parseJson(Buffer.from('9007199254740993'))), '9007199254740993')
})

test('a number that keeps its value is a plain number, in whatever spelling', () => {
  const text =
    '[0,-1,0.1,1.0,1.50,1e2,1E+2,9007199254740991,1732176000.123456,5e-324,0e9,100000000000000000000,-12.5e-3]'
  assert.deepEqual(parseJson(text), JSON.parse(text))
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), number => {
      fc.pre(!Object.is(number, -0))
      assert.equal(parseJson(JSON.stringify(number)), number)
    }),
    checked,
  )
})

test('nesting up to the limit is read, one level more is refused with its place', () => {
  const nest = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  parseJson(nest(200))
  expectTrouble(nest(201), 'json_too_deep', /^nested deeper than 200 levels at character 200/)
  expectTrouble('{"a":{"b":[]}}', 'json_too_deep', /deeper than 2 levels at character 10 in a\.b$/, 2)
  expectTrouble('['.repeat(1_000_000), 'json_too_deep', /deeper than 200/)
})

test('bytes that are not UTF-8 are refused with the first of them; a replacement character itself is not', () => {
  expectTrouble(Buffer.concat([Buffer.from('"é\ufffd'), Buffer.from([0xff, 0x22])]), 'utf8_invalid', /at byte 6$/)
  expectTrouble(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'utf8_invalid', /at byte 1$/)
  expectTrouble(Buffer.from([0x22, 0xe2, 0x82]), 'utf8_invalid', /at byte 1$/)
  assert.equal(parseJson(Buffer.from('"\ufffd"')), '\ufffd')
})

test('a byte order mark is passed over at the very start alone', () => {
  assert.deepEqual(parseJson(Buffer.from('\ufeff{"a":1}')), { a: 1 })
  assert.deepEqual(parseJson('\ufeff{"a":1}'), { a: 1 })
  expectTrouble(' \ufeff{}', 'json_invalid', /character 1$/)
})

test('NUL, lone surrogates and U+2028 survive reading and writing', () => {
  const value = { text: '\0 \ud800 \udfff \u2028 😀', '\ud800\0': 1 }
  assert.deepEqual(parseJson(JSON.stringify(parseJson(JSON.stringify(value)))), value)
})

test('a key __proto__ is plain data and reaches no prototype', () => {
  const value = parseJson('{"__proto__":{"polluted":true},"n":1e400}')
  assert.ok(typeof value === 'object' && value !== null)
  assert.deepEqual(Object.keys(value), ['__proto__', 'n'])
  assert.equal('polluted' in value, false)
  assert.equal(JSON.stringify(value), '{"__proto__":{"polluted":true},"n":1e400}')
})

test('canonical JSON is that of the examples in RFC 8785', () => {
  // Section 3.2.2 to 3.2.4.
  const example: unknown = JSON.parse(String.raw`{
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  }`)
  const expected = String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`
  assert.equal(canonicalJson(example), expected)
  // Section 3.2.3: order by UTF-16 code units, not by code points.
  const keys = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 }
  const order = Object.keys(
    JSON.parse(canonicalJson(Object.fromEntries(Object.entries(keys).map(([k, v]) => [`k${k}`, v])))),
  )
  assert.deepEqual(order, ['k\r', 'k1', 'k\u0080', 'k\u00f6', 'k\u20ac', 'k\ud83d\ude00', 'k\ufb33'])
})

test('canonical numbers are those of RFC 8785, appendix B', () => {
  const samples: [string, string][] = [
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
  ]
  for (const [hex, text] of samples) assert.equal(canonicalJson(Buffer.from(hex, 'hex').readDoubleBE()), text)
})

test('canonical JSON does not depend on the order of keys, keeps raw numbers, and refuses what JSON cannot say', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), object => {
      const turned = Object.fromEntries(Object.entries(object).reverse())
      assert.equal(canonicalJson(turned), canonicalJson(object))
      assert.equal(JSON.stringify(JSON.parse(canonicalJson(object))), JSON.stringify(JSON.parse(canonicalJson(turned))))
    }),
    checked,
  )
  assert.equal(canonicalJson(parseJson('{"b":1e400,"a":9007199254740993}')), '{"a":9007199254740993,"b":1e400}')
  assert.equal(
    canonicalJson({ b: undefined, a: [undefined], d: new Date(0) }),
    '{"a":[null],"d":"1970-01-01T00:00:00.000Z"}',
  )
  assert.equal(canonicalJson('\ud800'), '"\\ud800"')
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1n, undefined, () => 1]) {
    assert.throws(() => canonicalJson({ value: [value] }.value[0]), TypeError)
  }
})
