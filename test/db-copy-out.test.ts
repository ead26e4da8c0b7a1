import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { readCopied } from '#db/copy-out.ts'
import { transact } from '#db/transact.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'

let database: TestDatabase
before(async () => {
  database = await createTestDatabase()
})
after(() => database.drop())

test('rows that are copied out are all read, and leave no deadline behind that would end the process later', async () => {
  await transact(database.db, async tx => {
    const countTimers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
    const before = countTimers()
    let sum = 0
    await readCopied(tx, 'select n::bigint from generate_series(1, 100000) n', row => {
      sum += row.integer(0)
    })
    assert.equal(sum, 5_000_050_000)
    assert.equal(countTimers(), before)
  })
})
