import { type Command, Option } from 'commander'
import { readAnswer } from '#client.ts'
import { formatMinute } from './amounts.ts'
import { withService } from './command.ts'
import { printTable } from './table.ts'
import { colours, formatJson, print, showText } from './terminal-text.ts'

/** `whetstone key`, `project` and `profile`. */
export function addAdministrationCommands(program: Command): void {
  addKeyCommands(program.command('key').description('API keys of the project'))
  addProjectCommands(program.command('project').description('projects'))
  addProfileCommands(program.command('profile').description('what agents are for, as their judges are told'))
}

function addKeyCommands(group: Command): void {
  group
    .command('create <user>')
    .description('create a key for a named user; it is shown this once')
    .addOption(new Option('--role <role>', 'what it may do').choices(['admin', 'member', 'ingest']).default('member'))
    .action((user: string, _options, command: Command) =>
      withService<{ role: 'admin' | 'member' | 'ingest' }>(command, async ({ service, options }) => {
        const key = await readAnswer(service.client.api.keys.$post({ json: { user, role: options.role } }))
        if (options.json) await print(formatJson(key))
        else await print(key.key)
        return 0
      }),
    )
  group
    .command('list')
    .description('list keys, revoked ones too')
    .action((_options, command: Command) =>
      withService(command, async ({ service, options }) => {
        const keys = await readAnswer(service.client.api.keys.$get())
        await printTable(
          [
            { title: 'id', value: key => key.key_id },
            { title: 'user', value: key => key.user, most: 40 },
            { title: 'role', value: key => key.role },
            { title: 'ends in', value: key => key.hint },
            { title: 'created', value: key => formatMinute(key.created_at) },
            { title: 'revoked', value: key => (key.revoked_at === null ? '' : formatMinute(key.revoked_at)) },
          ],
          keys,
          { json: options.json, nothing: 'No keys. Create one with: whetstone key create USER' },
        )
        return 0
      }),
    )
  group
    .command('revoke <id>')
    .description('revoke a key')
    .action((id: string, _options, command: Command) =>
      withService(command, async ({ service, options }) => {
        const param = { key_id: encodeURIComponent(id) }
        const done = await readAnswer(service.client.api.keys[':key_id'].$delete({ param }))
        await print(options.json ? formatJson(done) : `Key ${showText(id)} is revoked.`)
        return 0
      }),
    )
}

function addProjectCommands(group: Command): void {
  group
    .command('create <name>')
    .description('create a project')
    .action((name: string, _options, command: Command) =>
      withService(command, async ({ service, options }) => {
        const project = await readAnswer(service.client.api.projects.$post({ json: { name } }))
        const hint = `The project "${project.name}" is there. Use it with: --project ${project.name}`
        await print(options.json ? formatJson(project) : hint)
        return 0
      }),
    )
  group
    .command('list')
    .description('list projects')
    .action((_options, command: Command) =>
      withService(command, async ({ service, options }) => {
        const projects = await readAnswer(service.client.api.projects.$get())
        await printTable(
          [
            { title: 'project', value: project => project.name },
            { title: 'created', value: project => formatMinute(project.created_at) },
          ],
          projects,
          { json: options.json, nothing: 'No projects.' },
        )
        return 0
      }),
    )
}

function addProfileCommands(group: Command): void {
  group
    .command('set <id>')
    .description('describe an agent to its judges')
    .option('--name <name>', 'what it is called')
    .option('--purpose <text>', 'what it is for')
    .action((id: string, _options, command: Command) =>
      withService<{ name?: string; purpose?: string }>(command, async ({ service, options }) => {
        const json = { name: options.name ?? null, purpose: options.purpose ?? null }
        const param = { profile_id: encodeURIComponent(id) }
        const done = await readAnswer(service.client.api.profiles[':profile_id'].$put({ param, json }))
        await print(options.json ? formatJson(done) : `The profile "${showText(id)}" is described.`)
        return 0
      }),
    )
  group
    .command('list')
    .description('list the agents that were described')
    .action((_options, command: Command) =>
      withService(command, async ({ service, options }) => {
        const profiles = await readAnswer(service.client.api.profiles.$get())
        await printTable(
          [
            { title: 'profile', value: profile => profile.profile_id, most: 40, paint: cell => colours.bold(cell) },
            { title: 'name', value: profile => profile.name, most: 30 },
            { title: 'purpose', value: profile => profile.purpose, most: 100 },
          ],
          profiles,
          { json: options.json, nothing: 'No agent was described yet. Do so with: whetstone profile set ID' },
        )
        return 0
      }),
    )
}
