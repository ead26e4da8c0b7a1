/** What a sweep tries: points of a parameter space, in an order that its seed fixes. */
import { z } from '@hono/zod-openapi'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { mersenne } from 'pure-rand/generator/mersenne'
import { Invalid, type Location } from '#errors.ts'
import { anyJsonSchema } from '#http/schemas.ts'
import { canonicalJson } from '#json.ts'

const listSchema = z.array(anyJsonSchema).min(1, 'expected at least one value').max(10_000)

const rangeSchema = z.strictObject({
  min: z.number(),
  max: z.number(),
  /** The values are min, min + step, … up to max. Without it any number of the range, by chance alone. */
  step: z.number().positive().exactOptional(),
})

/** Any parameter (`model`, `prompt`, `temperature`, …) with the values that it may have: a list, or a range. */
export const parameterSpaceSchema = z.record(
  z.string().min(1).max(100),
  z.union([listSchema, z.strictObject({ values: listSchema }), rangeSchema]),
)
export type ParameterSpace = z.infer<typeof parameterSpaceSchema>

export const TRIALS_BY_DEFAULT = 100
const MOST_TRIALS = 100_000
const MOST_STEPS = 1_000_000_000
/** Draws for one new point of a range without steps before it counts as used up. */
const MOST_DRAWS = 100

/** One point of a space: a value for each parameter. */
export type SweepTrial = Record<string, unknown>

interface Axis {
  name: string
  /** How many values it has; infinite for a range without steps. */
  size: number
  read: (index: number) => unknown
  range: { min: number; max: number } | null
}

/** How many points a space has, `Infinity` with a range without steps; 1 when it is empty: the variant as it stands. */
export function countPoints(space: ParameterSpace, loc: Location = ['body', 'parameter_space']): number {
  return readAxes(space, loc).reduce((product, { size }) => product * size, 1)
}

/**
 * Every point of a space: the last parameter changes fastest, and values keep their order.
 *
 * @throws Invalid when there are more points than `trials`, so that nothing is left out in silence; for a range without
 * steps; for a range whose max lies below its min, and for equal values in a list.
 */
export function listGrid(
  space: ParameterSpace,
  trials = TRIALS_BY_DEFAULT,
  loc: Location = ['body', 'parameter_space'],
): SweepTrial[] {
  requireTrials(trials)
  const axes = readAxes(space, loc)
  const endless = axes.find(({ size }) => size === Number.POSITIVE_INFINITY)
  if (endless !== undefined) {
    throw new Invalid(`A grid needs a step for ${endless.name}; without one use a random sweep.`, [
      ...loc,
      endless.name,
    ])
  }
  const points = countPoints(space, loc)
  if (points > trials) {
    throw new Invalid(
      `The grid has ${points} points, but ${trials} trials are allowed: raise trials, or go random.`,
      loc,
    )
  }
  return Array.from({ length: points }, (_, index) => readPoint(axes, index))
}

/**
 * Points drawn by chance, all different (Bergstra & Bengio, "Random search for hyper-parameter optimization", Journal of
 * Machine Learning Research 13, 2012): without replacement and each equally probable where the space is finite, so all
 * of them in a random order when `trials` reaches their number; ranges without steps uniformly. The same seed gives the same
 * points on every machine, and more trials begin with the same ones.
 *
 * `seed` is whole, 0 to 2^32 − 1.
 *
 * @throws Invalid as `listGrid`, but for the number of points and steps.
 */
export function drawTrials(
  space: ParameterSpace,
  seed: number,
  trials = TRIALS_BY_DEFAULT,
  loc: Location = ['body', 'parameter_space'],
): SweepTrial[] {
  requireTrials(trials)
  requireSeed(seed)
  const axes = readAxes(space, loc)
  const wanted = Math.min(trials, countPoints(space, loc))
  const random = mersenne(seed)
  const seen = new Set<string>()
  const drawn: SweepTrial[] = []
  // While at least half of the points are left, drawing again is cheap; after that what is left is listed.
  const points = countPoints(space, loc)
  const untilHalf = points <= 2 * MOST_TRIALS ? Math.ceil(points / 2) : Number.POSITIVE_INFINITY
  for (let misses = 0; drawn.length < Math.min(wanted, untilHalf) && misses < MOST_DRAWS * trials; ) {
    const trial = Object.fromEntries(
      axes.map(({ name, size, read, range }) => [
        name,
        range === null
          ? read(uniformInt(random, 0, size - 1))
          : range.min + uniformFloat64(random) * (range.max - range.min),
      ]),
    )
    const key = canonicalJson(trial)
    if (seen.has(key)) misses++
    else drawn.push(trial)
    seen.add(key)
  }
  if (drawn.length >= wanted || untilHalf === Number.POSITIVE_INFINITY) return drawn
  const rest = Array.from({ length: points }, (_, index) => readPoint(axes, index))
  const left = rest.filter(trial => !seen.has(canonicalJson(trial)))
  return [...drawn, ...shuffleBySeed(left, seed).slice(0, wanted - drawn.length)]
}

/**
 * The items in a random order that the seed fixes: sorted by a random number each. Its beginnings are the growing subsets
 * of cases on which a guided sweep compares. `seed` is whole, 0 to 2^32 − 1.
 */
export function shuffleBySeed<Item>(items: readonly Item[], seed: number): Item[] {
  requireSeed(seed)
  const random = mersenne(seed)
  return items
    .map(item => ({ item, key: uniformFloat64(random) }))
    .sort((one, other) => one.key - other.key)
    .map(({ item }) => item)
}

function readAxes(space: ParameterSpace, loc: Location): Axis[] {
  return Object.entries(space).map(([name, values]) => {
    const at = [...loc, name]
    if (Array.isArray(values)) return readList(name, values, at)
    return 'values' in values ? readList(name, values.values, [...at, 'values']) : readRange(name, values, at)
  })
}

function readList(name: string, values: readonly unknown[], loc: Location): Axis {
  const texts = values.map(value => canonicalJson(value))
  const twice = texts.findIndex((text, index) => texts.indexOf(text) !== index)
  if (twice >= 0) throw new Invalid(`${name} has this value already.`, [...loc, twice])
  return { name, size: values.length, read: index => values[index], range: null }
}

function readRange(name: string, { min, max, step }: z.infer<typeof rangeSchema>, loc: Location): Axis {
  if (max < min) throw new Invalid(`max of ${name} lies below its min.`, [...loc, 'max'])
  if (min === max) return { name, size: 1, read: () => min, range: null }
  if (step === undefined) return { name, size: Number.POSITIVE_INFINITY, read: () => min, range: { min, max } }
  // 0.1 + 2 · 0.1 is meant to be 0.3, and max is meant to be reached.
  const size = Math.floor((max - min) / step + 1e-9) + 1
  if (size > MOST_STEPS)
    throw new Invalid(`${name} has more than ${MOST_STEPS} values: make the step larger.`, [...loc, 'step'])
  const isWhole = Number.isInteger(min) && Number.isInteger(step)
  const read = (index: number) => (isWhole ? min + index * step : Number((min + index * step).toPrecision(12)))
  return { name, size, read, range: null }
}

function readPoint(axes: readonly Axis[], index: number): SweepTrial {
  let rest = index
  const values: [string, unknown][] = []
  for (const { name, size, read } of axes.toReversed()) {
    values.push([name, read(rest % size)])
    rest = Math.floor(rest / size)
  }
  return Object.fromEntries(values.reverse())
}

function requireTrials(trials: number): void {
  if (Number.isInteger(trials) && trials >= 1 && trials <= MOST_TRIALS) return
  throw new Invalid(`trials must be whole, from 1 to ${MOST_TRIALS}.`, ['body', 'trials'])
}

function requireSeed(seed: number): void {
  if (seed !== seed >>> 0) throw new Invalid('seed must be whole, from 0 to 4294967295.', ['body', 'seed'])
}
