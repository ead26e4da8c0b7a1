import { type Command, Option } from 'commander'
import { type Client, readAnswer } from '#client.ts'
import { countNoun, formatMinute, parseCount } from './amounts.ts'
import { withService } from './command.ts'
import { addDatasetFileCommands } from './dataset-files.ts'
import { type Column, printTable } from './table.ts'
import { colours, formatJson, print, showText } from './terminal-text.ts'

/** `whetstone datasets`: cases in versions. */
export function addDatasetCommands(program: Command): void {
  const group = program.command('datasets').description('keep cases for experiments, in versions')
  addListCommand(group)
  addShowCommand(group)
  addDatasetFileCommands(group)
  addCollectCommand(group)
  addDiffCommand(group)
}

function addListCommand(group: Command): void {
  group
    .command('list', { isDefault: true })
    .description('list datasets')
    .action((_options, command: Command) =>
      withService(command, async ({ service, options }) => {
        const rows = await readAnswer(service.client.api.datasets.$get())
        await printTable(DATASET_COLUMNS, rows, { json: options.json, nothing: 'There are no datasets.' })
        return 0
      }),
    )
}

function addShowCommand(group: Command): void {
  group
    .command('show <name>')
    .description('show the versions of a dataset')
    .option('--limit <n>', 'at most this many', parseCount, 20)
    .action((name: string, _options, command: Command) =>
      withService<{ limit: number }>(command, async ({ service, options }) => {
        const param = { name: encodeURIComponent(name) }
        const query = { limit: String(options.limit) }
        const rows = await readAnswer(service.client.api.datasets[':name'].versions.$get({ param, query }))
        await printTable(VERSION_COLUMNS, rows, { json: options.json, nothing: 'There are no versions.' })
        return 0
      }),
    )
}

interface CollectOptions {
  from: 'sessions' | 'feedback' | 'corrections'
  profile?: string
  since?: string
  until?: string
  limit?: number
  replace?: boolean
}

function addCollectCommand(group: Command): void {
  group
    .command('collect <name>')
    .description('make cases of what Whetstone has')
    .addOption(
      new Option('--from <source>', 'requests in sessions, rated answers, or approved corrections')
        .choices(['sessions', 'feedback', 'corrections'])
        .makeOptionMandatory(),
    )
    .option('--profile <id>', 'only of this agent')
    .option('--since <time>', 'from this time on')
    .option('--until <time>', 'before this time')
    .option('--limit <n>', 'at most this many cases of sessions or feedback', parseCount)
    .option('--replace', 'instead of the cases that are there')
    .action((name: string, _options, command: Command) =>
      withService<CollectOptions>(command, async ({ service, options }) => {
        const change = await collectCases(service.client, name, options)
        await print(options.json ? formatJson(change) : describeChange(change))
        return 0
      }),
    )
}

function collectCases(client: Client, name: string, options: CollectOptions) {
  const { profile, since: from, until: to, limit } = options
  const mode = options.replace ? ('replace' as const) : ('append' as const)
  if (options.from === 'corrections') {
    const json = { dataset: name, mode, filter: { profile, from, to } }
    return readAnswer(client.api.corrections.golden.all.$post({ json }))
  }
  const given = { param: { name: encodeURIComponent(name) }, json: { profile, from, to, limit, mode } }
  const dataset = client.api.datasets[':name']
  return options.from === 'sessions'
    ? readAnswer(dataset.sessions.$post(given))
    : readAnswer(dataset.feedback.$post(given))
}

function addDiffCommand(group: Command): void {
  group
    .command('diff <name> <from> [to]')
    .description('show what changed from one version to another, or to the newest')
    .option('--limit <n>', 'at most this many cases', parseCount, 20)
    .action((name: string, from: string, to: string | undefined, _options, command: Command) =>
      withService<{ limit: number }>(command, async ({ service, options }) => {
        const param = { name: encodeURIComponent(name) }
        const query = { from, limit: String(options.limit), ...(to === undefined ? {} : { to }) }
        const diff = await readAnswer(service.client.api.datasets[':name'].diff.$get({ param, query }))
        if (options.json) await print(formatJson(diff))
        else {
          await print(`${diff.from} → ${diff.to}: ${describeCounts(diff)}`)
          for (const { kind, before, after } of diff.differences) {
            if (before !== null) await print(colours.red(`- ${describeCase(kind, before)}`))
            if (after !== null) await print(colours.green(`+ ${describeCase(kind, after)}`))
          }
          if (diff.next !== null) await print('… and more (--limit)')
        }
        return 0
      }),
    )
}

interface Counts {
  added: number
  removed: number
  changed: number
  unchanged: number
}

/** What became of a dataset, in one line. */
export function describeChange(change: Counts & { version: string; cases: number }): string {
  return `${change.version}: ${countNoun(change.cases, 'case')}; ${describeCounts(change)}`
}

function describeCounts({ added, removed, changed, unchanged }: Counts): string {
  return `${added} added, ${removed} removed, ${changed} changed, ${unchanged} unchanged`
}

function describeCase(kind: string, one: { id: string | null; input: object; expected?: unknown }): string {
  const expected = one.expected === null || one.expected === undefined ? '' : ` → ${JSON.stringify(one.expected)}`
  return showText(`${kind} ${one.id === null ? '' : `${one.id} `}${JSON.stringify(one.input)}${expected}`)
}

interface DatasetRow {
  name: string
  version: string
  version_no: number
  case_count: number
  changed_at: string
}

const DATASET_COLUMNS: Column<DatasetRow>[] = [
  { title: 'name', value: row => row.name, most: 60 },
  { title: 'cases', value: row => row.case_count },
  { title: 'version', value: row => row.version },
  { title: 'no', value: row => row.version_no },
  { title: 'changed', value: row => formatMinute(row.changed_at) },
]

const VERSION_COLUMNS: Column<Omit<DatasetRow, 'name' | 'changed_at'> & VersionRow>[] = [
  { title: 'no', value: row => row.version_no },
  { title: 'version', value: row => row.version },
  { title: 'cases', value: row => row.case_count },
  { title: 'added', value: row => row.added },
  { title: 'removed', value: row => row.removed },
  { title: 'changed', value: row => row.changed },
  { title: 'made by', value: row => row.made_by },
  { title: 'author', value: row => row.author, most: 30 },
  { title: 'when', value: row => formatMinute(row.created_at) },
]

interface VersionRow extends Omit<Counts, 'unchanged'> {
  made_by: string
  author: string | null
  created_at: string
}
