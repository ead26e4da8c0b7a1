/** What stands above a session's messages in a prompt: whose session it is, when it was, how much there is. */
import type { Transcript, TranscriptMessage } from '#sessions/transcript.ts'
import { type Cut, describeCutInWords } from './cut.ts'
import { quoteName, showDuration } from './shown-text.ts'
import { renderForeignText } from './transcript-view.ts'

/** Most characters of a profile's purpose; what is missing is marked. */
const PURPOSE_LIMIT = 4000

/** The header's lines. Likes and dislikes are those of the session's own messages. */
export function describeHeader(transcript: Transcript, cut: Cut | null): string {
  const { messages } = transcript
  const duration = Date.parse(transcript.last_active) - Date.parse(transcript.created_at)
  const ratings = messages.flatMap(message => message.reactions.map(reaction => reaction.rating))
  const likes = ratings.filter(rating => rating === 1).length
  return [
    ...describeProfile(transcript),
    `[time] created ${transcript.created_at}, last active ${transcript.last_active}, duration ${showDuration(duration)}`,
    `[messages] ${messages.length}: ${countRoles(messages)}`,
    `[feedback] likes: ${likes}, dislikes: ${ratings.length - likes}`,
    ...(cut === null ? [] : [`[cut] ${describeCutInWords(cut)}`]),
  ].join('\n')
}

function describeProfile({ profile }: Transcript): string[] {
  if (profile === null) return ['[profile] no profile is known for this agent']
  const name = quoteName(profile.name ?? profile.profile_id)
  if (profile.purpose === null) return [`[profile] ${name}; what it is for is not known`]
  return [`[profile] ${name}, for:`, renderForeignText(profile.purpose, PURPOSE_LIMIT, '', 'this text')]
}

function countRoles(messages: TranscriptMessage[]): string {
  const counts = { system: 0, user: 0, assistant: 0, tool: 0 }
  for (const message of messages) counts[message.role] += 1
  return `${counts.system} system, ${counts.user} user, ${counts.assistant} assistant, ${counts.tool} tool`
}
