import { styleText } from 'node:util'
import pino from 'pino'
import { z } from 'zod'
import { Invalid } from '#errors.ts'

export type Log = pino.Logger

/**
 * Opens the log: JSON lines, to the file if one is given, else to standard error. Warnings and errors that go to a file
 * are shown on standard error as well, each in a sentence, so that a person at the terminal sees them.
 *
 * @throws Invalid for a level that does not exist.
 */
export function openLog(options: { level: string; file?: string }): Log {
  const { level } = options
  const levels = [...Object.keys(pino.levels.values), 'silent']
  if (!levels.includes(level)) {
    throw new Invalid(`WHETSTONE_LOG is "${level}"; expected one of ${levels.join(', ')}.`, ['env', 'WHETSTONE_LOG'])
  }
  if (options.file === undefined) return pino({ level, base: null }, pino.destination({ dest: 2, sync: true }))
  const streams = [
    { level: 'trace' as const, stream: pino.destination({ dest: options.file, mkdir: true, sync: true }) },
    { level: 'warn' as const, stream: { write: showEntry } },
  ]
  return pino({ level, base: null }, pino.multistream(streams))
}

/** Pino's number for errors; warnings are below. */
const ERROR = 50

const entrySchema = z.object({ level: z.number(), msg: z.string(), err: z.object({ message: z.string() }).optional() })

/** Shows an entry of the log to a person; its stack and the rest are in the file. */
function showEntry(line: string): void {
  const { level, msg, err } = entrySchema.parse(JSON.parse(line))
  const kind = level >= ERROR ? styleText('red', 'error') : styleText('yellow', 'warning')
  process.stderr.write(`${kind}: ${msg}${err === undefined ? '' : ` (${err.message})`}\n`)
}
