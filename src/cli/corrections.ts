import { type Command, Option } from 'commander'
import { readAnswer } from '#client.ts'
import { quoteSpreadsheet } from '#spreadsheet.ts'
import { withService } from './command.ts'
import { addCorrectionExportCommand } from './corrections-export.ts'
import { parseCount } from './eval-run.ts'
import { formatMinute } from './score-columns.ts'
import { printTable } from './table.ts'
import { formatJson, print, showText } from './terminal-text.ts'

/** `whetstone corrections`: wrong answers, and what reviewers made of them. */
export function addCorrectionCommands(program: Command): void {
  const group = program.command('corrections').description('correct wrong answers, and take them away as training data')
  addConfigCommand(group)
  addRunCommands(group)
  addQueueCommand(group)
  addStatsCommand(group)
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

function addRunCommands(group: Command): void {
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
  group
    .command('import <run>')
    .description('import the candidates of a benchmark run; what is there already is skipped')
    .action((run: string, _options, command: Command) =>
      withService(command, async ({ service, options }) => {
        const done = await readAnswer(service.client.api.corrections.import.$post({ json: { run_id: run } }))
        if (options.json) await print(formatJson(done))
        else {
          await print(`${done.imported} imported, ${done.skipped} skipped, ${done.malformed_count} malformed`)
          await print(...done.malformed.slice(0, 20).map(({ line, reason }) => `line ${line}: ${showText(reason)}`))
          if (done.malformed_count > 20) await print(`… and ${done.malformed_count - 20} more (--json shows them)`)
        }
        return done.malformed_count > 0 ? 1 : 0
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
    .option('--limit <n>', 'how many, up to 200', parseCount, 20)
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

function addStatsCommand(group: Command): void {
  group
    .command('stats')
    .description('show how many candidates there are of each kind')
    .action((_options, command: Command) =>
      withService(command, async ({ service, options }) => {
        const stats = await readAnswer(service.client.api.corrections.stats.$get())
        if (options.json) await print(formatJson(stats))
        else {
          const { total, export_ready, ...parts } = stats
          const groups = [parts.by_status, parts.by_model, parts.by_task_type, parts.by_source]
          const names = ['status', 'model', 'task', 'source']
          const rows = groups.flatMap((group, index) =>
            Object.entries(group).map(([name, n]) => ({ kind: names[index] ?? '', name, n })),
          )
          await printTable(
            [
              { title: 'by', value: row => row.kind },
              { title: 'candidates', value: row => row.n },
              { title: '', value: row => row.name, most: 60 },
            ],
            rows,
            { nothing: 'No candidates.' },
          )
          await print(`${total} in all, ${export_ready} ready for export`)
        }
        return 0
      }),
    )
}

function asText(value: unknown): string | null {
  if (value === null || value === undefined) return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}
