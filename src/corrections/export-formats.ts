import { isJsonObject, parseJson } from '#json.ts'
import type { ApprovedRow } from './approved-rows.ts'
import { isBlank } from './blank.ts'
import { writeSftLine } from './sft-lines.ts'

/**
 * What trainers read, one JSON object a line, in the shapes that TRL documents as conversational:
 * - `sft`: language modelling, `{messages}`;
 * - `sft_tools`: the same with `tools`, a JSON schema for each, and the arguments of calls as objects;
 * - `dpo`: preference, `{prompt, chosen, rejected}`, chosen being the correction;
 * - `kto`: unpaired preference, `{prompt, completion, label}`, a line for the correction and one for the original.
 */
export const EXPORT_FORMATS = ['sft', 'sft_tools', 'dpo', 'kto'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

/**
 * The lines of one approved correction; none where the format has no place for it: a preference needs an answer that can be
 * seen and that differs from the correction. Pure: the same correction gives the same bytes.
 */
export function writeExportLines(format: ExportFormat, row: ApprovedRow): string[] {
  const { prompt, corrected_response: correction, model_response: original } = row
  if (format === 'sft') return [writeSftLine(prompt, correction)]
  if (format === 'sft_tools') return [writeToolLine(row)]
  if (isBlank(original) || original === correction) return []
  if (format === 'dpo') {
    return [`{"prompt":${prompt},"chosen":${asAnswer(correction)},"rejected":${asAnswer(original)}}\n`]
  }
  return [
    `{"prompt":${prompt},"completion":${asAnswer(correction)},"label":true}\n`,
    `{"prompt":${prompt},"completion":${asAnswer(original)},"label":false}\n`,
  ]
}

function asAnswer(text: string): string {
  return `[{"role":"assistant","content":${JSON.stringify(text)}}]`
}

function writeToolLine(row: ApprovedRow): string {
  const parsed = parseJson(row.prompt)
  const prompt = Array.isArray(parsed) ? parsed : []
  const messages = [...nameResults(prompt.map(openArguments)), { role: 'assistant', content: row.corrected_response }]
  const given = row.tools === null ? null : parseJson(row.tools)
  const tools = Array.isArray(given) ? given : inferTools(prompt)
  return `${JSON.stringify({ messages, tools })}\n`
}

/** Chat templates want arguments as an object; text that is none stays text. */
function openArguments(message: unknown): unknown {
  if (!isJsonObject(message) || !Array.isArray(message.tool_calls)) return message
  return { ...message, tool_calls: message.tool_calls.map(openCall) }
}

function openCall(call: unknown): unknown {
  if (!isJsonObject(call) || !isJsonObject(call.function)) return call
  const text = call.function.arguments
  return { ...call, function: { ...call.function, arguments: typeof text === 'string' ? readObject(text) : text } }
}

function readObject(text: string): unknown {
  try {
    const value = parseJson(text)
    return isJsonObject(value) ? value : text
  } catch {
    return text
  }
}

/** A tool's result says which tool it is from, as templates show it. */
function nameResults(messages: unknown[]): unknown[] {
  const names = new Map<unknown, unknown>()
  for (const { id, name } of listCalls(messages)) if (id !== undefined) names.set(id, name)
  return messages.map(message => {
    if (!isJsonObject(message) || message.role !== 'tool' || message.name !== undefined) return message
    const name = names.get(message.tool_call_id)
    return name === undefined ? message : { ...message, name }
  })
}

/** Where nobody said what tools there were, those that were called, in order, with the arguments that they were given. */
function inferTools(messages: unknown[]): unknown[] {
  const parameters = new Map<string, Set<string>>()
  for (const { name, input } of listCalls(messages)) {
    const known = parameters.get(name) ?? new Set()
    for (const key of isJsonObject(input) ? Object.keys(input) : []) known.add(key)
    parameters.set(name, known)
  }
  return [...parameters].map(([name, keys]) => ({
    type: 'function',
    function: {
      name,
      description: '',
      parameters: { type: 'object', properties: Object.fromEntries([...keys].map(key => [key, {}])) },
    },
  }))
}

function listCalls(messages: unknown[]): { id: unknown; name: string; input: unknown }[] {
  return messages.flatMap(message => {
    if (!isJsonObject(message) || !Array.isArray(message.tool_calls)) return []
    return message.tool_calls.flatMap((call: unknown) => {
      if (!isJsonObject(call) || !isJsonObject(call.function) || typeof call.function.name !== 'string') return []
      const text = call.function.arguments
      return [{ id: call.id, name: call.function.name, input: typeof text === 'string' ? readObject(text) : text }]
    })
  })
}
