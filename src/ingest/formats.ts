/** The formats of transcript files that Whetstone reads, and how it tells them apart. */
import { Invalid } from '#errors.ts'
import { isJsonObject, parseJson } from '#json.ts'
import { splitArray } from './array-elements.ts'
import { claudeCode, NO_CONVERSATION } from './claude-code.ts'
import { readJsonLines } from './json-lines.ts'
import { openaiChat } from './openai-chat.ts'
import { tauBench } from './tau-bench.ts'
import type { TranscriptFile, TranscriptFormat } from './transcript-file.ts'
import { whetstoneNdjson } from './whetstone-ndjson.ts'

/** In the order in which they are tried. */
const FORMATS: readonly TranscriptFormat[] = [claudeCode, whetstoneNdjson, openaiChat, tauBench]

/** The format of this name. @throws Invalid with the names there are. */
export function getFormat(name: string): TranscriptFormat {
  const format = FORMATS.find(one => one.name === name)
  if (format !== undefined) return format
  const names = FORMATS.map(one => one.name).join(', ')
  throw new Invalid(`There is no format "${name}". The formats are: ${names}.`, ['query', 'format'], 'unknown_format')
}

/**
 * Finds a file's format by its content: the first line (or element of a JSON array) that fits a format decides; up to
 * 1,000 are looked at, since one bad line must not hide what the others are.
 *
 * @throws Invalid `unknown_format`, naming the formats and the first line that did not fit, and why; `no_conversation`
 * for an empty file, and for a Claude Code file that has only lines beside the conversation.
 */
export async function detectFormat(file: TranscriptFile): Promise<TranscriptFormat> {
  const container = await readContainer(file)
  if (container === null) throw new Invalid(`${file.path} is empty.`, ['path'], 'no_conversation')
  let first: string | null = null
  let count = 0
  let isBeside = false
  for await (const sample of container === 'array' ? readElementSamples(file) : readLineSamples(file)) {
    const misfits: string[] = []
    for (const format of sample.reason === null ? FORMATS.filter(one => one.container === container) : []) {
      const misfit = format.describeMisfit(sample.value)
      if (misfit === null) return format
      if (misfit === NO_CONVERSATION) isBeside = true
      misfits.push(`${format.title}: ${misfit}`)
    }
    first ??= `Line ${sample.line} did not fit: ${sample.reason ?? describeSample(sample.value, misfits)}.`
    if (++count >= 1000) break
  }
  if (isBeside)
    throw new Invalid(`${file.path} is a Claude Code file without a conversation.`, ['path'], 'no_conversation')
  const titles = FORMATS.map(format => `${format.title} (${format.name})`).join(', ')
  const message = `${file.path} is none of the formats that Whetstone reads: ${titles}. ${first ?? 'The array is empty.'}`
  throw new Invalid(message, ['path'], 'unknown_format')
}

type Sample = { line: number } & ({ reason: null; value: unknown } | { reason: string; value?: undefined })

/** By the first byte that is neither white space nor part of a byte order mark; null if there is none. */
async function readContainer(file: TranscriptFile): Promise<'array' | 'lines' | null> {
  for await (const chunk of file.open()) {
    const byte = chunk.find(one => ![0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf].includes(one))
    if (byte !== undefined) return byte === 0x5b ? 'array' : 'lines'
  }
  return null
}

async function* readLineSamples(file: TranscriptFile): AsyncGenerator<Sample> {
  for await (const line of readJsonLines(file.open())) {
    if ('reason' in line) yield { line: line.number, reason: line.reason }
    else yield { line: line.number, reason: null, value: line.value }
  }
}

async function* readElementSamples(file: TranscriptFile): AsyncGenerator<Sample> {
  for await (const element of splitArray(file.open())) {
    if ('reason' in element) yield element
    else yield readElementSample(element.line, element.bytes)
  }
}

function readElementSample(line: number, bytes: Buffer): Sample {
  try {
    return { line, reason: null, value: parseJson(bytes) }
  } catch (error) {
    if (error instanceof Invalid) return { line, reason: error.message }
    throw error
  }
}

function describeSample(value: unknown, misfits: string[]): string {
  const keys = isJsonObject(value)
    ? Object.keys(value)
        .slice(0, 6)
        .map(key => JSON.stringify(key.slice(0, 40)))
    : []
  const shown = keys.length === 0 ? '' : `an object with ${keys.join(', ')} (`
  return `${shown}${misfits.join('; ')}${shown === '' ? '' : ')'}`
}
