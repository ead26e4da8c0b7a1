/** Random draws from distributions, for simulations with a seed. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'

/** The standard normal distribution, by Box and Muller's transformation. */
export function drawNormal(random: RandomGenerator): number {
  return Math.sqrt(-2 * Math.log(1 - uniformFloat64(random))) * Math.cos(2 * Math.PI * uniformFloat64(random))
}

/** The beta distribution with this mean and concentration a + b. */
export function drawBeta(random: RandomGenerator, mean: number, concentration: number): number {
  const one = drawGamma(random, mean * concentration)
  const other = drawGamma(random, (1 - mean) * concentration)
  return one + other === 0 ? Number(mean >= 0.5) : one / (one + other)
}

/** Marsaglia & Tsang, "A simple method for generating gamma variables", 2000; below 1 by their boost. */
function drawGamma(random: RandomGenerator, shape: number): number {
  if (shape < 1) return drawGamma(random, shape + 1) * (1 - uniformFloat64(random)) ** (1 / shape)
  const d = shape - 1 / 3
  for (;;) {
    const normal = drawNormal(random)
    const cube = (1 + normal / Math.sqrt(9 * d)) ** 3
    if (cube <= 0) continue
    if (Math.log(1 - uniformFloat64(random)) < normal ** 2 / 2 + d - d * cube + d * Math.log(cube)) return d * cube
  }
}
