import { hash } from 'node:crypto'
import { splitSource, toTenThousandths } from '#datasets/cluster.ts'
import { canonicalJson } from '#json.ts'

/** What a candidate is known by. */
export interface ContentMarks {
  /** SHA-256 of the canonical JSON of prompt and response, and of the calls that the response makes, if it makes any. */
  content_hash: Buffer
  /** 0 to 9999. Equal for everything of one session or, without a session, of one prompt. */
  split: number
  /** 0 to 9999, by the candidate's id. */
  sample: number
}

/** Computes the marks of a candidate. Pure; the same content has the same marks on every machine. */
export function markContent(
  id: string,
  promptMessages: unknown,
  modelResponse: string,
  sessionId: string | null,
  toolCalls?: unknown,
): ContentMarks {
  const prompt = canonicalJson(promptMessages)
  const calls = Array.isArray(toolCalls) ? `,${canonicalJson(toolCalls)}` : ''
  return {
    content_hash: hash('sha256', `[${prompt},${JSON.stringify(modelResponse)}${calls}]`, 'buffer'),
    split: sessionId === null ? toTenThousandths(`prompt:${prompt}`) : splitSource(sessionId),
    sample: toTenThousandths(`sample:${id}`),
  }
}
