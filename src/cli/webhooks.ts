import { type Command, InvalidArgumentError, Option } from 'commander'
import { type Client, readAnswer } from '#client.ts'
import { formatMinute, parseCount } from './amounts.ts'
import { withService } from './command.ts'
import { findExperimentId } from './experiment-result.ts'
import { printTable } from './table.ts'
import { formatJson, print, showText } from './terminal-text.ts'

const EVENTS = ['run.started', 'cache_hit', 'run.completed', 'run.failed', 'new_best_found'] as const
type EventName = (typeof EVENTS)[number]

interface AddOptions {
  events?: EventName[]
  experiment?: string
  secret?: string
}

/** `whetstone webhooks`: addresses that are told what happens to runs. */
export function addWebhookCommands(program: Command): void {
  const group = program.command('webhooks').description('have other programs told what happens to runs')
  addListCommand(group)
  addMakeCommand(group)
  addTestCommand(group)
  addLogCommand(group)
  addSwitchCommands(group)
}

function addListCommand(group: Command): void {
  group
    .command('list', { isDefault: true })
    .description('list webhooks')
    .action((_options, command: Command) =>
      withService(command, async ({ service, options }) => {
        const rows = await readAnswer(service.client.api.webhooks.$get())
        await printTable(
          [
            { title: 'webhook', value: row => row.id },
            { title: 'address', value: row => row.url, most: 50 },
            { title: 'events', value: row => (row.events.length === EVENTS.length ? 'all' : row.events.join(', ')) },
            { title: 'experiment', value: row => row.experiment_id ?? 'all' },
            { title: 'state', value: describeState },
          ],
          rows,
          { json: options.json, nothing: 'No webhooks. Make one with: whetstone webhooks add ADDRESS' },
        )
        return 0
      }),
    )
}

function addMakeCommand(group: Command): void {
  group
    .command('add <address>')
    .description('have an address told what happens from now on; prints the secret that signs it, this once')
    .option('--events <names>', `which, separated by commas: ${EVENTS.join(', ')} (default: all)`, parseEvents)
    .option('--experiment <experiment>', 'of this experiment alone, by its id or name')
    .addOption(new Option('--secret <secret>', 'instead of one that is made: whsec_ and base64'))
    .action((url: string, _options, command: Command) =>
      withService<AddOptions>(command, async ({ service, options }) => {
        const { events, experiment, secret } = options
        const { client } = service
        const json = {
          url,
          ...(events === undefined ? {} : { events }),
          ...(experiment === undefined ? {} : { experiment_id: await findExperimentId(client, experiment) }),
          ...(secret === undefined ? {} : { secret }),
        }
        const made = await readAnswer(client.api.webhooks.$post({ json }))
        await print(...(options.json ? [formatJson(made)] : [`webhook  ${made.id}`, `secret   ${made.secret}`]))
        return 0
      }),
    )
}

function addTestCommand(group: Command): void {
  group
    .command('test <webhook>')
    .description('send it an event "webhook.test" now, and say what became of it')
    .action((id: string, _options, command: Command) =>
      withService(command, async ({ service, options }) => {
        const sent = await readAnswer(service.client.api.webhooks[':webhook_id'].test.$post(at(id)))
        if (options.json) await print(formatJson(sent))
        else if (sent.status === 'delivered') await print(`It answered ${sent.http_status} in ${sent.duration_ms} ms.`)
        else await print(showText(sent.error ?? 'It failed.'), ...(sent.response ? [showText(sent.response)] : []))
        return sent.status === 'delivered' ? 0 : 1
      }),
    )
}

function addLogCommand(group: Command): void {
  group
    .command('log <webhook>')
    .description('show what was sent of late, newest first, and what became of it')
    .option('--limit <n>', 'at most this many, up to 200', parseCount, 20)
    .action((id: string, _options, command: Command) =>
      withService<{ limit: number }>(command, async ({ service, options }) => {
        const endpoint = service.client.api.webhooks[':webhook_id'].deliveries
        const rows = await readAnswer(endpoint.$get({ ...at(id), query: { limit: String(options.limit) } }))
        await printTable(
          [
            { title: 'at', value: row => formatMinute(row.updated_at) },
            { title: 'event', value: row => row.event },
            { title: 'run', value: row => row.run_id },
            { title: 'status', value: row => row.status },
            { title: 'attempts', value: row => row.attempts },
            { title: 'http', value: row => row.http_status },
            { title: 'ms', value: row => row.duration_ms },
            { title: 'error', value: row => row.error, most: 70 },
          ],
          rows,
          { json: options.json, nothing: 'Nothing was sent yet.' },
        )
        return 0
      }),
    )
}

function addSwitchCommands(group: Command): void {
  for (const verb of ['on', 'off'] as const) {
    group
      .command(`${verb} <webhook>`)
      .description(verb === 'on' ? 'have it told what happens from now on, again' : 'send it nothing any more')
      .action((id: string, _options, command: Command) =>
        withService(command, async ({ service, options }) => {
          const json = { enabled: verb === 'on' }
          const changed = await readAnswer(service.client.api.webhooks[':webhook_id'].$patch({ ...at(id), json }))
          await print(options.json ? formatJson(changed) : `It is ${verb}.`)
          return 0
        }),
      )
  }
  group
    .command('remove <webhook>')
    .description('remove a webhook and its log')
    .action((id: string, _options, command: Command) =>
      withService(command, async ({ service, options }) => {
        const done = await readAnswer(service.client.api.webhooks[':webhook_id'].$delete(at(id)))
        await print(options.json ? formatJson(done) : 'It is removed.')
        return 0
      }),
    )
}

type WebhookPath = Parameters<Client['api']['webhooks'][':webhook_id']['$get']>[0]

function at(id: string): WebhookPath {
  return { param: { webhook_id: encodeURIComponent(id) } }
}

function describeState(row: { enabled: boolean; failures: number; next_attempt_at: string | null }): string {
  if (!row.enabled) return 'off'
  if (row.next_attempt_at === null) return 'on'
  return `failed ${row.failures} times, next attempt ${formatMinute(row.next_attempt_at)}`
}

function parseEvents(text: string): EventName[] {
  const names = text.split(',').map(name => name.trim())
  const events = EVENTS.filter(name => names.includes(name))
  if (events.length < new Set(names).size)
    throw new InvalidArgumentError(`Expected some of ${EVENTS.join(', ')}, separated by commas.`)
  return events
}
