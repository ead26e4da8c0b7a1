import { once } from 'node:events'
import { openAsBlob } from 'node:fs'
import { access, constants, open, rename, rm } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { type Command, Option } from 'commander'
import { type Client, readAnswer, readRefusal } from '#client.ts'
import { Invalid, NotFound } from '#errors.ts'
import { countNoun } from './amounts.ts'
import { withService } from './command.ts'
import { formatJson, print, showText } from './terminal-text.ts'

const MALFORMED_SHOWN = 20

const TYPES: { [ending: string]: string } = {
  '.jsonl': 'application/x-ndjson',
  '.ndjson': 'application/x-ndjson',
  '.csv': 'text/csv',
  '.tsv': 'text/tab-separated-values',
}

type Versions = Client['api']['datasets'][':name']['versions']
type UploadQuery = Parameters<Versions['$post']>[0]['query']

/**
 * Makes a file of cases the new version of a dataset.
 *
 * @throws Invalid for a file of another ending. @throws NotFound if it cannot be read.
 */
export async function uploadCaseFile(client: Client, path: string, name: string, query: UploadQuery) {
  const type = TYPES[extname(path).toLowerCase()]
  if (type === undefined) throw new Invalid(`${path} has to end in ${Object.keys(TYPES).join(', ')}.`)
  await access(path, constants.R_OK).catch((error: NodeJS.ErrnoException) => {
    throw new NotFound(`${path} cannot be read: ${error.code ?? error.message}.`)
  })
  const body = await openAsBlob(path, { type })
  const given = { param: { name: encodeURIComponent(name) }, query }
  const headers = { 'content-type': type }
  return readAnswer(client.api.datasets[':name'].versions.$post(given, { headers, init: { body } }))
}

interface ImportOptions {
  name?: string
  append?: boolean
  input?: string
  expected?: string
  id?: string
  source?: string
  delimiter?: string
}

/** `whetstone datasets import` and `export`. */
export function addDatasetFileCommands(group: Command): void {
  addImportFileCommand(group)
  addExportFileCommand(group)
}

function addImportFileCommand(group: Command): void {
  group
    .command('import <file>')
    .description('make a file of cases (.jsonl, .csv, .tsv) the new version of a dataset')
    .option('--name <dataset>', "which one (default: the file's name)")
    .option('--append', 'beside the cases that are there; one of the same id gives way')
    .option('--input <columns>', 'CSV: the columns that are the input, separated by commas; others are metadata')
    .option('--expected <columns>', 'CSV: what is expected')
    .option('--id <column>', 'CSV: what names a case across versions')
    .option('--source <column>', 'CSV: the session that a case comes from')
    .option('--delimiter <character>', 'CSV: instead of a comma')
    .action((path: string, _options, command: Command) =>
      withService<ImportOptions>(command, async ({ service, options }) => {
        const { name = basename(path, extname(path)), append, input, expected, id, source, delimiter } = options
        const mode = append ? ('append' as const) : ('replace' as const)
        const query = dropUndefined({ mode, input, expected, id, source, delimiter })
        const done = await uploadCaseFile(service.client, path, name, query)
        if (options.json) await print(formatJson(done))
        else {
          const { version, cases, added, removed, changed, unchanged, malformed, malformed_count } = done
          const counts = `${added} added, ${removed} removed, ${changed} changed, ${unchanged} unchanged`
          await print(
            `${showText(name)} ${version}: ${countNoun(cases, 'case')}; ${counts}, ${malformed_count} malformed`,
          )
          await print(...malformed.slice(0, MALFORMED_SHOWN).map(one => `line ${one.line}: ${showText(one.reason)}`))
          const more = malformed_count - MALFORMED_SHOWN
          if (more > 0) await print(`… and ${more} more (--json shows them)`)
        }
        return done.malformed_count > 0 ? 1 : 0
      }),
    )
}

interface ExportOptions {
  at?: string
  split?: 'train' | 'test'
  testShare?: string
  out?: string
}

function addExportFileCommand(group: Command): void {
  group
    .command('export <name>')
    .description('print the cases of a version as JSONL, or write them to a file')
    .option('--at <version>', 'a label or a number (default: the newest)')
    .addOption(new Option('--split <which>', 'one side of a split').choices(['train', 'test']))
    .option('--test-share <x>', 'how much of everything is test (0.2)')
    .option('--out <file>', 'where to write it')
    .action((name: string, _options, command: Command) =>
      withService<ExportOptions>(command, async ({ service, options }) => {
        const { at: version, split, testShare: test_share, out } = options
        const query = dropUndefined({ version, split, test_share })
        const given = { param: { name: encodeURIComponent(name) }, query }
        const response = await service.client.api.datasets[':name'].export.$get(given)
        if (!response.ok || response.body === null) throw await readRefusal(response)
        if (out === undefined) await printBytes(response.body)
        else await saveBytes(response.body, out)
        return 0
      }),
    )
}

async function printBytes(stream: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of stream) {
    if (process.stdout.write(chunk)) continue
    await Promise.race([once(process.stdout, 'drain'), once(process.stdout, 'close')]).catch(() => {})
    if (process.stdout.destroyed) return
  }
}

/** The file has its name only once it is whole. */
async function saveBytes(stream: AsyncIterable<Uint8Array>, path: string): Promise<void> {
  const part = `${path}.${process.pid}.part`
  const file = await open(part, 'wx')
  try {
    for await (const chunk of stream) await file.writeFile(chunk)
    await file.sync()
    await file.close()
    await rename(part, path)
  } catch (error) {
    await file.close().catch(() => {})
    await rm(part, { force: true })
    throw error
  }
}

type Given<Options> = { [Key in keyof Options]?: Exclude<Options[Key], undefined> }

function dropUndefined<Options extends object>(options: Options): Given<Options>
function dropUndefined(options: { [name: string]: unknown }): { [name: string]: unknown } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
