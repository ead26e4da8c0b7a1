import { type Options, SingleBar } from 'cli-progress'
import { clipText } from './terminal-text.ts'

/** How far something is, shown on standard error: a bar on a terminal, elsewhere a line every few seconds and at the end. */
export interface Progress {
  /** @param note what else there is to say, as one line: rate, cost, time left. */
  update: (done: number, total: number, note: string) => void
  stop: () => void
}

const LINE_MS = 5_000
const BAR_COLUMNS = 24

/**
 * @param what is being done, as in `Judging`.
 * @param unit writes `done` and `total`; by default as they are.
 */
export function showProgress(what: string, unit: (value: number) => string = String): Progress {
  return process.stderr.isTTY ? drawBar(what, unit) : writeLines(what, unit)
}

function drawBar(what: string, unit: (value: number) => string): Progress {
  const format: Options['format'] = (_options, params, payload: { note?: string }) => {
    const filled = '='.repeat(Math.round(params.progress * BAR_COLUMNS)).padEnd(BAR_COLUMNS, '-')
    const line = `${what} [${filled}] ${unit(params.value)}/${unit(params.total)}  ${payload.note ?? ''}`
    return clipText(line, (process.stderr.columns || 80) - 1)
  }
  const bar = new SingleBar({ format, stream: process.stderr, fps: 5, hideCursor: true, clearOnComplete: false })
  let isStarted = false
  return {
    update: (done, total, note) => {
      if (!isStarted) bar.start(total, done, { note })
      isStarted = true
      bar.setTotal(total)
      bar.update(done, { note })
    },
    stop: () => {
      if (isStarted) bar.stop()
    },
  }
}

function writeLines(what: string, unit: (value: number) => string): Progress {
  let writtenAt = performance.now()
  let line = ''
  let written = ''
  const write = () => {
    if (line !== written) process.stderr.write(`${line}\n`)
    written = line
    writtenAt = performance.now()
  }
  return {
    update: (done, total, note) => {
      line = `${what} ${unit(done)}/${unit(total)}${note === '' ? '' : `  ${note}`}`
      if (performance.now() - writtenAt > LINE_MS) write()
    },
    stop: write,
  }
}
