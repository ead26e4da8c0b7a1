/**
 * Prompts are Liquid templates, rendered by liquidjs with everything taken out that a prompt must not have: files (no
 * `include`, `render`, `layout`, `block`), clocks and chance (a repeated run must ask the same question again), and filters
 * whose arguments are code of their own, which no check could look into before the first call.
 */
import { type FilterImplOptions, filters, Liquid, LiquidError, type Template, type Variable } from 'liquidjs'
import { Invalid, type Location } from '#errors.ts'
import { isJsonObject } from '#json.ts'
import { removeFence } from './fence.ts'

/** A name or path that a template reads, and where. */
export interface TemplateVariable {
  /** `customer`, `name` for `customer.name`; an index that is only known when it runs ends the path. */
  path: (string | number)[]
  /** Whether there is more after `path` that depends on other values. */
  open: boolean
  line: number
  column: number
}

export interface CompiledTemplate {
  text: string
  /** What it reads from outside, in the order of the text; not what it assigns itself. */
  variables: TemplateVariable[]
  nodes: Template[]
}

/** What templates may read: the fields of the input, and the outputs of earlier stages below `stages`. */
export interface TemplateScope {
  input: unknown
  /** Outputs by stage; absent where there are none yet. */
  stages?: { [stage: string]: string }
}

export const TEMPLATE_LIMITS = {
  /** Characters of a template. */
  template: 1_000_000,
  /** Milliseconds of one rendering; it holds up the process meanwhile. */
  time_ms: 1000,
  /** Characters and elements that filters and loops may make on the way. */
  memory: 50_000_000,
  /** Characters of what comes out. */
  output: 10_000_000,
}

const WITHOUT_TAGS = ['include', 'render', 'layout', 'block']
/** `strip_html` takes time that grows with the square of the text. */
const WITHOUT_FILTERS = ['sample', 'strip_html', ...Object.keys(filters).filter(name => name.endsWith('_exp'))]
const CLOCKS = ['now', 'today']

const liquid = createLiquid()

/**
 * Parses a template. `loc` is its place in the request.
 *
 * @throws Invalid with line and column: bad syntax, a tag or filter that is not there, longer than a million characters.
 */
export function compileTemplate(text: string, loc: Location = ['body', 'prompt']): CompiledTemplate {
  if (text.length > TEMPLATE_LIMITS.template) {
    throw new Invalid(`A template may have ${TEMPLATE_LIMITS.template} characters at most.`, loc, 'template_limit')
  }
  return refuse(loc, () => {
    const nodes = liquid.parse(text)
    const globals = Object.values(liquid.analyzeSync(nodes, { partials: false }).globals).flat()
    const variables = globals.map(describeVariable)
    variables.sort((one, other) => one.line - other.line || one.column - other.column)
    return { text, variables, nodes }
  })
}

/**
 * Checks before the first call that a template reads only what will be there: fields that the input has, and
 * `stages.NAME.output` of the stages in `earlier`. A path into the input is followed as far as it is fixed; a path into an
 * output can only be followed when it is rendered. A field that is null is there; one that is missing is not, also not
 * in `if` and before `default`: give it null.
 *
 * @throws Invalid at `loc` with line and column of the first variable that is not there.
 */
export function checkVariables(
  template: CompiledTemplate,
  input: unknown,
  earlier: readonly string[],
  loc: Location = ['body', 'prompt'],
): void {
  const scope = nameInputs(input, loc)
  for (const variable of template.variables) {
    const trouble =
      variable.path[0] === 'stages' ? findStageTrouble(variable, earlier) : findInputTrouble(variable, scope)
    if (trouble !== null) throw refusal(trouble, variable.line, variable.column, loc, 'template_variable')
  }
}

/**
 * The prompt: the template with the input's fields as variables (`input` when the input is no object) and
 * `stages.NAME.output`. An output that is a JSON object or array, also inside one code fence, can be read by dotted path
 * and looped over; printed as a whole it is the text that the model wrote. Objects and arrays of the input print as JSON,
 * null as nothing.
 *
 * @throws Invalid at `loc` with line and column: a variable that is not there, more time, memory or output than allowed.
 */
export function renderTemplate(template: CompiledTemplate, scope: TemplateScope, loc?: Location): string {
  const place = loc ?? ['body', 'prompt']
  const variables = nameInputs(scope.input, place)
  const outputs = Object.entries(scope.stages ?? {}).map(([name, text]) => [name, { output: readOutput(text) }])
  return refuse(place, () => {
    const prompt: unknown = liquid.renderSync(template.nodes, { ...variables, stages: Object.fromEntries(outputs) })
    const text = String(prompt)
    if (text.length <= TEMPLATE_LIMITS.output) return text
    throw new Invalid(`The prompt is longer than ${TEMPLATE_LIMITS.output} characters.`, place, 'template_limit')
  })
}

function createLiquid(): Liquid {
  const engine = new Liquid({
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    templates: {},
    timezoneOffset: 0,
    locale: 'en',
    outputEscape: printValue,
    renderLimit: TEMPLATE_LIMITS.time_ms,
    memoryLimit: TEMPLATE_LIMITS.memory,
  })
  for (const tag of WITHOUT_TAGS) delete engine.tags[tag]
  for (const name of WITHOUT_FILTERS) engine.unregisterFilter(name)
  for (const [name, filter] of Object.entries(filters)) {
    if (name.startsWith('date') && typeof filter === 'function') engine.registerFilter(name, withoutClock(filter))
  }
  return engine
}

/** A prompt that holds the time asks something new whenever it is run. */
function withoutClock(filter: (...values: never[]) => unknown): FilterImplOptions {
  return function (value: unknown, ...more: unknown[]): unknown {
    if (CLOCKS.includes(String(value))) throw new Error('prompts hold no clock: give the date as a field of the input')
    return Reflect.apply(filter, this, [value, ...more])
  }
}

/** The texts of parsed outputs, which are printed as they came. */
const writtenAs = new WeakMap<object, string>()

function printValue(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value ?? '')
  return writtenAs.get(value) ?? JSON.stringify(value)
}

/** A JSON object or array for dotted access, else the text. */
function readOutput(text: string): unknown {
  const json = removeFence(text)
  if (!/^\s*[{[]/.test(json)) return text
  try {
    const value: unknown = JSON.parse(json)
    if (typeof value !== 'object' || value === null) return text
    writtenAs.set(value, text)
    // Filters of text ask for this; templates and loops do not see it.
    if (!Object.hasOwn(value, 'toString')) Object.defineProperty(value, 'toString', { value: () => text })
    return value
  } catch {
    return text
  }
}

function nameInputs(input: unknown, loc: Location): Record<string, unknown> {
  if (!isJsonObject(input)) return { input }
  if (!Object.hasOwn(input, 'stages')) return input
  throw new Invalid('"stages" is the name of earlier outputs: call this field of the input differently.', loc)
}

function describeVariable({ segments, location }: Variable): TemplateVariable {
  const fixed = segments.findIndex(segment => typeof segment === 'object')
  const path = (fixed < 0 ? segments : segments.slice(0, fixed)).filter(segment => typeof segment !== 'object')
  return { path, open: fixed >= 0, line: location.row, column: location.col }
}

function findStageTrouble({ path, open }: TemplateVariable, earlier: readonly string[]): string | null {
  const [, stage, part] = path
  const known = earlier.length === 0 ? 'this stage has no earlier one' : `earlier stages are ${earlier.join(', ')}`
  if (stage === undefined) return `write stages.NAME.output${open ? ' with a fixed name' : ''}; ${known}`
  if (!earlier.includes(String(stage))) return `there is no earlier stage "${stage}"; ${known}`
  return part === 'output' ? null : `of an earlier stage only its output can be read: stages.${stage}.output`
}

/** Names that Liquid has for every list, text and object. */
const BUILT_IN = ['size', 'first', 'last']

function findInputTrouble({ path }: TemplateVariable, scope: Record<string, unknown>): string | null {
  let value: unknown = scope
  for (const [depth, step] of path.entries()) {
    if (value === null || (depth > 0 && BUILT_IN.includes(String(step)))) return null
    const found: unknown = typeof value === 'object' ? readStep(value, step) : undefined
    if (found === undefined) {
      const known = depth === 0 ? `; the input has ${Object.keys(scope).join(', ') || 'no fields'}` : ''
      return `unknown variable ${path.slice(0, depth + 1).join('.')}${known}`
    }
    value = found
  }
  return null
}

function readStep(value: object | undefined, step: string | number): unknown {
  if (Array.isArray(value)) return value.at(Number(step))
  return Object.entries(value ?? {}).find(([key]) => key === String(step))?.[1]
}

/** Turns what liquidjs throws into `Invalid` with its place. */
function refuse<Result>(loc: Location, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (error instanceof RangeError)
      throw new Invalid('The template is nested too deeply, or its prompt too long.', loc, 'template_limit')
    if (!LiquidError.is(error)) throw error
    const [line = 1, column = 1] = error.token.getPosition()
    const message = (error.originalError ?? error).message.replace(/, line:\d+, col:\d+$/, '')
    throw refusal(message, line, column, loc, /limit exceeded/.test(message) ? 'template_limit' : 'template_invalid')
  }
}

function refusal(message: string, line: number, column: number, loc: Location, slug: string): Invalid {
  return new Invalid(`${message} (line ${line}, column ${column} of the template)`, loc, slug)
}
