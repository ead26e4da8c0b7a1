import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDuration } from '../web/ui/numbers.ts'

test('a length that rounds to a whole second or minute is told as one', () => {
  const told = [999.4, 999.6, 59_949, 59_960, 245_000].map(formatDuration)
  assert.deepEqual(told, ['999 ms', '1.0 s', '59.9 s', '1 min 00 s', '4 min 05 s'])
})
