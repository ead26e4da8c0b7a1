import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { readAnswer } from '#client.ts'
import { NotFound } from '#errors.ts'
import { formatMinute } from './amounts.ts'
import { type CommandContext, withService } from './command.ts'
import { type Column, printTable } from './table.ts'
import { colours, formatJson, print, showText } from './terminal-text.ts'

interface VersionRow {
  version: string
  name: string
  pinned: boolean
  created_at: string
}

/** `whetstone eval pins`, `rubrics` and `panels`. */
export function addVersionCommands(group: Command): void {
  group
    .command('pins')
    .description('show the judge and rubric versions in force, or put others in force')
    .option('--panel <version>', 'a judge version, or a name, which means its newest version')
    .option('--rubric <version>', 'a rubric version, or a name, which means its newest version')
    .action((_options, command: Command) =>
      withService<{ panel?: string; rubric?: string }>(command, async ({ service, options }) => {
        const { panel, rubric } = options
        const { pins } = service.client.api.eval
        const isChange = panel !== undefined || rubric !== undefined
        const json = { ...(panel === undefined ? {} : { panel }), ...(rubric === undefined ? {} : { rubric }) }
        const found = await readAnswer(isChange ? pins.$put({ json }) : pins.$get())
        if (options.json) await print(formatJson(found))
        else {
          const { judge_version, rubric_version, pinned_at } = found
          await print(`judge   ${showText(judge_version)}`, `rubric  ${showText(rubric_version)}`)
          await print(`since   ${formatMinute(pinned_at)} UTC`)
        }
        return 0
      }),
    )
  addKind(group, 'rubric', {
    list: ({ service }) => readAnswer(service.client.api.eval.rubrics.$get()),
    add: ({ service }, yaml) => readAnswer(service.client.api.eval.rubrics.$post({ json: { yaml } })),
    show: ({ service }, version) =>
      readAnswer(service.client.api.eval.rubrics[':version'].$get({ param: { version } })),
  })
  addKind(group, 'panel', {
    list: ({ service }) => readAnswer(service.client.api.eval.panels.$get()),
    add: ({ service }, yaml) => readAnswer(service.client.api.eval.panels.$post({ json: { yaml } })),
    show: ({ service }, version) => readAnswer(service.client.api.eval.panels[':version'].$get({ param: { version } })),
  })
}

interface Kind {
  list: (context: CommandContext<object>) => Promise<VersionRow[]>
  add: (context: CommandContext<object>, yaml: string) => Promise<{ version: string }>
  show: (context: CommandContext<object>, version: string) => Promise<object>
}

/** Rubrics and panels are looked after in the same way. */
function addKind(group: Command, noun: 'rubric' | 'panel', kind: Kind): void {
  const own = group.command(`${noun}s`).description(`list, add and show ${noun}s`)
  own
    .command('list', { isDefault: true })
    .description(`list versions of ${noun}s, newest first`)
    .action((_options, command: Command) =>
      withService<object>(command, async context => {
        await printTable(VERSION_COLUMNS, await kind.list(context), { json: context.options.json, nothing: 'None.' })
        return 0
      }),
    )
  own
    .command('add <file>')
    .description(`add a ${noun} from a YAML file; other content is another version`)
    .action((path: string, _options, command: Command) =>
      withService<object>(command, async context => {
        const { version } = await kind.add(context, await readYaml(path))
        const hint = `To judge with it: whetstone eval pins --${noun} ${version}`
        await print(context.options.json ? formatJson({ version }) : `${version}\n${hint}`)
        return 0
      }),
    )
  own
    .command('show <version>')
    .description(`print a ${noun} as YAML: a version, or the newest of a name`)
    .action((version: string, _options, command: Command) =>
      withService<object>(command, async context => {
        const found = await kind.show(context, encodeURIComponent(version))
        const { stringify } = await import('yaml')
        const lines = stringify(found, { lineWidth: 100 }).trimEnd().split('\n')
        await print(context.options.json ? formatJson(found) : lines.map(showText).join('\n'))
        return 0
      }),
    )
}

const VERSION_COLUMNS: Column<VersionRow>[] = [
  { title: 'version', value: row => row.version },
  { title: 'name', value: row => row.name, most: 40 },
  { title: 'added', value: row => formatMinute(row.created_at) },
  { title: 'in force', value: row => (row.pinned ? 'yes' : ''), paint: cell => colours.green(cell) },
]

async function readYaml(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new NotFound(`${path} cannot be read: ${error.code ?? error.message}.`)
  })
}
