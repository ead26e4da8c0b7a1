import { z } from '@hono/zod-openapi'
import { anyJsonSchema } from '#http/schemas.ts'
import { canonicalJson, isJsonObject } from '#json.ts'
import { writeCount } from './counted.ts'
import { defineScorer, type Grade, type OutputToolCall } from './scorer.ts'
import { expectedSettings, readExpected, readOutputJson } from './selection.ts'

const expectedCallSchema = z.strictObject({
  name: z.string().min(1),
  /** Left out: any arguments will do. */
  arguments: anyJsonSchema.exactOptional(),
})
type ExpectedCall = z.infer<typeof expectedCallSchema>

const expectedCallsSchema = z.array(expectedCallSchema).max(200)

/**
 * How well the tool calls of a run match the expected ones (`expected`, else those of the case, a list of
 * `{name, arguments?}`). Each call matches one expected call at most: with `order: any` as many as can be paired (maximum
 * bipartite matching), with `order: same` the longest common subsequence.
 *
 * The value is matched / expected, the recall; with `extra: counted` it is F1, 2 · matched / (expected + made), so that
 * needless calls cost. Nothing expected: 1, but 0 when calls were made and extra ones count.
 *
 * Arguments are compared as JSON values: `exact`, or `subset`: every expected member is there and equal, others may be.
 */
export const toolCallsScorer = defineScorer({
  kind: 'tool_calls',
  revision: 1,
  settings: {
    expected: expectedCallsSchema.exactOptional(),
    ...expectedSettings,
    arguments: z.enum(['exact', 'subset', 'ignored']).default('exact'),
    order: z.enum(['any', 'same']).default('any'),
    extra: z.enum(['allowed', 'counted']).default('allowed'),
  },
  needsExpected: config => config.expected === undefined,
  compile: config => (scored, output) => {
    const reading = expectedCallsSchema.safeParse(config.expected ?? readExpected(config, scored))
    if (!reading.success) return { value: null, explanation: 'The case does not say which tool calls are expected.' }
    const made = output.tool_calls.slice(0, 2000)
    const fits = made.map(call => reading.data.map(expected => matchesCall(call, expected, config.arguments)))
    const matched = config.order === 'same' ? countInOrder(fits, reading.data.length) : countPairs(fits)
    return gradeMatches(matched, reading.data.length, made.length, config.extra === 'counted')
  },
})

function gradeMatches(matched: number, expected: number, made: number, countsExtra: boolean): Grade {
  const explanation = `${matched} of ${writeCount(expected, 'expected call')}; ${made} ${made === 1 ? 'was' : 'were'} made.`
  const total = countsExtra ? (expected + made) / 2 : expected
  return { value: total === 0 ? 1 : matched / total, explanation }
}

function matchesCall(call: OutputToolCall, expected: ExpectedCall, how: 'exact' | 'subset' | 'ignored'): boolean {
  if (call.name !== expected.name) return false
  if (how === 'ignored' || expected.arguments === undefined) return true
  const json = typeof call.arguments === 'string' ? readOutputJson(call.arguments) : { value: call.arguments }
  const actual: unknown = 'trouble' in json ? call.arguments : json.value
  if (how === 'subset' && isJsonObject(actual) && isJsonObject(expected.arguments)) {
    return Object.entries(expected.arguments).every(
      ([key, value]) => Object.hasOwn(actual, key) && equals(actual[key], value),
    )
  }
  return equals(actual, expected.arguments)
}

function equals(one: unknown, other: unknown): boolean {
  return one !== undefined && other !== undefined && canonicalJson(one) === canonicalJson(other)
}

/** The longest common subsequence, by rows. */
function countInOrder(fits: boolean[][], expected: number): number {
  let row: number[] = new Array(expected + 1).fill(0)
  for (const fit of fits) {
    const next = [0]
    for (let index = 0; index < expected; index++) {
      next.push(fit[index] ? (row[index] ?? 0) + 1 : Math.max(row[index + 1] ?? 0, next[index] ?? 0))
    }
    row = next
  }
  return row[expected] ?? 0
}

/** Kuhn's augmenting paths. */
function countPairs(fits: boolean[][]): number {
  const callOf = new Map<number, number>()
  const place = (call: number, tried: Set<number>): boolean => {
    for (const [expected, fit] of (fits[call] ?? []).entries()) {
      if (!fit || tried.has(expected)) continue
      tried.add(expected)
      const other = callOf.get(expected)
      if (other !== undefined && !place(other, tried)) continue
      callOf.set(expected, call)
      return true
    }
    return false
  }
  return fits.filter((_, call) => place(call, new Set())).length
}
