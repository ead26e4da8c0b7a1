import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSelection, writeSelection } from '../web/ui/selection.ts'

test('ids of any letters come back from the address as they were, each once', () => {
  const ids = new Set(['plain', 'a*b', '*', '50%', '%2A', 'with space', 'a.b~c', 'ü/?&=+#', '日本'])
  const address = new URLSearchParams({ selected: writeSelection(ids) ?? '' }).toString()
  const read = new URLSearchParams(address).get('selected') ?? ''
  assert.deepEqual([...readSelection(read)], [...ids])
  assert.deepEqual([...readSelection('a**a*b*')], ['a', 'b'])
  assert.deepEqual([...readSelection(undefined)], [])
})

test('a selection that an address cannot hold is left out of it whole', () => {
  const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
  const many = (n: number) => new Set(Array.from({ length: n }, (_, index) => uuid(index)))
  const fits = writeSelection(many(160))
  assert.ok(fits !== undefined && new URLSearchParams({ selected: fits }).toString().length < 6_100)
  assert.equal(writeSelection(many(170)), undefined)
  // Letters that take nine characters in an address each.
  assert.equal(writeSelection(new Set(['日'.repeat(700)])), undefined)
  assert.equal(writeSelection(new Set()), undefined)
})
