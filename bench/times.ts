import { type Agent, request } from 'node:http'

/** In milliseconds. */
export interface Quantiles {
  p50: number
  p95: number
}

/** The nearest rank from above; 0 without any. */
export function summariseTimes(times: number[]): Quantiles {
  const sorted = times.toSorted((one, other) => one - other)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { p50: at(0.5), p95: at(0.95) }
}

/** Asks over a kept connection and counts the bytes of the answer. */
export function getBytes(agent: Agent, url: string): Promise<{ status: number; bytes: number }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent }, response => {
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes }))
      response.on('error', reject)
    })
    sent.on('error', reject)
    sent.end()
  })
}
