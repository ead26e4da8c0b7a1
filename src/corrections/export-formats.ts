import { isJsonObject, parseJson } from '#json.ts'
import type { ApprovedRow } from './approved-rows.ts'
import { isBlank } from './blank.ts'

/**
 * What trainers read, one JSON object a line, in the shapes that TRL documents as conversational ("Dataset formats and
 * types"):
 * - `sft`: language modelling, `{messages}`, the prompt as it came;
 * - `sft_tools`: the same with `tools`, a JSON schema for each, and the arguments of calls as objects;
 * - `dpo`: preference, `{prompt, chosen, rejected}`, chosen being the correction, rejected the original with its calls;
 * - `kto`: unpaired preference, `{prompt, completion, label}`, a line for the correction and one for the original.
 */
export const EXPORT_FORMATS = ['sft', 'sft_tools', 'dpo', 'kto'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

/**
 * The lines of one approved correction; none where the format has no place for it: a preference needs a prompt, and an
 * answer that can be seen and that differs from the correction. Pure: the same correction gives the same bytes.
 */
export function writeExportLines(format: Exclude<ExportFormat, 'sft'>, row: ApprovedRow): string[] {
  const { corrected_response: correction, model_response: original } = row
  if (format === 'sft_tools') return [writeToolLine(row)]
  if (row.prompt === '[]' || isBlank(original) || original === correction) return []
  const prompt = openPrompt(row.prompt)
  if (format === 'dpo') {
    return [`{"prompt":${prompt},"chosen":${asAnswer(correction)},"rejected":${asAnswer(original, row.calls)}}\n`]
  }
  return [
    `{"prompt":${prompt},"completion":${asAnswer(correction)},"label":true}\n`,
    `{"prompt":${prompt},"completion":${asAnswer(original, row.calls)},"label":false}\n`,
  ]
}

function asAnswer(text: string, calls: string | null = null): string {
  const made = calls === null ? null : parseJson(calls)
  const opened = Array.isArray(made) && made.length > 0 ? `,"tool_calls":${JSON.stringify(made.map(openCall))}` : ''
  return `[{"role":"assistant","content":${JSON.stringify(text)}${opened}}]`
}

/** Most prompts hold no calls; they stay as they are stored. */
function openPrompt(prompt: string): string {
  return prompt.includes('"tool_calls"') ? JSON.stringify(openMessages(readMessages(prompt))) : prompt
}

function readMessages(prompt: string): unknown[] {
  const parsed = parseJson(prompt)
  return Array.isArray(parsed) ? parsed : []
}

function openMessages(messages: unknown[]): unknown[] {
  return nameResults(messages.map(openArguments))
}

function writeToolLine(row: ApprovedRow): string {
  const prompt = readMessages(row.prompt)
  const messages = [...openMessages(prompt), { role: 'assistant', content: row.corrected_response }]
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
