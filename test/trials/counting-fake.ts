import { hash } from 'node:crypto'
import { startFake } from '../openai-fake.ts'
import { replyToPrompt } from '../verdicts.ts'

/** One request that reached the model. */
export interface Arrival {
  /** Names the question by its messages. */
  key: string
  /** Milliseconds since 1970, also when its answer leaves. */
  arrived: number
  answered: number
}

export interface CountingFake {
  url: string
  arrivals: Arrival[]
  close: () => Promise<void>
}

/** A model that gives every expert a usable reply after 100 to 300 ms, and remembers who asked what and when. */
export async function startCountingFake(random: () => number): Promise<CountingFake> {
  const arrivals: Arrival[] = []
  const fake = await startFake({
    keep: false,
    reply: call => {
      const arrived = Date.now()
      const latency_ms = 100 + 200 * random()
      arrivals.push({ key: nameQuestion(JSON.parse(call.text).messages), arrived, answered: arrived + latency_ms })
      return { latency_ms, text: replyToPrompt(call.text), usage: { prompt_tokens: 100, completion_tokens: 20 } }
    },
  })
  return { url: fake.url, arrivals, close: () => fake.close() }
}

/** The same for a request in the ledger as for one on the wire. */
export function nameQuestion(messages: { role: string; content: string }[]): string {
  return hash('sha256', JSON.stringify(messages.map(({ role, content }) => [role, content])))
}
