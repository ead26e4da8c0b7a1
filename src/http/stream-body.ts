/**
 * An answer's body of chunks as they come: the next one is asked for when the client took the last. A client that leaves
 * ends the source.
 *
 * `ReadableStream.from` does the same, but the types that browsers and Node share do not know it.
 */
export function streamBody(chunks: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const source = chunks[Symbol.asyncIterator]()
  return new ReadableStream(
    {
      pull: async controller => {
        const next = await source.next()
        if (next.done) controller.close()
        else controller.enqueue(next.value)
      },
      cancel: async () => {
        await source.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}
