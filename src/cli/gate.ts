import { readFileSync, writeFileSync } from 'node:fs'
import { type Command, CommanderError, Option } from 'commander'
import { parse as parseYaml } from 'yaml'
import { Refusal, readAnswer } from '#client.ts'
import { Conflict, Forbidden, Invalid, NotFound } from '#errors.ts'
import { parseShare } from './amounts.ts'
import { EndedWith, Interrupted, withService } from './command.ts'
import { describeGate, formatGateMarkdown, formatGateXml } from './gate-report.ts'
import { formatJson, print } from './terminal-text.ts'

interface GateCommandOptions {
  experiment: string
  baseline?: string
  variant?: string[]
  split?: 'all' | 'train' | 'test'
  maxRegression: number
  level: number
  junit?: string
  markdown?: string
}

/** 0, 1 and 2 are the answers; these say that there is none. */
const REFUSED = 3
const BROKEN = 4

/** `whetstone gate`: whether a variant may replace the baseline, for scripts and pull requests. */
export function addGateCommand(program: Command): void {
  program
    .command('gate')
    .description('test whether a variant is no worse than the baseline by a margin')
    .requiredOption('--experiment <which>', "its id, its name (the newest of that name), or the YAML file's path")
    .option(
      '--baseline <variant>',
      'what it is compared with: production, a number, a label, or JSON of its parameters',
    )
    .option('--variant <variant...>', 'what is tested; by default the best one')
    .option('--max-regression <margin>', 'how much worse it may be, 0 to 1', parseShare, 0.02)
    .option('--level <share>', 'of confidence', parseShare, 0.95)
    .addOption(new Option('--split <which>', 'which cases').choices(['all', 'train', 'test']))
    .option('--junit <file>', "write JUnit's XML")
    .option('--markdown <file>', 'write a summary for a pull request')
    .addHelpText(
      'after',
      '\nEnds with 0: not worse by the margin; 1: worse by more; 2: the data cannot say; 3: refused, as for an unknown or\nunfinished experiment; 4: broken.',
    )
    // A mistake on the line must not look like an answer.
    .exitOverride(error => {
      throw error.exitCode === 0 ? error : new EndedWith(REFUSED, '')
    })
    .action((_options, command: Command) => runGate(command).catch(endWithTrouble))
}

async function runGate(command: Command): Promise<void> {
  await withService<GateCommandOptions>(command, async ({ service, options }) => {
    const { baseline, variant, split, junit, markdown } = options
    const query = {
      max_regression: String(options.maxRegression),
      level: String(options.level),
      ...(baseline === undefined ? {} : { baseline }),
      ...(variant === undefined ? {} : { variant }),
      ...(split === undefined ? {} : { split }),
    }
    const param = { id: encodeURIComponent(nameExperiment(options.experiment)) }
    const gate = await readAnswer(service.client.api.experiments[':id'].gate.$get({ param, query }))
    if (junit !== undefined) writeFileSync(junit, formatGateXml(gate))
    if (markdown !== undefined) writeFileSync(markdown, formatGateMarkdown(gate))
    await print(...(options.json ? [formatJson(gate)] : describeGate(gate)))
    return gate.exit_code
  })
}

/** The name that an experiment's file gives it; anything else is an id or a name itself. */
function nameExperiment(reference: string): string {
  if (!/\.(ya?ml|json)$/i.test(reference)) return reference
  const document = readDocument(reference)
  const isNamed = typeof document === 'object' && document !== null && 'name' in document
  if (isNamed && typeof document.name === 'string') return document.name
  throw new Invalid(`${reference} names no experiment.`)
}

function readDocument(path: string): unknown {
  try {
    return parseYaml(readFileSync(path, 'utf8'))
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    throw new Invalid(`${path} cannot be read: ${reason}`)
  }
}

function endWithTrouble(error: unknown): never {
  if (error instanceof Interrupted || error instanceof EndedWith || error instanceof CommanderError) throw error
  const isRefused = [Refusal, NotFound, Conflict, Forbidden, Invalid].some(kind => error instanceof kind)
  throw new EndedWith(isRefused ? REFUSED : BROKEN, '', { cause: error })
}
