import { join } from 'node:path'
import type { Command } from 'commander'
import { type Config, loadConfig } from '#config.ts'
import { Conflict } from '#errors.ts'
import type { GlobalOptions } from './command.ts'
import { formatJson, print } from './terminal-text.ts'

/** `whetstone db`: where the data lie, for other tools. */
export function addDatabaseCommands(program: Command): void {
  const db = program.command('db').description('the database, for other tools')
  db.command('url')
    .description('print its connection URL, password included')
    .action(async () => print(await findUrl(await loadConfig(process.env))))
  db.command('psql-hint')
    .description('print the command that opens it in psql')
    .action(async () => print(`psql '${(await findUrl(await loadConfig(process.env))).replaceAll("'", '%27')}'`))
  db.command('status')
    .description('show version, size and migrations')
    .action(async (_options, command: Command) => showStatus(command.optsWithGlobals<GlobalOptions>()))
}

async function findUrl(config: Config): Promise<string> {
  if (config.databaseUrl !== null) return config.databaseUrl
  const { findServerUrl } = await import('#db/running-server.ts')
  const url = findServerUrl(join(config.home, 'postgres'))
  if (url === null)
    throw new Conflict('The embedded database does not run at the moment. Start it with: whetstone start')
  return url
}

async function showStatus(options: GlobalOptions): Promise<void> {
  const config = await loadConfig(process.env)
  const [{ openApp }, { query, queryRow }, { default: sql }] = await Promise.all([
    import('#open.ts'),
    import('#db/connect.ts'),
    import('sql-template-tag'),
  ])
  const { app, close } = await openApp(config, { supervise: false })
  try {
    const status = await queryRow<{ version: string; bytes: number; sessions: number }>(
      app.db,
      sql`
        select current_setting('server_version') as version, pg_database_size(current_database()) as bytes,
          (select count(*) from sessions) as sessions`,
    )
    const migrations = await query<{ name: string }>(app.db, sql`select name from migrations order by name`)
    const place = config.databaseUrl === null ? join(config.home, 'postgres') : new URL(config.databaseUrl).host
    if (options.json) return print(formatJson({ ...status, place, migrations: migrations.map(one => one.name) }))
    await print(
      `PostgreSQL  ${status.version}`,
      `Place       ${place}`,
      `Size        ${(status.bytes / 1e6).toFixed(1)} MB`,
      `Sessions    ${status.sessions}`,
      `Migrations  ${migrations.map(one => one.name).join(', ')}`,
    )
  } finally {
    await close()
  }
}
