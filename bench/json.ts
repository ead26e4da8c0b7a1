/**
 * How fast foreign JSON is read exactly, against bare `JSON.parse(buffer.toString())`: `node bench/json.ts`.
 * Sessions of 12 messages, about 6 kB, as they come in bulk imports; one kind ASCII, one with other letters. The two are
 * timed in turns, so that what else the machine does meets both.
 */
import { parseJson } from '#json.ts'

const ROUNDS = 21
const SESSIONS = 300

const buildSession = (index: number, phrase: string): Buffer => {
  const messages = Array.from({ length: 12 }, (_, turn) => ({
    role: turn % 2 === 0 ? 'user' : 'assistant',
    content: phrase.repeat(4 + ((index + turn) % 4)),
    created_at: '2026-01-31T09:30:00.000Z',
    ...(turn % 4 === 1
      ? {
          tool_calls: [
            { id: `call_${turn}`, type: 'function', function: { name: 'look_up', arguments: '{"order": 17}' } },
          ],
        }
      : {}),
  }))
  return Buffer.from(JSON.stringify({ session_id: `s-${index}`, profile_id: 'bench', messages }))
}

const timeRound = (sessions: Buffer[], read: (bytes: Buffer) => unknown): number => {
  const start = performance.now()
  for (let repeat = 0; repeat < 10; repeat++) for (const bytes of sessions) read(bytes)
  return performance.now() - start
}

const takeMedian = (numbers: number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

const phrases = {
  ascii: 'Please look up "order 17"\nand tell me when it leaves the house, I am waiting for it. ',
  'other letters': 'Bitte schau nach „Bestellung 17“\nund sag mir, wann sie abgeht – ich warte schon länger. ',
}

for (const [kind, phrase] of Object.entries(phrases)) {
  const sessions = Array.from({ length: SESSIONS }, (_, index) => buildSession(index, phrase))
  const megabytes = (sessions.reduce((sum, bytes) => sum + bytes.length, 0) * 10) / 1e6
  const bare: number[] = []
  const exact: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(timeRound(sessions, bytes => JSON.parse(bytes.toString())))
    exact.push(timeRound(sessions, bytes => parseJson(bytes)))
  }
  const rate = (times: number[]) => Math.round((megabytes / takeMedian(times.slice(5))) * 1000)
  const share = takeMedian(bare.slice(5)) / takeMedian(exact.slice(5))
  console.log(`${kind}: JSON.parse ${rate(bare)} MB/s, parseJson ${rate(exact)} MB/s, ${(share * 100).toFixed(0)} %`)
}
