import type { Command } from 'commander'
import { readAnswer, type ShownExperiment } from '#client.ts'
import { formatDollars, formatMinute, parseCount } from './amounts.ts'
import { withService } from './command.ts'
import { describeExperiment, findExperimentId, reportExperiment } from './experiment-result.ts'
import { addExperimentRunCommands } from './experiment-run.ts'
import { type Column, printTable } from './table.ts'
import { formatJson, print, showText } from './terminal-text.ts'

/** `whetstone experiment`. */
export function addExperimentCommands(program: Command): void {
  const group = program.command('experiment').description('find out which prompt, model or setting is better')
  addExperimentRunCommands(group)
  group
    .command('list')
    .description('list experiments, newest first')
    .option('--limit <n>', 'at most this many', parseCount, 20)
    .action((_options, command: Command) =>
      withService<{ limit: number }>(command, async ({ service, options }) => {
        const rows = await readAnswer(service.client.api.experiments.$get({ query: { limit: String(options.limit) } }))
        const nothing = 'No experiments yet. Run one with: whetstone experiment run FILE.yaml'
        await printTable(COLUMNS, rows, { json: options.json, nothing })
        return 0
      }),
    )
  group
    .command('show <experiment>')
    .description('show how an experiment stands, by its id or name, and how its variants compare')
    .action((name: string, _options, command: Command) =>
      withService(command, async ({ service, options }) => {
        const param = { experiment_id: await findExperimentId(service.client, name) }
        const shown = await readAnswer(service.client.api.experiments[':experiment_id'].$get({ param }))
        await reportExperiment(service.client, shown, options.json ?? false)
        return 0
      }),
    )
  addLabelCommand(group)
  for (const verb of ['pause', 'stop'] as const) {
    group
      .command(`${verb} <experiment>`)
      .description(
        verb === 'pause' ? 'send nothing new until it is resumed' : 'end an experiment; what was done is kept',
      )
      .action((name: string, _options, command: Command) =>
        withService(command, async ({ service, options }) => {
          const param = { experiment_id: await findExperimentId(service.client, name) }
          const endpoint = service.client.api.experiments[':experiment_id'][verb]
          const shown = await readAnswer(endpoint.$post({ param }))
          await print(...(options.json ? [formatJson(shown)] : describeExperiment(shown)))
          return 0
        }),
      )
  }
}

interface LabelOptions {
  stage?: string
  prompt?: string
}

function addLabelCommand(group: Command): void {
  group
    .command('label <experiment> <variant> <label>')
    .description("put a label of the registry at a variant's prompt: its number, its name on the leaderboard, or JSON")
    .option('--stage <stage>', 'the stage whose prompt is meant, where there are several')
    .option('--prompt <name>', 'the name in the registry (default: that of the prompt which the variant uses)')
    .action((name: string, variant: string, label: string, _options, command: Command) =>
      withService<LabelOptions>(command, async ({ service, options }) => {
        const { stage, prompt } = options
        const wanted = {
          variant,
          label,
          ...(stage === undefined ? {} : { stage }),
          ...(prompt === undefined ? {} : { prompt }),
        }
        const endpoint = service.client.api.experiments[':id'].label
        const done = await readAnswer(endpoint.$post({ param: { id: encodeURIComponent(name) }, json: wanted }))
        const before = done.previous === null ? '' : ` (before: ${showText(done.previous)})`
        await print(options.json ? formatJson(done) : `${showText(done.label)} ${showText(done.version)}${before}`)
        return 0
      }),
    )
}

const COLUMNS: Column<ShownExperiment>[] = [
  { title: 'experiment', value: row => row.id },
  { title: 'name', value: row => row.name, most: 32 },
  { title: 'status', value: row => row.status },
  { title: 'created', value: row => formatMinute(row.created_at) },
  { title: 'variants', value: row => row.variants },
  { title: 'done', value: row => `${row.completed + row.failed}/${row.cells}` },
  { title: 'failed', value: row => row.failed },
  { title: 'cost', value: row => (row.cost_usd === null ? null : formatDollars(row.cost_usd)) },
  { title: 'best run', value: row => row.best?.toFixed(3) ?? null },
]
