import { createHash } from 'node:crypto'
import { canonicalJson } from '#json.ts'

/** The parts of a run's configuration that decide what work it is; others, such as a label, are not looked at. */
export interface HashedConfig {
  prompt?: unknown
  model?: unknown
  params?: unknown
  input_data?: unknown
  stages?: unknown
  backend?: unknown
}

/**
 * The `config_hash` of a run: SHA-256, as 64 lower-case hexadecimal digits, over the canonical JSON (RFC 8785) of
 * `{input_data, model, params, prompt}`, where `""`, `""`, `{}`, `""` (input data, model, parameters, prompt) stand for
 * members that are absent; null is a value and stays. `stages` and `backend` are members too when they are there and not null.
 * Text counts by its UTF-16 code units: no Unicode normalisation.
 *
 * Throws a `TypeError` for what JSON cannot say (NaN, a bigint).
 */
export function computeConfigHash(config: HashedConfig): string {
  const { prompt = '', model = '', params = {}, input_data = '', stages = null, backend = null } = config
  const content = {
    prompt,
    model,
    params,
    input_data,
    ...(stages === null ? {} : { stages }),
    ...(backend === null ? {} : { backend }),
  }
  return createHash('sha256').update(canonicalJson(content)).digest('hex')
}
