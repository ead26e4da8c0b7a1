import type { Command } from 'commander'
import { withService } from './command.ts'
import type { ImportReport } from './import-files.ts'
import { formatJson, print, showText } from './terminal-text.ts'

const SHOWN = 20

/** `whetstone import`. */
export function addImportCommand(program: Command): void {
  program
    .command('import <path...>')
    .description('bring in transcripts: files, or folders that are searched through')
    .option(
      '--format <name>',
      'take every file for this format instead of looking: claude-code, whetstone, openai, tau-bench',
    )
    .option('--profile <id>', 'the agent that the sessions are of, instead of what the files say')
    .action((paths: string[], _options, command: Command) =>
      withService<{ format?: string; profile?: string }>(
        command,
        async ({ service, options, ended }) => {
          const { importFiles } = await import('./import-files.ts')
          const { format, profile } = options
          const report = await importFiles(service.client, paths, { format, profile, ended })
          if (options.json) await print(formatJson(report))
          else await print(...describeImport(report))
          if (ended.aborted) return undefined
          return report.rejected_count > 0 ? 1 : 0
        },
        { heedsSignals: true },
      ),
    )
}

/** What became of an import, in lines. */
export function describeImport(report: ImportReport): string[] {
  const { files, imported, updated, unchanged, rejected, rejected_count, raw_lines, skipped } = report
  const lines = [
    `${files} ${files === 1 ? 'file' : 'files'}: ${imported} imported, ${updated} updated, ${unchanged} unchanged, ${rejected_count} rejected`,
  ]
  if (raw_lines > 0) lines.push(`${raw_lines} lines that are no messages are kept with their sessions`)
  for (const { path, line, reason } of rejected.slice(0, SHOWN)) {
    lines.push(`rejected ${showText(path)}:${line}: ${showText(reason)}`)
  }
  if (rejected_count > SHOWN) lines.push(`… and ${rejected_count - SHOWN} more rejected (all with --json)`)
  for (const { path, reason } of skipped.slice(0, SHOWN)) lines.push(`skipped ${showText(path)}: ${showText(reason)}`)
  if (skipped.length > SHOWN) lines.push(`… and ${skipped.length - SHOWN} more skipped`)
  return lines
}
