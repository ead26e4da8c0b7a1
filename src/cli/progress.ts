import { type Options, SingleBar } from 'cli-progress'
import { Refusal, Unreachable } from '#client.ts'
import { formatDollars, formatSeconds } from './amounts.ts'
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

/** How far work is that has an end. */
interface Pace {
  done: number
  failed: number
  left: number
  /** Null when a price is not known. */
  cost_usd: number | null
  /** What else there is to say. */
  more?: string | null
}

/** Words for failures, rate, cost so far and time left, from what has been done since the first look. */
export function measurePace(): (pace: Pace) => string {
  let start: { at: number; done: number } | null = null
  return ({ done, failed, left, cost_usd, more = null }) => {
    start ??= { at: performance.now(), done }
    const seconds = (performance.now() - start.at) / 1000
    const rate = seconds > 0.5 ? (done - start.done) / seconds : 0
    const parts = [
      failed > 0 ? `${failed} failed` : null,
      rate > 0 ? `${rate >= 10 ? Math.round(rate) : rate.toPrecision(2)}/s` : null,
      cost_usd === null ? 'cost unknown' : cost_usd > 0 ? `${formatDollars(cost_usd)} so far` : null,
      more,
      rate > 0 && left > 0 ? `${formatSeconds(left / rate)} left` : null,
    ]
    return parts.filter(part => part !== null).join(', ')
  }
}

/** How long a server may be away (a restart, say), in milliseconds, before what it does is no longer followed. */
export const AWAY_MS = 60_000

/** Whether an error says that the server is away or overloaded, which may pass. */
export function isPassing(error: unknown): boolean {
  if (error instanceof Refusal) return error.status === 502 || error.status === 503
  return error instanceof Unreachable || error instanceof TypeError
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
