import type { Latency } from './script.ts'

/**
 * A source of latencies in milliseconds, `median_ms · exp(sigma · Z)` with Z standard normal: the same seed gives the
 * same row of numbers. Z by Box and Muller (1958), its uniforms by mulberry32, which is good enough for a fake.
 */
export function createLatencySource({ median_ms, sigma = 0, seed = 1 }: Latency): () => number {
  const random = createRandom(seed)
  return () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random()))
    return median_ms * Math.exp(sigma * radius * Math.cos(2 * Math.PI * random()))
  }
}

function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
