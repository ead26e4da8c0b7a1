import { createHash } from 'node:crypto'
import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Command, Option } from 'commander'
import { type Client, readAnswer, readRefusal } from '#client.ts'
import { Conflict, Invalid } from '#errors.ts'
import { formatSeconds, parseShare } from './amounts.ts'
import { withService } from './command.ts'
import { showProgress } from './progress.ts'
import { formatJson, print, showText } from './terminal-text.ts'

interface ExportOptions {
  format: 'sft' | 'sft_tools' | 'dpo' | 'kto'
  out?: string
  from?: string
  to?: string
  source?: string
  category?: Category
  profile?: string
  split?: 'train' | 'test'
  testShare?: number
}

const CATEGORIES = [
  'scoring_artifact',
  'style_violation',
  'partial_answer',
  'wrong_answer',
  'format_error',
  'hallucination',
] as const
type Category = (typeof CATEGORIES)[number]

/** `whetstone corrections export`. */
export function addCorrectionExportCommand(group: Command): void {
  group
    .command('export')
    .description('make a file of training data from approved corrections; it is recorded')
    .addOption(new Option('--format <name>', 'its shape').choices(['sft', 'sft_tools', 'dpo', 'kto']).default('sft'))
    .option('--out <file>', 'where to write it (default: its own name, here)')
    .option('--from <time>', 'decided at this time or later')
    .option('--to <time>', 'decided before this time')
    .option('--source <name>', 'only from this source')
    .addOption(new Option('--category <name>', 'only with this failure category').choices(CATEGORIES))
    .option('--profile <id>', 'only of this agent')
    .addOption(new Option('--split <which>', 'one side of a split').choices(['train', 'test']))
    .option('--test-share <x>', 'how much of everything is test (0.2)', parseShare)
    .action((_options, command: Command) =>
      withService<ExportOptions>(command, async ({ service, options }) => {
        const { format, out, testShare, from, to, source, category, profile, split } = options
        await checkPlace(out)
        const filter = { from, to, source, failure_category: category, profile, split, test_share: testShare }
        const { waitFor } = await import('./waiting.ts')
        const began = performance.now()
        const record = await waitFor(
          () => readAnswer(service.client.api.corrections.exports.$post({ json: { format, filter } })),
          async () => `Making the file: ${formatSeconds((performance.now() - began) / 1000)} so far`,
        )
        const path = out ?? record.file_name
        await saveExport(service.client, record, path)
        const summary = `${record.records} lines, ${record.bytes} bytes in ${showText(path)}`
        const left = record.left_out > 0 ? `, ${record.left_out} corrections left out` : ''
        await print(options.json ? formatJson({ ...record, path }) : `${summary}${left}`)
        return 0
      }),
    )
}

/** Writes beside the file's place and moves it there once it is whole and is what the record says. */
async function saveExport(
  client: Client,
  record: { export_id: string; content_hash: string; bytes: number },
  path: string,
): Promise<void> {
  const endpoint = client.api.corrections.exports[':export_id'].file
  const response = await endpoint.$get({ param: { export_id: encodeURIComponent(record.export_id) } })
  if (!response.ok || response.body === null) throw await readRefusal(response)
  const part = `${path}.${record.export_id}.part`
  const hash = createHash('sha256')
  const file = await open(part, 'wx')
  const progress = showProgress('Saving', formatMegabytes)
  let saved = 0
  try {
    for await (const chunk of response.body) {
      hash.update(chunk)
      await file.writeFile(chunk)
      saved += chunk.length
      if (record.bytes > WORTH_SHOWING) progress.update(saved, record.bytes, '')
    }
    await file.sync()
    await file.close()
    if (hash.digest('hex') !== record.content_hash)
      throw new Conflict('The file did not arrive whole; export it again.')
    await rename(part, path)
  } catch (error) {
    await file.close().catch(() => {})
    await rm(part, { force: true })
    throw error
  } finally {
    progress.stop()
  }
}

/** Bytes; less is there at once. */
const WORTH_SHOWING = 50_000_000

function formatMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`
}

/** Before the work is done, so that nobody waits for a file that has no place. */
async function checkPlace(out: string | undefined): Promise<void> {
  if (out === undefined) return
  const folder = await stat(dirname(out)).catch(() => null)
  if (!folder?.isDirectory()) throw new Invalid(`There is no folder "${dirname(out)}" to write to.`)
  if ((await stat(out).catch(() => null))?.isDirectory()) throw new Invalid(`"${out}" is a folder; name a file in it.`)
}
