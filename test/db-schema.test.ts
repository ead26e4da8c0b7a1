import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createTestDatabase } from './database.ts'
import { describeSchema } from './describe-schema.ts'

test('schema.sql says what the migrations add up to, on every server', async t => {
  const database = await createTestDatabase()
  t.after(database.drop)
  const described = await describeSchema(database.db)
  const written = readFileSync(new URL('../src/db/schema.sql', import.meta.url), 'utf8')
  assert.equal(described, written, 'src/db/schema.sql is not up to date; renew it with: npm run schema')
})
