import type { Command } from 'commander'
import { readAnswer } from '#client.ts'
import { withService } from './command.ts'
import { printTable } from './table.ts'
import { formatJson, print, showText } from './terminal-text.ts'

const MODELS_SHOWN = 30

/** `whetstone backend`. */
export function addBackendCommands(program: Command): void {
  const group = program.command('backend').description('where models run')
  group
    .command('list')
    .description('list the backends of whetstone.yaml and the default ones')
    .action((_options, command: Command) =>
      withService(command, async ({ service, options }) => {
        const backends = await readAnswer(service.client.api.backends.$get())
        await printTable(
          [
            { title: 'backend', value: backend => backend.name },
            { title: 'kind', value: backend => backend.kind },
            { title: 'address', value: backend => backend.base_url, most: 60 },
            { title: 'at once', value: backend => backend.concurrency },
            { title: 'key', value: backend => describeKey(backend) },
          ],
          backends,
          { json: options.json, nothing: 'No backends.' },
        )
        return 0
      }),
    )
  group
    .command('test <name>')
    .description('see whether a backend is there, without a chat completion')
    .action((name: string, _options, command: Command) =>
      withService(command, async ({ service, options }) => {
        const param = { name: encodeURIComponent(name) }
        const check = await readAnswer(service.client.api.backends[':name'].check.$post({ param }))
        if (options.json) await print(formatJson(check))
        else if (!check.ok) await print(showText(check.error ?? 'It is not there.'))
        else await print(`"${showText(name)}" answers, in ${check.ms} ms.`, ...describeModels(check.models))
        return check.ok ? 0 : 1
      }),
    )
}

function describeKey(backend: { key_env: string | null; has_key: boolean }): string {
  if (backend.key_env === null) return 'none needed'
  return `${backend.key_env} ${backend.has_key ? 'is set' : 'is not set'}`
}

function describeModels(models: string[] | null): string[] {
  if (models === null) return ['It keeps no list of models.']
  const shown = models.slice(0, MODELS_SHOWN).map(model => `  ${showText(model)}`)
  const more = models.length > shown.length ? [`  … and ${models.length - shown.length} more`] : []
  return [`Models: ${models.length}`, ...shown, ...more]
}
