import { type Command, InvalidArgumentError, Option } from 'commander'
import { readAnswer } from '#client.ts'
import { quoteSpreadsheet } from '#spreadsheet.ts'
import { formatMinute, parseCount } from './amounts.ts'
import { withService } from './command.ts'
import { addCorrectionExportCommand } from './corrections-export.ts'
import { addCorrectionImportCommand } from './corrections-import.ts'
import { addCorrectionStatsCommand } from './corrections-stats.ts'
import { printTable } from './table.ts'
import { formatJson, print, showText } from './terminal-text.ts'

/** `whetstone corrections`: wrong answers, and what reviewers made of them. */
export function addCorrectionCommands(program: Command): void {
  const group = program.command('corrections').description('correct wrong answers, and take them away as training data')
  addConfigCommand(group)
  addRunsCommand(group)
  addCorrectionImportCommand(group)
  addQueueCommand(group)
  addCorrectionStatsCommand(group)
  addCorrectionExportCommand(group)
}

function addConfigCommand(group: Command): void {
  group
    .command('config [folder]')
    .description('show or set where benchmark results lie; "" sets none')
    .action((folder: string | undefined, _options, command: Command) =>
      withService(command, async ({ service, options }) => {
        const { config } = service.client.api.corrections
        if (folder !== undefined) await readAnswer(config.$post({ json: { bench_results_dir: folder } }))
        const set = await readAnswer(config.$get())
        await print(options.json ? formatJson(set) : showText(set.bench_results_dir) || 'No folder is set.')
        return 0
      }),
    )
}

function addRunsCommand(group: Command): void {
  group
    .command('runs')
    .description('list benchmark runs in the configured folder')
    .action((_options, command: Command) =>
      withService(command, async ({ service, options }) => {
        const runs = await readAnswer(service.client.api.corrections.runs.$get())
        await printTable(
          [
            { title: 'run', value: run => run.run_id, most: 60 },
            { title: 'of', value: run => formatMinute(run.timestamp) },
            { title: 'candidates', value: run => run.candidate_count },
            { title: 'imported', value: run => (run.already_imported ? 'yes' : 'no') },
          ],
          runs,
          { json: options.json, nothing: 'No runs. Set their folder with: whetstone corrections config FOLDER' },
        )
        return 0
      }),
    )
}

interface QueueOptions {
  limit: number
  source?: string
  model?: string
  task?: string
  csv?: boolean
}

function addQueueCommand(group: Command): void {
  group
    .command('queue')
    .description('show what waits for review')
    .option('--limit <n>', 'how many, up to 200', parsePageSize, 20)
    .option('--source <name>', 'only from this source')
    .option('--model <name>', 'only of this model')
    .option('--task <type>', 'only of this task type')
    .addOption(new Option('--csv', 'print as comma-separated values').conflicts('json'))
    .action((_options, command: Command) =>
      withService<QueueOptions>(command, async ({ service, options }) => {
        const { limit, source, model, task } = options
        const query = {
          per_page: String(limit),
          ...(source === undefined ? {} : { source }),
          ...(model === undefined ? {} : { model_name: model }),
          ...(task === undefined ? {} : { task_type: task }),
        }
        const page = await readAnswer(service.client.api.corrections.queue.$get({ query }))
        if (options.json) await print(formatJson(page))
        else if (options.csv) {
          const columns = [
            'id',
            'source',
            'model_name',
            'task_type',
            'quality_score',
            'failure_reason',
            'model_response',
          ]
          const rows = page.items.map(item => columns.map(column => quoteSpreadsheet(item[column])).join(','))
          await print(columns.join(','), ...rows)
        } else {
          await printTable(
            [
              { title: 'id', value: item => item.id, most: 40 },
              { title: 'model', value: item => asText(item.model_name), most: 24 },
              { title: 'task', value: item => asText(item.task_type), most: 20 },
              { title: 'answer', value: item => item.model_response, most: 60 },
            ],
            page.items,
            { nothing: 'Nothing waits for review.' },
          )
          if (page.total > page.items.length) await print(`${page.items.length} of ${page.total}`)
        }
        return 0
      }),
    )
}

function parsePageSize(text: string): number {
  const count = parseCount(text)
  if (count > 200) throw new InvalidArgumentError('At most 200 are shown at a time.')
  return count
}

function asText(value: unknown): string | null {
  if (value === null || value === undefined) return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}
