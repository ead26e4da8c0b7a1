import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import type { Command } from 'commander'
import { readAnswer } from '#client.ts'
import { Invalid, NotFound } from '#errors.ts'
import { formatMinute } from './amounts.ts'
import { withService } from './command.ts'
import { printTable } from './table.ts'
import { formatJson, print, showText } from './terminal-text.ts'

/** `whetstone prompts`: templates in versions, with labels. */
export function addPromptCommands(program: Command): void {
  const group = program.command('prompts').description('keep prompts in versions, and say which is in production')
  addListCommand(group)
  addShowCommand(group)
  addSaveCommand(group)
  addLabelCommand(group)
}

function addListCommand(group: Command): void {
  group
    .command('list', { isDefault: true })
    .description('list prompts with their labels')
    .action((_options, command: Command) =>
      withService(command, async ({ service, options }) => {
        const rows = await readAnswer(service.client.api.prompts.$get())
        const showLabels = (labels: { [label: string]: string }) =>
          Object.entries(labels)
            .map(([label, version]) => `${label}: ${version.slice(-8)}`)
            .join(', ')
        await printTable(
          [
            { title: 'name', value: row => row.name, most: 50 },
            { title: 'newest', value: row => row.version.slice(-8) },
            { title: 'versions', value: row => row.version_count },
            { title: 'changed', value: row => formatMinute(row.changed_at) },
            { title: 'labels', value: row => showLabels(row.labels) },
          ],
          rows,
          { json: options.json, nothing: 'There are no prompts.' },
        )
        return 0
      }),
    )
}

function addShowCommand(group: Command): void {
  group
    .command('show <name>')
    .description('print a prompt')
    .option('--label <label>', 'the version that has it (default: production); latest is the newest')
    .option('--at <version>', 'a version')
    .action((name: string, _options, command: Command) =>
      withService<{ label?: string; at?: string }>(command, async ({ service, options }) => {
        const { label, at: version } = options
        const query = { ...(label === undefined ? {} : { label }), ...(version === undefined ? {} : { version }) }
        const param = { name: encodeURIComponent(name) }
        const prompt = await readAnswer(service.client.api.prompts[':name'].$get({ param, query }))
        if (options.json) await print(formatJson(prompt))
        else {
          await print(`${showText(prompt.version)}, ${formatMinute(prompt.created_at)} UTC`)
          if (prompt.system !== null) await print('--- system', ...prompt.system.split('\n').map(showText))
          await print('--- user', ...prompt.user.split('\n').map(showText))
        }
        return 0
      }),
    )
}

function addSaveCommand(group: Command): void {
  group
    .command('save <name> <file>')
    .description("save a version: a template of the user's message, or YAML with system and user")
    .option('--system <file>', 'a template of the system message')
    .option('--label <label>', 'put a label at it')
    .action((name: string, path: string, _options, command: Command) =>
      withService<{ system?: string; label?: string }>(command, async ({ service, options }) => {
        const json = await readPrompt(path, options.system)
        const prompt = service.client.api.prompts[':name']
        const param = { name: encodeURIComponent(name) }
        const saved = await readAnswer(prompt.versions.$post({ param, json }))
        if (options.label !== undefined) {
          const place = { ...param, label: encodeURIComponent(options.label) }
          await readAnswer(prompt.labels[':label'].$put({ param: place, json: { version: saved.version } }))
        }
        const known = saved.created ? '' : ' (was there before)'
        const labelled = options.label === undefined ? '' : `, ${showText(options.label)}`
        await print(options.json ? formatJson(saved) : `${showText(saved.version)}${labelled}${known}`)
        return 0
      }),
    )
}

function addLabelCommand(group: Command): void {
  group
    .command('label <name> <label> [version]')
    .description('put a label at a version, or show its past')
    .option('--remove', 'take it away')
    .action((name: string, label: string, version: string | undefined, _options, command: Command) =>
      withService<{ remove?: boolean }>(command, async ({ service, options }) => {
        const prompt = service.client.api.prompts[':name']
        const param = { name: encodeURIComponent(name), label: encodeURIComponent(label) }
        if (options.remove) {
          await readAnswer(prompt.labels[':label'].$delete({ param }))
          await print(options.json ? formatJson({ ok: true }) : 'Taken away.')
        } else if (version !== undefined) {
          const moved = await readAnswer(prompt.labels[':label'].$put({ param, json: { version } }))
          const before = moved.previous === null ? '' : ` (before: ${showText(moved.previous)})`
          await print(options.json ? formatJson(moved) : `${showText(label)} ${showText(moved.version)}${before}`)
        } else {
          const moves = await readAnswer(prompt.history.$get({ param, query: { label } }))
          await printTable(
            [
              { title: 'when', value: move => formatMinute(move.moved_at) },
              { title: 'version', value: move => move.version ?? '(taken away)' },
              { title: 'by', value: move => move.author },
            ],
            moves,
            { json: options.json, nothing: 'This label was never there.' },
          )
        }
        return 0
      }),
    )
}

async function readPrompt(path: string, systemPath: string | undefined): Promise<{ system?: string; user: string }> {
  const text = await readText(path)
  const system = systemPath === undefined ? {} : { system: await readText(systemPath) }
  if (!['.yaml', '.yml'].includes(extname(path).toLowerCase())) return { ...system, user: text }
  const { parse } = await import('yaml')
  const value = await Promise.try((): unknown => parse(text)).catch(error => {
    throw new Invalid(`${path} is no YAML: ${error instanceof Error ? error.message : error}`)
  })
  if (typeof value !== 'object' || value === null || !('user' in value) || typeof value.user !== 'string') {
    throw new Invalid(`${path} has to have the text "user", and may have "system".`)
  }
  const own = 'system' in value && typeof value.system === 'string' ? { system: value.system } : {}
  return { ...own, ...system, user: value.user }
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new NotFound(`${path} cannot be read: ${error.code ?? error.message}.`)
  })
}
