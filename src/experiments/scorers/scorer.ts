/** What every scorer is: a kind, a schema of its settings, and a pure function from case and output to a grade. */
import { z } from '@hono/zod-openapi'
import { Invalid, type Location } from '#errors.ts'
import { explainIssues } from '#http/issues.ts'
import { computeLabel } from '#judging/version.ts'

/** What a scorer may know of a case. */
export interface ScoredCase {
  input: unknown
  /** What should have come out, if the case says so: text, or any JSON. */
  expected?: unknown
}

export interface OutputToolCall {
  name: string
  /** A JSON value, or its text as the model wrote it. */
  arguments: unknown
}

/** What came out of a run. */
export interface ScoredOutput {
  text: string
  tool_calls: OutputToolCall[]
  /** Of all stages together; null where it was not measured. */
  duration_ms: number | null
  /** Null where the price is not known. */
  cost_usd: number | null
}

export interface Grade {
  /** 0 to 1; null when this scorer has no word on this case, say because the case expects nothing. */
  value: number | null
  /** Why, in a sentence or two for a person. */
  explanation: string
}

export type PureGrader = (scored: ScoredCase, output: ScoredOutput) => Grade

/** A scorer with its settings, ready to grade. */
export interface PreparedScorer {
  name: string
  kind: string
  /** `<name>@<8 hexadecimal digits>` of kind, method and settings. */
  version: string
  /** The settings in full, defaults included. */
  config: unknown
  /** Whether it has a word only on cases that say what they expect. */
  needs_expected: boolean
  grade: PureGrader
}

export interface ScorerKind {
  kind: string
  schema: z.ZodType
  prepare: (settings: unknown, loc: Location) => PreparedScorer
}

interface ScorerDefinition<Shape extends z.ZodRawShape> {
  kind: string
  /** To be raised when the same settings grade differently than before. */
  revision: number
  settings: Shape
  /** What no single field can say; the message of the trouble, with the field it is about. */
  check?: (config: z.infer<z.ZodObject<Shape>>) => { field: string; message: string } | null
  needsExpected?: (config: z.infer<z.ZodObject<Shape>>) => boolean
  /** Does what is needed once, such as compiling a pattern; throws `Invalid` at `loc`. */
  compile: (config: z.infer<z.ZodObject<Shape>>, loc: Location) => PureGrader
}

const nameSchema = z.string().trim().min(1).max(100)

/** Makes a kind of scorer: settings are an object with `kind`, an optional `name` and the fields of `settings`. */
export function defineScorer<Shape extends z.ZodRawShape>(definition: ScorerDefinition<Shape>): ScorerKind {
  const { kind, revision, compile, check, needsExpected } = definition
  const settings = z.strictObject(definition.settings)
  const prepare = (given: unknown, loc: Location): PreparedScorer => {
    const { name, config } = readSettings(kind, settings, given, loc)
    const trouble = check?.(config) ?? null
    if (trouble !== null) throw new Invalid(`${trouble.field}: ${trouble.message}`, [...loc, trouble.field])
    return {
      name,
      kind,
      version: computeLabel(name, { kind, revision, config }),
      config,
      needs_expected: needsExpected?.(config) ?? false,
      grade: compile(config, loc),
    }
  }
  return { kind, schema: settings.extend(describeHead(kind).shape), prepare }
}

/** Splits a scorer's settings into its name and the rest. @throws Invalid at the field's path below `loc`. */
export function readSettings<Settings>(
  kind: string,
  schema: z.ZodType<Settings>,
  given: unknown,
  loc: Location,
): { name: string; config: Settings } {
  const { kind: givenKind, name: givenName, ...rest } = z.looseObject({}).parse(given)
  const head = { kind: givenKind, ...(givenName === undefined ? {} : { name: givenName }) }
  const { name } = parseSettings(describeHead(kind), head, loc)
  return { name, config: parseSettings(schema, rest, loc) }
}

/** A grade of 1 or 0. */
export function gradeWhether(isRight: boolean, whenRight: string, whenWrong: string): Grade {
  return isRight ? { value: 1, explanation: whenRight } : { value: 0, explanation: whenWrong }
}

/** Foreign text for an explanation: quoted, at most 80 characters. */
export function quoteBriefly(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text)
}

function describeHead(kind: string) {
  return z.object({ kind: z.literal(kind), name: nameSchema.default(kind) })
}

function parseSettings<Shape>(schema: z.ZodType<Shape>, value: unknown, loc: Location): Shape {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [trouble] = explainIssues(result.error.issues, value)
  const { path = [], message = 'does not fit', type } = trouble ?? {}
  throw new Invalid(`${path.length === 0 ? 'the scorer' : path.join('.')}: ${message}`, [...loc, ...path], type)
}
