/** Sessions for the benchmarks: the same number always gives the same session. */

export interface BenchMessage {
  role: 'user' | 'assistant'
  content: string
  created_at: string
}

export interface BenchSession {
  session_id: string
  profile_id: string
  name: string
  messages: BenchMessage[]
}

export const BENCH_PROFILES = ['support', 'coder', 'researcher', 'planner', 'helper']
const DAY_MS = 86_400_000
const EPOCH = Date.parse('2026-01-01T00:00:00Z')

const WORDS =
  'the order was shipped to a wrong address because form kept an old value so I looked up what tool said and changed it then asked for confirmation before closing case while logs show two errors in payment step that repeat every night'.split(
    ' ',
  )

/** Message contents have about 300 to 600 characters; sessions are spread over a year. */
export function makeBenchSession(index: number, messageCount = 12): BenchSession {
  const random = createRandom(index + 1)
  const start = EPOCH + Math.floor(random() * 365) * DAY_MS + Math.floor(random() * DAY_MS)
  return {
    session_id: `session-${index}`,
    profile_id: BENCH_PROFILES[index % BENCH_PROFILES.length] ?? '',
    name: `Case ${index}`,
    messages: Array.from({ length: messageCount }, (_, at) => ({
      role: at % 2 === 0 ? 'user' : 'assistant',
      content: writeText(random),
      created_at: new Date(start + at * 20_000).toISOString(),
    })),
  }
}

function writeText(random: () => number): string {
  const length = 300 + Math.floor(random() * 300)
  let text = ''
  while (text.length < length) text += `${WORDS[Math.floor(random() * WORDS.length)]} `
  return text.trimEnd()
}

/** mulberry32 */
function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
