/**
 * What is in a message, as bits of one number: an outline of 30,000 messages is then a list of small numbers. Pure, and read
 * by the web application as well. The two lowest bits are the role.
 */

/** By the number that the two lowest bits make. */
export const FLAGGED_ROLES = ['system', 'user', 'assistant', 'tool'] as const

export const MESSAGE_FLAGS = {
  text: 4,
  thinking: 8,
  calls: 16,
  results: 32,
  /** A result says that its tool failed, or looks as if it had. */
  failed: 64,
  /** A call starts a subagent. */
  subagent: 128,
  attachment: 256,
} as const

/** Whether a message has something that a person wrote: a user's turn. Results come under that role too in some dialects. */
export function isUserTurn(flags: number): boolean {
  return (flags & 3) === 1 && (flags & (MESSAGE_FLAGS.text | MESSAGE_FLAGS.attachment)) !== 0
}

/** Whether a message has nothing but tool results, which are shown at their calls. */
export function hasOnlyResults(flags: number): boolean {
  return (flags & ~(3 | MESSAGE_FLAGS.failed)) === MESSAGE_FLAGS.results
}
