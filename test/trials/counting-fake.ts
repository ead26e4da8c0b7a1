import { hash } from 'node:crypto'
import { startFake } from '../openai-fake.ts'

/** One request that reached a model. */
export interface Arrival {
  /** Names the question by its backend and content. */
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

/** What of a question tells it from others, as it stands in a request on the wire and in the ledger. */
export interface AskedQuestion {
  model: string
  temperature: number | null
  messages: { role: string; content: string }[]
}

/** A model that answers after 100 to 300 ms what `reply` makes of a request's text, and remembers who asked what and when. */
export async function startCountingFake(
  backend: string,
  random: () => number,
  reply: (text: string) => string,
): Promise<CountingFake> {
  const arrivals: Arrival[] = []
  const fake = await startFake({
    keep: false,
    models: null,
    reply: call => {
      const arrived = Date.now()
      const latency_ms = 100 + 200 * random()
      const { model, temperature = null, messages } = JSON.parse(call.text)
      arrivals.push({
        key: nameQuestion(backend, { model, temperature, messages }),
        arrived,
        answered: arrived + latency_ms,
      })
      return { latency_ms, text: reply(call.text), usage: { prompt_tokens: 100, completion_tokens: 20 } }
    },
  })
  return { url: fake.url, arrivals, close: () => fake.close() }
}

/** The same for a request in the ledger as for one on the wire. */
export function nameQuestion(backend: string, { model, temperature, messages }: AskedQuestion): string {
  const texts = messages.map(({ role, content }) => [role, content])
  return hash('sha256', JSON.stringify([backend, model, temperature, texts]))
}
