/** What keeps cases together: train and test must not share a conversation, nor a prompt. */
import { hash } from 'node:crypto'
import { canonicalJson, isJsonObject } from '#json.ts'

export interface Cluster {
  /** Equal for all that came of one source; without a source, for all with the same input. */
  cluster: string
  /** 0 to 9999, by the cluster alone: a test split takes those below its share of 10,000. */
  split: number
}

/**
 * Says what a case belongs together with. Pure; the same on every machine, and for a case, the correction that it was made
 * of and all other answers to the prompt.
 *
 * @param input an object that has a list of `messages` counts by these, as a correction's prompt does.
 */
export function nameCluster(source: string | null, input: unknown): Cluster {
  if (source !== null) return { cluster: `session:${source}`, split: splitSource(source) }
  const prompt = isJsonObject(input) && Array.isArray(input.messages) ? input.messages : input
  const digest = hash('sha256', `prompt:${canonicalJson(prompt)}`, 'buffer')
  return { cluster: `prompt:${digest.toString('hex')}`, split: readTenThousandths(digest) }
}

/** The split of all that came of a session. */
export function splitSource(sessionId: string): number {
  return toTenThousandths(`session:${sessionId}`)
}

/** A number from 0 to 9999 that depends on the text alone; the bias of the remainder is below 3e-6. */
export function toTenThousandths(text: string): number {
  return readTenThousandths(hash('sha256', text, 'buffer'))
}

function readTenThousandths(digest: Buffer): number {
  return digest.readUInt32BE(0) % 10_000
}
