import type { Command } from 'commander'
import { type Client, readAnswer } from '#client.ts'
import { withService } from './command.ts'
import { formatJson, print, showText } from './terminal-text.ts'

/** How many of the lines that could not be read are named. */
const NAMED = 20

/** `whetstone corrections import`. */
export function addCorrectionImportCommand(group: Command): void {
  group
    .command('import <run>')
    .description('import the candidates of a benchmark run; what is there already is skipped')
    .addHelpText(
      'after',
      '\nAn import that broke off is simply started again. Ends with 1 if a line could not be read.',
    )
    .action((run: string, _options, command: Command) =>
      withService(command, async ({ service: { client }, options }) => {
        const { waitFor } = await import('./waiting.ts')
        const before = await countCandidates(client)
        const done = await waitFor(
          () => readAnswer(client.api.corrections.import.$post({ json: { run_id: run } })),
          async () => `Importing: ${(await countCandidates(client)) - before} new candidates so far`,
        )
        if (options.json) await print(formatJson(done))
        else {
          await print(`${done.imported} imported, ${done.skipped} skipped, ${done.malformed_count} malformed`)
          await print(...done.malformed.slice(0, NAMED).map(({ line, reason }) => `line ${line}: ${showText(reason)}`))
          if (done.malformed_count > NAMED)
            await print(`… and ${done.malformed_count - NAMED} more (--json shows them)`)
        }
        return done.malformed_count > 0 ? 1 : 0
      }),
    )
}

async function countCandidates(client: Client): Promise<number> {
  return (await readAnswer(client.api.corrections.stats.$get())).total
}
