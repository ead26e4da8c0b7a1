import { readBlocks } from './blocks.ts'
import type { MessageInput } from './input.ts'

/** So much of it stands in a list, and is searched. */
const CHARACTERS = 300

/** The beginning of the first thing that the user wrote, on one line; null where no user wrote anything. */
export function findFirstRequest(messages: MessageInput[]): string | null {
  for (const message of messages) {
    if (message.role !== 'user') continue
    const texts = readBlocks(message).flatMap(block =>
      block.type === 'text' ? [block.text.slice(0, 4 * CHARACTERS)] : [],
    )
    const line = texts.join(' ').replace(/\s+/g, ' ').trim()
    // A character outside the basic plane is not cut in two.
    if (line !== '') return line.slice(0, CHARACTERS).replace(/[\uD800-\uDBFF]$/, '')
  }
  return null
}
