import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseDocument } from 'yaml'
import { z } from 'zod'
import { Invalid } from './errors.ts'

/** The environment as `process.env` has it. */
export interface Environment {
  [name: string]: string | undefined
}

const portSchema = z.coerce.number().int().min(0).max(65_535)

const fileSchema = z.strictObject({
  backends: z.unknown().optional(),
  bench_roots: z.array(z.string()).optional(),
  webhooks: z.strictObject({ allow_private: z.boolean().default(false) }).optional(),
})

export interface Config {
  /** 0 lets the system choose a port. */
  port: number
  host: string
  /** Absolute path of `WHETSTONE_HOME`: the embedded database, logs, `whetstone.yaml`. */
  home: string
  /** Null: the embedded database. */
  databaseUrl: string | null
  adminKey: string | null
  logLevel: string
  /** The `backends` section of `whetstone.yaml`, read by the models room. */
  backends: unknown
  /** Absolute paths of the folders below which benchmark results may lie. */
  benchRoots: string[]
  /** Whether webhooks may call this machine and addresses of private networks. */
  allowPrivateWebhooks: boolean
  env: Environment
}

/** Reads the configuration from the environment and from `whetstone.yaml` in `WHETSTONE_HOME`, where there is one. */
export async function loadConfig(env: Environment): Promise<Config> {
  const file = join(findHome(env), 'whetstone.yaml')
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw new Invalid(`${file} cannot be read: ${error.message}`, ['whetstone.yaml'])
  })
  return readConfig(env, text)
}

/**
 * Pure: environment and the text of `whetstone.yaml` to a checked configuration.
 * @throws Invalid that names the variable or the field and what is expected there.
 */
export function readConfig(env: Environment, yamlText: string): Config {
  const port = portSchema.safeParse(env.PORT || '4780')
  if (!port.success) throw new Invalid(`PORT is "${env.PORT}"; expected a number from 0 to 65535.`, ['env', 'PORT'])
  const file = readYaml(yamlText)
  return {
    port: port.data,
    host: env.HOST || '127.0.0.1',
    home: findHome(env),
    databaseUrl: readDatabaseUrl(env.DATABASE_URL),
    adminKey: env.WHETSTONE_ADMIN_KEY || null,
    logLevel: env.WHETSTONE_LOG || 'info',
    backends: file.backends,
    benchRoots: readBenchRoots(env, file.bench_roots ?? []),
    allowPrivateWebhooks: readFlag(env, ALLOW_PRIVATE) ?? file.webhooks?.allow_private ?? false,
    env,
  }
}

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

function readDatabaseUrl(value: string | undefined): string | null {
  if (!value) return null
  const protocol = URL.parse(value)?.protocol
  if (protocol === 'postgres:' || protocol === 'postgresql:' || protocol === 'socket:') return value
  // Not shown: it may hold a password.
  throw new Invalid('DATABASE_URL is no PostgreSQL address; expected postgres://user:password@host:port/database.', [
    'env',
    'DATABASE_URL',
  ])
}

function findHome(env: Environment): string {
  return resolve(env.WHETSTONE_HOME || join(homedir(), '.whetstone'))
}

/** The environment's roots, if it names any, stand in the place of the file's; those are relative to the home. */
function readBenchRoots(env: Environment, fromFile: string[]): string[] {
  const named = env.WHETSTONE_BENCH_ROOTS?.split(':').filter(path => path !== '') ?? []
  return named.length > 0 ? named.map(path => resolve(path)) : fromFile.map(path => resolve(findHome(env), path))
}

const ALLOW_PRIVATE = 'WHETSTONE_WEBHOOKS_ALLOW_PRIVATE'

function readFlag(env: Environment, name: string): boolean | null {
  const value = env[name]?.toLowerCase()
  if (!value) return null
  if (['true', '1'].includes(value)) return true
  if (['false', '0'].includes(value)) return false
  throw new Invalid(`${name} is "${env[name]}"; expected true or false.`, ['env', name])
}

function readYaml(text: string): z.infer<typeof fileSchema> {
  const document = parseDocument(text)
  const [mistake] = document.errors
  if (mistake !== undefined) throw new Invalid(`whetstone.yaml: ${mistake.message}`, ['whetstone.yaml'])
  const parsed = fileSchema.safeParse(document.toJS() ?? {})
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const path = issue?.path.join('.') || 'the file'
  throw new Invalid(`whetstone.yaml, ${path}: ${issue?.message}`, [
    'whetstone.yaml',
    ...(issue?.path.map(String) ?? []),
  ])
}
