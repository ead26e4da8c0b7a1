import type { ReadBlock } from './blocks.ts'

/** A block by its message's index and its own place in it. */
export interface BlockPlace {
  message_index: number
  block: number
}

/** Which result answers which call; keys are `message_index:block`. */
export interface Pairs {
  result_of: Map<string, BlockPlace>
  call_of: Map<string, BlockPlace>
}

/**
 * Pairs calls and results of messages that follow one another, as a judge's transcript does: by id, or by order where a
 * result names none. Sources reuse ids from turn to turn (`call_0`), so a call of an earlier message never takes the result
 * from a later one of the same id. Pure.
 */
export function pairCalls(messages: { message_index: number; blocks: ReadBlock[] }[]): Pairs {
  const pairs: Pairs = { result_of: new Map(), call_of: new Map() }
  const byId = new Map<string, BlockPlace[]>()
  let latest: BlockPlace[] = []
  for (const { message_index, blocks } of messages) {
    for (const [index, block] of blocks.entries()) {
      const place = { message_index, block: index }
      if (block.type === 'tool_call') {
        latest = addToTurn(latest, place)
        if (block.id !== null) byId.set(block.id, addToTurn(byId.get(block.id) ?? [], place))
      } else if (block.type === 'tool_result') {
        const waiting = block.call_id === null ? latest : (byId.get(block.call_id) ?? [])
        let call = waiting.shift()
        while (call !== undefined && pairs.result_of.has(namePlace(call))) call = waiting.shift()
        if (call !== undefined) {
          pairs.result_of.set(namePlace(call), place)
          pairs.call_of.set(namePlace(place), call)
        }
      }
    }
  }
  return pairs
}

/** A place as the key of `Pairs`. */
export function namePlace({ message_index, block }: BlockPlace): string {
  return `${message_index}:${block}`
}

function addToTurn(turn: BlockPlace[], call: BlockPlace): BlockPlace[] {
  return turn[0]?.message_index === call.message_index ? [...turn, call] : [call]
}
