/** Versions by content: two things have the same version exactly when their content is the same. */
import { createHash } from 'node:crypto'
import { canonicalJson } from '#json.ts'

/** `<name>@<first 8 hexadecimal digits of the SHA-256 over the content's canonical JSON (RFC 8785)>`. */
export function computeLabel(name: string, content: unknown): string {
  return `${name}@${createHash('sha256').update(canonicalJson(content)).digest('hex').slice(0, 8)}`
}
