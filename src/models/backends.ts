import { z } from 'zod'
import { Invalid, type Location } from '#errors.ts'
import { scriptSchema } from './script.ts'

const Positive = z.number().int().min(1)
const Dollars = z.number().min(0).max(1_000_000)

/** US dollars per million tokens, as the operator states them. */
export const operatorPriceSchema = z.strictObject({
  input: Dollars,
  output: Dollars,
  /** Of input tokens that the provider took from its cache; as `input` when absent. */
  cached_input: Dollars.optional(),
})
export type OperatorPrice = z.infer<typeof operatorPriceSchema>

const backendKinds = ['openai-compatible', 'openai', 'anthropic', 'google', 'scripted'] as const
export type BackendKind = (typeof backendKinds)[number]

/** One entry of `backends:` in `whetstone.yaml`. An entry with a default backend's name changes that one. */
export const backendEntrySchema = z.strictObject({
  name: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/, 'expected letters, digits, `.`, `_` and `-`, at most 64'),
  kind: z.enum(backendKinds).optional(),
  base_url: z.string().optional(),
  key_env: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable, not the key itself')
    .optional(),
  concurrency: Positive.max(10_000).optional(),
  deadline_seconds: z.number().positive().max(86_400).optional(),
  max_attempts: Positive.max(20).optional(),
  max_tokens: Positive.optional(),
  structured_outputs: z.boolean().optional(),
  free: z.boolean().optional(),
  prices: z.record(z.string(), operatorPriceSchema).optional(),
  context_tokens: z.union([Positive, z.record(z.string(), Positive)]).optional(),
  script: scriptSchema.optional(),
})
export type BackendEntry = z.infer<typeof backendEntrySchema>

/** A backend with every question answered; keys stay in the environment, only their variable's name is here. */
export interface BackendConfig {
  name: string
  kind: BackendKind
  /** Without a slash at the end; null for `scripted` alone. */
  base_url: string | null
  key_env: string | null
  /** Calls in flight at the start, and at most. */
  concurrency: number
  /** Seconds a call may take, with its retries and the waits between them, without its wait for a free slot. */
  deadline_seconds: number
  max_attempts: number
  /** For requests that do not say; null leaves it to the provider. */
  max_tokens: number | null
  /** False: the JSON schema is not sent and the prompt alone asks for JSON. */
  structured_outputs: boolean
  /** Calls cost nothing. */
  free: boolean
  prices: { [model: string]: OperatorPrice }
  context_tokens: number | { [model: string]: number } | null
  script: z.input<typeof scriptSchema> | null
}

type Environment = { [name: string]: string | undefined }

/** The public addresses of the kinds that have one; there a call without a key is not even sent. */
export const publicBaseUrls: { [kind in BackendKind]: string | null } = {
  'openai-compatible': null,
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
  google: 'https://generativelanguage.googleapis.com/v1beta',
  scripted: null,
}

/**
 * The backends that `whetstone.yaml` (`section`, what stands under `backends:`; undefined when nothing does) and the
 * environment describe, the default ones first. `WHETSTONE_MODEL_CONCURRENCY` holds for each backend whose entry names
 * no concurrency of its own. Throws `Invalid` with the path of the field and what is expected there.
 */
export function readBackends(section: unknown, env: Environment): BackendConfig[] {
  const entries = parseEntries(section)
  const concurrency = readConcurrency(env)
  const names = new Set(entries.map(entry => entry.name))
  const all = [
    ...listDefaults(env).map(known => ({ ...known, ...entries.find(entry => entry.name === known.name) })),
    ...entries.filter(entry => !defaultNames.has(entry.name)),
  ]
  if (names.size < entries.length) throw refuse(['backends'], 'two backends have the same name; names must differ')
  return all.map(entry => completeEntry(entry, concurrency, locateEntry(entries, entry.name)))
}

const defaultNames = new Set(['ollama', 'openai', 'anthropic', 'google'])

function listDefaults(env: Environment): BackendEntry[] {
  return [
    { name: 'ollama', base_url: env.OLLAMA_BASE_URL || 'http://127.0.0.1:11434/v1', free: true },
    { name: 'openai', kind: 'openai', key_env: 'OPENAI_API_KEY', ...baseFrom(env.OPENAI_BASE_URL) },
    { name: 'anthropic', kind: 'anthropic', key_env: 'ANTHROPIC_API_KEY', ...baseFrom(env.ANTHROPIC_BASE_URL) },
    { name: 'google', kind: 'google', key_env: env.GOOGLE_API_KEY ? 'GOOGLE_API_KEY' : 'GEMINI_API_KEY' },
  ]
}

function baseFrom(url: string | undefined): { base_url?: string } {
  return url ? { base_url: url } : {}
}

function completeEntry(entry: BackendEntry, concurrency: number | null, loc: Location): BackendConfig {
  const kind = entry.kind ?? 'openai-compatible'
  if (entry.name === 'baseline')
    throw refuse([...loc, 'name'], '`baseline` is the judge without a model; choose another')
  if (kind === 'scripted' && entry.script === undefined)
    throw refuse([...loc, 'script'], 'a scripted backend needs one')
  return {
    name: entry.name,
    kind,
    base_url: readBaseUrl(entry, kind, loc),
    key_env: entry.key_env ?? null,
    concurrency: entry.concurrency ?? concurrency ?? (entry.name === 'ollama' ? 4 : 16),
    deadline_seconds: entry.deadline_seconds ?? 600,
    max_attempts: entry.max_attempts ?? 5,
    max_tokens: entry.max_tokens ?? null,
    structured_outputs: entry.structured_outputs ?? true,
    free: entry.free ?? kind === 'scripted',
    prices: entry.prices ?? {},
    context_tokens: entry.context_tokens ?? null,
    script: entry.script ?? null,
  }
}

function readBaseUrl(entry: BackendEntry, kind: BackendKind, loc: Location): string | null {
  if (kind === 'scripted') return null
  const text = entry.base_url ?? publicBaseUrls[kind]
  const where = [...loc, 'base_url']
  if (!text) throw refuse(where, `expected the address of the backend "${entry.name}", as in http://127.0.0.1:8000/v1`)
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw refuse(where, `expected an address that begins with http:// or https://, got "${text}"`)
  }
  if (url.username || url.password) throw refuse(where, 'expected no user or password in it; name the key by `key_env`')
  if (url.search || url.hash) throw refuse(where, `expected no "?" and no "#" in it`)
  // Both Ollama and Anthropic's own clients give their address without the version; their API answers only below it.
  const bare = url.pathname === '/' && (entry.name === 'ollama' || kind === 'anthropic')
  return url.origin + (bare ? '/v1' : url.pathname.replace(/\/+$/, ''))
}

function readConcurrency(env: Environment): number | null {
  const text = env.WHETSTONE_MODEL_CONCURRENCY
  if (!text) return null
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 10_000) {
    throw new Invalid(`WHETSTONE_MODEL_CONCURRENCY: expected a whole number from 1 to 10000, got "${text}"`, [
      'WHETSTONE_MODEL_CONCURRENCY',
    ])
  }
  return value
}

function parseEntries(section: unknown): BackendEntry[] {
  const parsed = z.array(backendEntrySchema).safeParse(section ?? [])
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const path = (issue?.path ?? []).map(part => (typeof part === 'number' ? part : String(part)))
  throw refuse(['backends', ...path], issue?.message ?? 'expected a list of backends')
}

function locateEntry(entries: BackendEntry[], name: string): Location {
  const index = entries.findIndex(entry => entry.name === name)
  return index < 0 ? ['environment', name] : ['backends', index]
}

function refuse(loc: Location, expected: string): Invalid {
  const path = loc.map((part, i) => (typeof part === 'number' ? `[${part}]` : i ? `.${part}` : part)).join('')
  return new Invalid(`whetstone.yaml: ${path}: ${expected}`, loc)
}
