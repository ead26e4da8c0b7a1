/** Renews `src/db/schema.sql` from the migrations: `npm run schema`. */
import { writeFileSync } from 'node:fs'
import { createTestDatabase } from './database.ts'
import { describeSchema } from './describe-schema.ts'

const database = await createTestDatabase()
try {
  writeFileSync(new URL('../src/db/schema.sql', import.meta.url), await describeSchema(database.db))
} finally {
  await database.drop()
}
