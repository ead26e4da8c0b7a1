import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatDollars, formatDuration } from '../web/ui/numbers.ts'

test('a length that rounds to a whole second or minute is told as one', () => {
  const told = [999.4, 999.6, 59_949, 59_960, 245_000].map(formatDuration)
  assert.deepEqual(told, ['999 ms', '1.0 s', '59.9 s', '1 min 00 s', '4 min 05 s'])
})

test('dollars have two significant digits below a cent, three decimals below a dollar, two from there', () => {
  const told = [null, 0, 0.00424, 0.012, 0.9994, 0.9996, 1.236].map(formatDollars)
  assert.deepEqual(told, ['no price', '$0', '$0.0042', '$0.012', '$0.999', '$1.00', '$1.24'])
})
