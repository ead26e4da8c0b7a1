/**
 * The word lists of the baseline, English and German. In other languages these signals stay silent and the session is
 * judged by the rest. Every list is matched without regard to case.
 */

/** The user says that something is not as it was asked for. Only looked for after the agent has answered. */
export const CORRECTION_WORDS: readonly RegExp[] = [
  /\b(that'?s|that is|this is|it'?s|it is) (still )?(not (right|correct|true|what|how|it\b|working)|wrong|incorrect|broken)/i,
  /\bnot what i (asked|wanted|meant|said|need)/i,
  /\byou (didn'?t|did not|forgot|missed|ignored|misunderstood|haven'?t|broke)\b/i,
  /\b(i (already )?(told|asked) you|as i (already )?said|i already (said|asked|gave|provided)|i meant|like i said)\b/i,
  /\b(doesn'?t|does not|didn'?t|did not|isn'?t|is not|still not) (work|working|help|compile|run)\b/i,
  /\bstill (fails|failing|broken|wrong|the same (error|problem|issue)|getting)\b/i,
  /\b(try again|undo (that|this|it)|revert (that|this|it)|stop doing|why did you|wrong (file|one|place|answer))\b/i,
  /^no[,.!]? (not|don'?t|that'?s|that is|i meant|you)\b/i,
  /^\[request interrupted by user/i,
  /\b(das ist|ist das) (falsch|nicht richtig)\b|\bstimmt (so )?nicht\b|\bnicht (das|so), was ich\b/i,
  /\b(funktioniert|klappt|geht) (immer noch |noch immer |so )?nicht\b|\bich (habe|hab) (doch |schon |bereits )?gesagt\b/i,
  /\bdu hast .{1,60} (vergessen|übersehen|ignoriert)\b|\bmach(e)? das (wieder )?rückgängig\b|\bimmer noch (falsch|kaputt)\b/i,
]

/** The user is unhappy with the service, or wants somebody else. */
export const COMPLAINT_WORDS: readonly RegExp[] = [
  /\b(frustrat(ed|ing)|disappoint(ed|ing)|unacceptable|ridiculous|useless|terrible|not helpful|unhelpful|annoy(ed|ing))\b/i,
  /\bwast(e|ing) (of )?(my )?time\b/i,
  /\b(speak|talk) (to|with) (a |an |your |the )?(real )?(human|person|manager|supervisor|someone else)\b/i,
  /(?<!\p{L})(inakzeptabel|nutzlos|enttäusch(t|end)|ärgerlich|unverschämt|zeitverschwendung|lächerlich)(?!\p{L})/iu,
]

/** The user is content. Only looked for in the last thing the user says. */
export const THANKS_WORDS: readonly RegExp[] = [
  /\b(thanks|thank you|perfect|great|awesome|excellent|wonderful|works now|that works|well done|appreciate)\b/i,
  /\b(danke|perfekt|super|prima|wunderbar|großartig|passt so)\b/i,
]

/** The user asks for something: a question or a demand. One match is one demand. */
export const DEMAND_WORDS =
  /\?|\b(please|can you|could you|would you|i want|i'?d like|i would like|(?<!if )i need|i have to|help me|make sure|let'?s|bitte|kannst du|können sie|könntest du|ich möchte|ich will|ich brauche|ich hätte gern)\b|^[ \t]*(add|change|check|clean|compare|create|delete|describe|explain|find|fix|implement|improve|list|make|migrate|move|refactor|remove|rename|replace|review|run|search|show|summari[sz]e|tell|test|translate|update|write)\b/gim

/** Conditions that the answer has to meet. */
export const CONSTRAINT_WORDS =
  /\b(must|only|without|unless|except|instead of|at least|at most|no more than|less than|more than|cheapest|fastest|before|after|until|within|exactly|never|do not|don'?t|should not|if|otherwise|muss|müssen|nur|ohne|außer|mindestens|höchstens|bevor|nachdem|innerhalb|genau|niemals|falls|wenn|sonst)\b/gi

/** Things to work with: code, paths, addresses, identifiers with digits. Bounded repetitions keep the search linear. */
export const MATERIAL_WORDS =
  /```|https?:\/\/\S{1,200}|[\w.-]{1,60}\/[\w./-]{1,200}|\b[\w-]{2,60}\.[a-z]{2,4}\b|\b(?=[A-Z0-9_-]{0,40}\d)[A-Z0-9_-]{5,40}\b/gi

/** The agent admits a mistake. "Sorry to hear" is sympathy and does not count. */
export const APOLOGY_WORDS =
  /\b(i'?m (so |very |really |terribly )?sorry(?! to hear)|i am (so |very |really )?sorry(?! to hear)|sorry (about|for)|i apologi[sz]e|my apologies|my mistake|you'?re (absolutely )?right|entschuldigung|tut mir (sehr )?leid|mein fehler)\b/i

/** The agent says that it cannot do what was asked. */
export const INABILITY_WORDS =
  /\b(i (can'?t|cannot|can not|could not|couldn'?t|am unable to|am not able to|am not allowed to|won'?t be able to)|i'?m (unable|not able|not allowed) to|unable to|(is|are) not (possible|allowed|permitted|eligible)|(cannot|can'?t) be (changed|done|cancel+ed|modified|fixed|refunded)|ich kann .{0,40}nicht|leider nicht|nicht möglich)\b/i

/** A tool's text that begins as failures do. Looked for only where the source does not say whether the call failed. */
export const FAILURE_OPENINGS =
  /^[\s"'`<[(*]*(tool_use_)?(error|exception|traceback|fatal|failed|failure|panic|invalid|unauthori[sz]ed|forbidden|access denied|permission denied|timed? ?out|timeout|no such file|command not found|cannot|could not|unable to|fehler)\b/i

/** A failure further down in a short or long result. */
export const FAILURE_PHRASES =
  /traceback \(most recent call last\)|\bexit(ed)?( with)? (code|status):? (?!0\b)\d{1,3}\b|^.{1,200}: (command not found|no such file or directory|permission denied)$|\b[A-Z]\w*(Error|Exception): /im

/** Paths whose files tell the agent how to act: settings, skills, memory. */
export const EXTENSION_PATHS =
  /(^|[\\/])\.(claude|cursor|agents?)[\\/]|(^|[\\/])(CLAUDE|AGENTS|GEMINI|MEMORY|SKILL)\.md$|(^|[\\/])(memory|memories|skills)[\\/]/

/** Tools that use or make skills, or keep memories. */
export const EXTENSION_TOOLS =
  /^(skill|memory|remember|save_memory|update_memory|create_(tool|skill)|write_skill|learn)$/i

/** Tools that write files. */
export const WRITING_TOOLS = /write|edit|create|patch|replace|insert|save|append/i

/** Tools that start another agent, where the source does not nest its messages. */
export const SUBAGENT_TOOLS = /^(task|agent|subagent|(spawn|run|dispatch|start|call)_?(sub)?agent|delegate(_task)?)$/i

/** Tools that hand the user over to a person. */
export const TRANSFER_TOOLS =
  /(transfer|escalat|hand_?(off|over)).*(human|agent|person|operator|supervisor|support|staff)/i
