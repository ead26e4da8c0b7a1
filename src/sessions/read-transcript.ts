import sql from 'sql-template-tag'
import { type Db, queryOne } from '#db/connect.ts'
import { NotFound } from '#errors.ts'
import { readBlocks } from './blocks.ts'
import type { Foreign } from './foreign.ts'
import type { Block, Profile, Reaction, Role, Transcript, TranscriptMessage } from './transcript.ts'

/** A transcript with what its judging has to remember: which content it was. */
export interface ReadTranscript {
  transcript: Transcript
  content_hash: Buffer
  msg_count: number
}

/** Reads a whole session as its judges see it. @throws NotFound */
export async function readTranscript(db: Db, projectId: number, sessionNo: number): Promise<ReadTranscript> {
  // One statement for session, messages and reactions, so that they are of the same moment.
  const row = await queryOne<SessionRow>(
    db,
    sql`
      select s.session_id, s.name, s.profile_id, s.created_at, s.last_active, s.content_hash, s.msg_count,
        (select json_build_object('profile_id', p.profile_id, 'name', p.name, 'purpose', p.purpose)
          from profiles p where p.project_id = s.project_id and p.profile_id = s.profile_id) as profile,
        (select coalesce(json_agg(json_build_object('thread', thread, 'message_index', message_index, 'body', body)
            order by thread, message_index), '[]')
          from messages m where m.project_id = s.project_id and m.session_no = s.session_no) as messages,
        (select coalesce(json_agg(json_build_object('message_index', message_index, 'rating', rating, 'comment', comment,
            'author', u.name) order by feedback_no), '[]')
          from feedback f join users u using (user_id)
          where f.project_id = s.project_id and f.session_no = s.session_no and newest and rating <> 0) as feedback
      from sessions s where s.project_id = ${projectId} and s.session_no = ${sessionNo}`,
  )
  if (row === null) throw new NotFound('The session is gone.')
  const { content_hash, msg_count, messages, feedback, ...session } = row
  return { transcript: { ...session, messages: nestMessages(messages, feedback) }, content_hash, msg_count }
}

interface MessageRow {
  thread: number
  message_index: number
  body: Foreign & { role: Role }
}

interface SessionRow {
  session_id: string
  name: string | null
  profile_id: string
  created_at: string
  last_active: string
  content_hash: Buffer
  msg_count: number
  profile: Profile | null
  messages: MessageRow[]
  feedback: (Reaction & { message_index: number })[]
}

function nestMessages(rows: MessageRow[], feedback: SessionRow['feedback']): TranscriptMessage[] {
  const threads = Map.groupBy(rows, row => row.thread)
  const reactions = Map.groupBy(feedback, reaction => reaction.message_index)
  const readThread = (thread: number): TranscriptMessage[] =>
    (threads.get(thread) ?? []).map(({ message_index, body }) => ({
      message_index,
      role: body.role,
      blocks: readBlocks(body).map((block): Block => {
        if (block.type !== 'tool_call') return block
        const { thread: started, ...call } = block
        return { ...call, messages: started === null ? null : readThread(started) }
      }),
      created_at: typeof body.created_at === 'string' ? body.created_at : null,
      model: typeof body.model === 'string' && body.model !== '' ? body.model : null,
      reactions: thread === 0 ? readReactions(reactions.get(message_index) ?? []) : [],
    }))
  return readThread(0)
}

function readReactions(rows: (Reaction & { message_index: number })[]): Reaction[] {
  return rows.map(({ rating, comment, author }) => ({ rating, comment, author }))
}
