export interface GatheringOptions {
  /** Runs that may be under way at the same time. */
  lanes: number
  /** Pieces that one run takes at most. */
  most: number
}

/**
 * Makes few statements of many small pieces of work: pieces that come in the same moment, or while all lanes are busy, go
 * together in one run. Without load each goes at once and alone, under load a commit serves many.
 *
 * A run of several that fails is repeated piece by piece, so that a bad piece fails alone; a piece must bear being tried
 * twice.
 *
 * @param run does all pieces and answers in their order.
 * @returns does one piece.
 */
export function createGathering<Piece, Result>(
  options: GatheringOptions,
  run: (pieces: Piece[]) => Promise<Result[]>,
): (piece: Piece) => Promise<Result> {
  const waiting: Waiting<Piece, Result>[] = []
  let busy = 0
  let planned = false
  const plan = () => {
    if (planned || busy >= options.lanes || waiting.length === 0) return
    planned = true
    setImmediate(start)
  }
  const start = () => {
    planned = false
    busy++
    runTogether(waiting.splice(0, options.most), run).finally(() => {
      busy--
      plan()
    })
    plan()
  }
  return piece => {
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    waiting.push({ piece, resolve, reject })
    plan()
    return promise
  }
}

interface Waiting<Piece, Result> {
  piece: Piece
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

async function runTogether<Piece, Result>(
  gathered: Waiting<Piece, Result>[],
  run: (pieces: Piece[]) => Promise<Result[]>,
): Promise<void> {
  try {
    const results = await run(gathered.map(({ piece }) => piece))
    if (results.length !== gathered.length) throw new Error(`${gathered.length} pieces gave ${results.length} results`)
    for (const [index, result] of results.entries()) gathered[index]?.resolve(result)
  } catch (error) {
    if (gathered.length === 1) gathered[0]?.reject(error)
    else for (const one of gathered) await runTogether([one], run)
  }
}
