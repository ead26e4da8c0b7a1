/**
 * A session as its readers (judges, the baseline, pages) see it: every dialect of a message reduced to four kinds of
 * block, subagents nested under the call that started them, reactions beside the message that got them.
 *
 * An outcome (a reward, a test result) is no part of a transcript, so that it cannot reach a judge.
 */

export type Role = 'system' | 'user' | 'assistant' | 'tool'

export interface TextBlock {
  type: 'text'
  text: string
}

export interface ThinkingBlock {
  type: 'thinking'
  text: string
}

export interface ToolCallBlock {
  type: 'tool_call'
  /** Null when the source gave none; results then follow by order. */
  id: string | null
  name: string
  /** The arguments as the source wrote them: a JSON value, or the model's own text, which may not even parse. */
  arguments: unknown
  /** A subagent's conversation, when this call started one; its messages count from 0 again. */
  messages: TranscriptMessage[] | null
}

export interface ToolResultBlock {
  type: 'tool_result'
  /** The `id` of the call that it answers, null when the source gave none. */
  call_id: string | null
  text: string
  /** Null when the source does not say whether the tool failed. */
  is_error: boolean | null
}

/** Something that is not text: an image, audio, a file. `kind` is the source's word for it. */
export interface AttachmentBlock {
  type: 'attachment'
  kind: string
}

export type Block = TextBlock | ThinkingBlock | ToolCallBlock | ToolResultBlock | AttachmentBlock

export interface Reaction {
  rating: 1 | -1
  comment: string | null
  author: string | null
}

export interface TranscriptMessage {
  message_index: number
  role: Role
  blocks: Block[]
  /** ISO time, null when the source gave none. */
  created_at: string | null
  /** Which model wrote it, null when the source did not say. */
  model: string | null
  reactions: Reaction[]
}

export interface Profile {
  profile_id: string
  name: string | null
  /** What the agent is for, in its makers' words. */
  purpose: string | null
}

export interface Transcript {
  session_id: string
  /** The session's own name, if it has one. */
  name: string | null
  profile_id: string
  /** Null when nobody described this profile to Whetstone. */
  profile: Profile | null
  created_at: string
  last_active: string
  messages: TranscriptMessage[]
}
