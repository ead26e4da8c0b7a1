import { Agent, setGlobalDispatcher } from 'undici'

const SAY_MS = 5_000

/**
 * Waits for an answer however long it takes (by itself `fetch` gives up after five minutes) and says every few seconds on
 * standard error how it stands. What cannot be said now is left out.
 */
export async function waitFor<Result>(work: () => Promise<Result>, say: () => Promise<string>): Promise<Result> {
  setGlobalDispatcher(new Agent({ headersTimeout: 0, bodyTimeout: 0 }))
  const timer = setInterval(() => {
    say().then(
      line => process.stderr.write(`${line}\n`),
      () => {},
    )
  }, SAY_MS)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}
