import type { Backends } from './backend.ts'

/** A backend in the words of its configuration; of its key only whether there is one. */
export interface BackendDescription {
  name: string
  kind: string
  base_url: string | null
  key_env: string | null
  has_key: boolean
  concurrency: number
}

/** What the known backends are, in the order of the configuration. */
export function describeBackends(
  backends: Backends,
  env: { [name: string]: string | undefined },
): BackendDescription[] {
  return backends.names().map(name => {
    const { kind, base_url, key_env, concurrency } = backends.get(name).config
    return { name, kind, base_url, key_env, has_key: key_env !== null && Boolean(env[key_env]), concurrency }
  })
}
