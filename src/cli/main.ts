import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { Refusal, Unreachable } from '#client.ts'
import { Conflict, Forbidden, Invalid, NotFound } from '#errors.ts'
import { addAdministrationCommands } from './administration.ts'
import { addBackendCommands } from './backend.ts'
import { EndedWith, INTERRUPTED, Interrupted } from './command.ts'
import { addCorrectionCommands } from './corrections.ts'
import { addDatasetCommands } from './datasets.ts'
import { addDatabaseCommands } from './db.ts'
import { addDemoCommand } from './demo.ts'
import { addEvaluationCommands } from './eval.ts'
import { addExperimentCommands } from './experiment.ts'
import { addGateCommand } from './gate.ts'
import { addImportCommand } from './import.ts'
import { addLeaderboardCommand } from './leaderboard.ts'
import { addPromptCommands } from './prompts.ts'
import { addExperimentRunsCommands } from './runs.ts'
import { addStartCommands } from './start.ts'
import { forgiveCutOutput, showText } from './terminal-text.ts'
import { addWebhookCommands } from './webhooks.ts'

const USAGE = 2

/** Runs the command line. Ends with `process.exitCode`: 0 done, 1 not done, 2 not understood, 130 interrupted. */
export async function runCli(argv: string[]): Promise<void> {
  forgiveCutOutput()
  try {
    await createProgram().parseAsync(argv)
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : USAGE
    // Work that was interrupted may still wait for something that never comes.
    else if (error instanceof Interrupted) process.exit(INTERRUPTED)
    else if (error instanceof EndedWith) {
      process.exitCode = error.code
      const reason = error.cause ?? error
      if (error.cause !== undefined || error.message !== '')
        process.stderr.write(`whetstone: ${describeError(reason)}\n`)
    } else {
      process.exitCode = 1
      process.stderr.write(`whetstone: ${describeError(error)}\n`)
    }
  }
}

function createProgram(): Command {
  const program = new Command('whetstone')
    .description('Capture what AI agents really did, judge it, and see whether it gets better.')
    .version(readVersion())
    .option('--project <name>', 'the project (default: "default", or that of the key)')
    .option('--url <address>', 'a server elsewhere; WHETSTONE_API_KEY holds the key')
    .option('--json', 'print answers as JSON')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
  addDemoCommand(program)
  addStartCommands(program)
  addImportCommand(program)
  addEvaluationCommands(program)
  addCorrectionCommands(program)
  addDatasetCommands(program)
  addPromptCommands(program)
  addExperimentCommands(program)
  addExperimentRunsCommands(program)
  addLeaderboardCommand(program)
  addGateCommand(program)
  addWebhookCommands(program)
  addBackendCommands(program)
  addAdministrationCommands(program)
  addDatabaseCommands(program)
  return program
}

/** One sentence; of a bug, what was thrown and how to learn more. */
function describeError(error: unknown): string {
  if (process.env.WHETSTONE_LOG === 'debug' && error instanceof Error) return error.stack ?? error.message
  if (!(error instanceof Error)) return `stopped by a bug: ${String(error)}`
  const told = [NotFound, Conflict, Forbidden, Invalid, Refusal, Unreachable].some(kind => error instanceof kind)
  if (told) return showText(error.message)
  if (isNetworkError(error)) return `The database does not answer (${error.code}). Check DATABASE_URL, or start it.`
  return `${showText(error.message)} (WHETSTONE_LOG=debug shows where)`
}

function isNetworkError(error: Error): error is Error & { code: string } {
  return (
    'code' in error && typeof error.code === 'string' && /^(ECONN|ENOTFOUND|EAI_AGAIN|EHOST|ETIMEDOUT)/.test(error.code)
  )
}

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return /"version": "([^"]+)"/.exec(text)?.[1] ?? 'unknown'
}
