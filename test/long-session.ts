/** The messages of a session of any length, as coding agents make them: turns of a user, thinking, calls, results, failures. */
export function makeLongSession(count: number): { role: string; [field: string]: unknown }[] {
  return Array.from({ length: count }, (_, index) => makeMessage(index))
}

/** A turn has 20 messages: the request, nine calls with their results (the third of them fails), the answer. */
function makeMessage(index: number): { role: string; [field: string]: unknown } {
  const created_at = new Date(Date.UTC(2026, 0, 1) + index * 2_300).toISOString()
  const step = index % 20
  if (step === 0) return { role: 'user', created_at, content: `Request ${index}: ${WORDS}` }
  if (step === 19) {
    return {
      role: 'assistant',
      created_at,
      model: 'model-a',
      content: `Answer ${index}.\n\n${WORDS}\n\n- one\n- **two**`,
    }
  }
  const id = `call_${Math.floor((step - 1) / 2)}`
  if (step % 2 === 1) {
    const command = `npm test -- part-${index}`
    return {
      role: 'assistant',
      created_at,
      model: 'model-a',
      content: [
        { type: 'thinking', text: `Thought ${index}. ${WORDS}` },
        { type: 'tool_call', id, name: 'bash', arguments: { command, timeout: 9_007_199_254_740_991 } },
      ],
    }
  }
  const failed = step === 6
  const text = Array.from(
    { length: 30 },
    (_, line) => `${index}.${line} ${failed ? 'not ok' : 'ok'} ${WORDS.slice(0, 40)}`,
  )
  return {
    role: 'tool',
    created_at,
    content: [{ type: 'tool_result', call_id: id, content: text.join('\n'), is_error: failed }],
  }
}

const WORDS = 'The parcel left the depot on Monday and nobody has seen it since, so please look where it went. '.repeat(
  4,
)
