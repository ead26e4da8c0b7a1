/** The fence around a transcript: what stands between its two lines is data, whatever it says. */
import { createHmac } from 'node:crypto'

/** Hexadecimal digits of a nonce: 128 bits. */
const NONCE_LENGTH = 32

/**
 * Puts `content` between two lines that carry a nonce which does not occur in it. The nonce is an HMAC of the content, so
 * the same content always gets the same fence, while nobody without the key can write a line that closes it.
 */
export function fenceText(content: string, nonceKey: string | Uint8Array): { nonce: string; fenced: string } {
  const nonce = chooseNonce(content, attempt => deriveNonce(content, nonceKey, attempt))
  return { nonce, fenced: `=== transcript ${nonce} begins ===\n${content}\n=== transcript ${nonce} ends ===` }
}

/** The first of `derive(0)`, `derive(1)`, … that does not occur in the content. */
export function chooseNonce(content: string, derive: (attempt: number) => string): string {
  let attempt = 0
  let nonce = derive(attempt)
  while (content.includes(nonce)) {
    attempt += 1
    nonce = derive(attempt)
  }
  return nonce
}

/** HMAC-SHA256 (RFC 2104) of the content; from the second attempt on, of the content and the attempt's number. */
function deriveNonce(content: string, nonceKey: string | Uint8Array, attempt: number): string {
  const hmac = createHmac('sha256', nonceKey).update(content)
  if (attempt > 0) hmac.update(`\n${attempt}`)
  return hmac.digest('hex').slice(0, NONCE_LENGTH)
}
