import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { type Client, readAnswer } from '#client.ts'
import type { Config } from '#config.ts'
import { experimentInputSchema } from '#experiments/definition.ts'
import { backendEntrySchema } from '#models/backends.ts'
import { followExperiment } from './experiment-progress.ts'
import { findNewestExperiment, readBoard } from './experiment-result.ts'
import { printLeaderboard } from './leaderboard.ts'
import { print } from './terminal-text.ts'

const demoSchema = z.object({ backend: backendEntrySchema, experiment: experimentInputSchema })

/** The configuration with the scripted backend that the experiment of the demo asks. */
export async function addDemoBackend(config: Config): Promise<Config> {
  const { backend } = await readDemoExperiment()
  const own: unknown[] = Array.isArray(config.backends) ? config.backends : []
  return { ...config, backends: [...own, backend] }
}

/** Runs the experiment that ships with Whetstone, unless it was run before, and shows how its variants compare. */
export async function showDemoExperiment(client: Client, ended: AbortSignal): Promise<void> {
  const { experiment } = await readDemoExperiment()
  const known = await findNewestExperiment(client, experiment.name)
  const first =
    known ?? (await readAnswer(client.api.experiments.$post({ query: { start: 'true' }, json: experiment })))
  await followExperiment(client, first, ended)
  if (ended.aborted) return
  const board = await readBoard(client, first.id)
  if (board === null) return
  await print('', 'An experiment, played by a script: does the large model sort tickets better than the small one?', '')
  await printLeaderboard(board)
}

async function readDemoExperiment(): Promise<z.infer<typeof demoSchema>> {
  const { parse } = await import('yaml')
  const text = await readFile(new URL('../../demo/experiment.yaml', import.meta.url), 'utf8')
  return demoSchema.parse(parse(text))
}
