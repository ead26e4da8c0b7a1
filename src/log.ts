import pino from 'pino'

export type Log = pino.Logger

/**
 * Opens the log: JSON lines, to the file if one is given, else to standard error. Warnings and errors that go to a file
 * are shown on standard error as well, so that a person at the terminal sees them.
 */
export function openLog(options: { level: string; file?: string }): Log {
  const level = options.level in pino.levels.values || options.level === 'silent' ? options.level : 'info'
  if (options.file === undefined) return pino({ level, base: null }, pino.destination({ dest: 2, sync: true }))
  const streams = [
    { level: 'trace' as const, stream: pino.destination({ dest: options.file, mkdir: true, sync: true }) },
    { level: 'warn' as const, stream: pino.destination({ dest: 2, sync: true }) },
  ]
  return pino({ level, base: null }, pino.multistream(streams))
}
