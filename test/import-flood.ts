/**
 * Imports a stream that is made up as it is read and prints by how many megabytes the process grew at its largest. Run by
 * a test in a process of its own, with a small heap.
 *
 *     node --max-old-space-size=80 test/import-flood.ts 200
 */
import { importSessions } from '#sessions/import.ts'
import { createTestDatabase } from './database.ts'

const LINE_BYTES = 100_000
const messages = [{ role: 'user', content: 'Where is my parcel? '.repeat(LINE_BYTES / 20) }]
const line = Buffer.from(`${JSON.stringify({ session_id: 'flood 000000', profile_id: 'p', messages })}\n`)

async function* makeLines(megabytes: number) {
  for (let index = 0; index * LINE_BYTES < megabytes * 1e6; index++) {
    const next = Buffer.from(line)
    next.write(String(index).padStart(6, '0'), line.indexOf('000000'))
    yield next
  }
}

const database = await createTestDatabase()
const start = process.memoryUsage().rss
let most = start
const timer = setInterval(() => {
  most = Math.max(most, process.memoryUsage().rss)
}, 20)
const { imported } = await importSessions(database.db, 1, makeLines(Number(process.argv[2])))
clearInterval(timer)
await database.drop()
console.log(JSON.stringify({ imported, grown: Math.round((most - start) / 1e6) }))
