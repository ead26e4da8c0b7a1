import { type Client, readAnswer } from '#client.ts'
import { describeError } from '../ui/states.tsx'

/** What became of a file. */
export type DroppedResult = { name: string } & (
  | {
      format: string
      imported: number
      updated: number
      unchanged: number
      rejected: { line: number; reason: string }[]
      rejected_count: number
    }
  | { error: string }
)

/** Sends one file after the other, so that the server reads one at a time; a file that is refused stops none. */
export async function* importInTurn(
  client: Client,
  files: File[],
  ended: AbortSignal,
): AsyncGenerator<DroppedResult, void, undefined> {
  for (const file of files) {
    if (ended.aborted) return
    const { name } = file
    try {
      const headers = { 'content-type': 'application/octet-stream' }
      const sent = client.api.sessions.transcripts.$post(
        { query: { name: name.slice(-255) } },
        { headers, init: { body: file, signal: ended } },
      )
      yield { name, ...(await readAnswer(sent)) }
    } catch (error) {
      if (ended.aborted) return
      yield { name, error: describeError(error) }
    }
  }
}

/** The same in words, behind the file's name. */
export function describeDropped(result: DroppedResult): string {
  if ('error' in result) return `was not imported: ${result.error}`
  const { format, imported, updated, unchanged, rejected, rejected_count } = result
  const counts = [
    ...(imported > 0 ? [`${imported.toLocaleString('en-US')} new`] : []),
    ...(updated > 0 ? [`${updated.toLocaleString('en-US')} updated`] : []),
    ...(unchanged > 0 ? [`${unchanged.toLocaleString('en-US')} unchanged`] : []),
    ...(rejected_count > 0 ? [`${rejected_count.toLocaleString('en-US')} rejected`] : []),
  ]
  const [first] = rejected
  const why = first === undefined ? '' : `; line ${first.line}: ${first.reason}`
  return `${format}: ${counts.length === 0 ? 'no sessions' : counts.join(', ')}${why}`
}
