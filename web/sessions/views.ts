import { createContext, useContext } from 'react'
import type { Conversation } from './session-query.ts'

/** How a block is shown, where it is not shown as blocks of its kind are. */
export interface BlockView {
  open?: boolean
  /** So many lines of it. */
  lines?: number
  /** A place far behind what is shown, to be shown as well. */
  at?: number
  raw?: boolean
}

/** What the parts of a transcript know of the whole. */
export interface Views {
  of: Conversation
  /** The level of nesting: 0 for the conversation that the page shows. */
  depth: number
  read: (place: string) => BlockView
  change: (place: string, view: BlockView) => void
}

export const ViewsContext = createContext<Views | null>(null)

export function useViews(): Views {
  const views = useContext(ViewsContext)
  if (views === null) throw new Error('There is no transcript around this.')
  return views
}

/** The name of a block in its session. */
export function nameBlock(thread: number, message: number, block: number): string {
  return `${thread}:${message}:${block}`
}
