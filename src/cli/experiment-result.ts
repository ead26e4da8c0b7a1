import { type Client, Refusal, readAnswer, type ShownExperiment, type ShownLeaderboard } from '#client.ts'
import { NotFound } from '#errors.ts'
import { formatCount, formatDollars, formatSeconds } from './amounts.ts'
import { printLeaderboard } from './leaderboard.ts'
import { formatJson, print, showText } from './terminal-text.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const SHOWN = 15

/** The id of an experiment that is named by its id, or by its name: the newest of that name. @throws NotFound */
export async function findExperimentId(client: Client, name: string): Promise<string> {
  if (UUID.test(name)) return name
  const newest = await findNewestExperiment(client, name)
  if (newest === null) throw new NotFound(`There is no experiment "${name}". See: whetstone experiment list`)
  return newest.id
}

/** The newest experiment of a name; null if there is none. */
export async function findNewestExperiment(client: Client, name: string): Promise<ShownExperiment | null> {
  const [newest = null] = await readAnswer(client.api.experiments.$get({ query: { name, limit: '1' } }))
  return newest
}

/** What became of an experiment, and how its variants compare. @returns 0 only if every run was completed. */
export async function reportExperiment(client: Client, shown: ShownExperiment, json: boolean): Promise<number> {
  const board = await readBoard(client, shown.id)
  if (json) await print(formatJson({ ...shown, leaderboard: board }))
  else {
    await print(...describeExperiment(shown))
    if (board !== null && board.entries.length > 0) {
      await print('')
      await printLeaderboard(board)
    }
  }
  return shown.status === 'completed' && shown.failed === 0 ? 0 : 1
}

/** An experiment's leaderboard; null for one without variants. */
export async function readBoard(client: Client, id: string): Promise<ShownLeaderboard | null> {
  const query = { limit: String(SHOWN) }
  return readAnswer(client.api.experiments[':id'].leaderboard.$get({ param: { id }, query })).catch(error => {
    if (error instanceof Refusal && error.status < 500) return null
    throw error
  })
}

/** How an experiment stands, in a few lines. */
export function describeExperiment(shown: ShownExperiment): string[] {
  const { name, status, completed, failed, cells, calls, cached, tokens_in, tokens_out, cost_usd } = shown
  const seconds =
    shown.started_at === null || shown.finished_at === null
      ? null
      : (Date.parse(shown.finished_at) - Date.parse(shown.started_at)) / 1000
  const time = seconds === null ? '' : `, in ${formatSeconds(seconds)}`
  const failures = failed === 0 ? '' : `, ${formatCount(failed)} failed (each counts 0)`
  const cost = cost_usd === null ? 'cost unknown' : formatDollars(cost_usd)
  return [
    `${showText(name)} is ${status}: ${formatCount(completed)} of ${formatCount(cells)} runs completed${failures}${time}.`,
    `${formatCount(calls)} calls, ${formatCount(cached)} answers known before, ${formatCount(tokens_in)} tokens in, ${formatCount(tokens_out)} out, ${cost}.`,
    ...(shown.error === null ? [] : [`It ended early: ${showText(shown.error)}`]),
  ]
}
