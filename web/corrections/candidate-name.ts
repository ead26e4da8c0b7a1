const SHOWN = 160

/** What of a candidate it may be called by. */
interface Nameable {
  id: string
  task_name?: unknown
  prompt_messages: { role: string; content?: unknown }[]
  model_response: string
}

/** What a whole candidate is called: its task, else what was asked last, else how the answer begins, else its id. Pure. */
export function nameWholeCandidate(candidate: Nameable): string {
  const { task_name, prompt_messages, model_response, id } = candidate
  if (typeof task_name === 'string' && task_name.trim() !== '') return task_name
  const asked = prompt_messages.findLast(({ role }) => role === 'user')?.content
  return shorten(readText(asked)) || shorten(model_response) || id
}

/** The text of a message's content, without its other parts. */
function readText(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .flatMap((part: unknown) =>
      typeof part === 'object' && part !== null && 'text' in part && typeof part.text === 'string' ? [part.text] : [],
    )
    .join(' ')
}

function shorten(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ')
  return line.length <= SHOWN ? line : `${line.slice(0, SHOWN - 1).trimEnd()}…`
}
