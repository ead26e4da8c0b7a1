/**
 * From a session to the question that one expert is asked. The same session, rubric, panel and budget always give the
 * same prompt: it holds no clock and no random number, so that the ledger knows a call again.
 */
import { Invalid } from '#errors.ts'
import type { ModelMessage } from '#models/model.ts'
import { estimateTokens } from '#models/tokens.ts'
import type { Transcript } from '#sessions/transcript.ts'
import { type Cut, describeCut, describeCutInWords, planView } from './cut.ts'
import { fenceText } from './fence.ts'
import type { Expert, Panel } from './panel.ts'
import { fillText, PROMPT_TEXT } from './prompt-text.ts'
import { describeRubric, type Rubric } from './rubric.ts'
import { describeHeader } from './transcript-header.ts'
import { layOutConversation, type MessageLayout } from './transcript-layout.ts'
import { type EstimateTokens, renderView } from './transcript-view.ts'

/** Raise it when the prompt of a session changes; a test compares a whole prompt. Part of the judge version. */
export const PROMPT_VERSION = 1

export interface PromptInput {
  transcript: Transcript
  rubric: Rubric
  panel: Panel
  /** The member of the panel that is asked. */
  expert: Expert
  /** A secret that stays the same for a project: whoever knows it can write text that ends the fence. */
  nonceKey: string | Uint8Array
  /** Most tokens that the messages may take together, by `estimate`. */
  budgetTokens: number
  estimate?: EstimateTokens
}

export interface Prompt {
  messages: ModelMessage[]
  /** What was left out of the transcript; null when all of it is there. */
  cut: Cut | null
  estimated_tokens: number
}

/** The least room for a transcript that is worth asking about. */
const LEAST_ROOM = 200
/** Each attempt aims a tenth lower, in case that the estimates of parts add up to less than that of the whole. */
const ATTEMPTS = 20

/** A cut whose description is about as long as they get, to keep room for it. */
const LONG_CUT: Cut = {
  policy: 1,
  messages_total: 1e6,
  messages_shown: 1e6,
  left_out: [[1e6, 1e6 + 1]],
  subagent_messages_left_out: 1e6,
  blocks_left_out: 1e6,
  shortened_blocks: 1e6,
  characters_total: 1e9,
  characters_shown: 1e9,
}

/**
 * Builds an expert's prompt: a system message (the expert's id first, then the task, the rubric and the expert's
 * instructions; the same for every session, so that providers can cache it) and a user message (the fenced transcript, then
 * the instructions in short and the reply's shape). A transcript that is too long is cut by the policy of `cut.ts`, for
 * every expert of the panel in the same way. Throws `Invalid` when the budget is too small for any of it.
 */
export function buildPrompt(input: PromptInput): Prompt {
  const estimate = input.estimate ?? estimateTokens
  const layout = layOutConversation(input.transcript.messages, Date.parse(input.transcript.created_at))
  const room = input.budgetTokens - measureFrame(input, estimate)
  if (room < LEAST_ROOM) throw tooSmall(input, `${input.budgetTokens - room + LEAST_ROOM}`)
  let target = room
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const prompt = fillPrompt(input, layout, target, estimate)
    if (prompt.estimated_tokens <= input.budgetTokens) return prompt
    target = Math.floor(target * 0.9)
  }
  throw tooSmall(input, 'more')
}

function fillPrompt(input: PromptInput, layout: MessageLayout[], target: number, estimate: EstimateTokens): Prompt {
  const view = planView(layout, target, estimate)
  const cut = describeCut(layout, view)
  const content = `${describeHeader(input.transcript, cut)}\n${renderView(layout, view)}`
  const { nonce, fenced } = fenceText(content, input.nonceKey)
  const system = describeSystem(input.rubric, input.expert, estimate)
  const user = [fillText(PROMPT_TEXT.before, { code: nonce }), fenced, writeClosing(input.expert, cut)].join('\n\n')
  return {
    messages: [
      { role: 'system', content: system.text },
      { role: 'user', content: user },
    ],
    cut,
    estimated_tokens: system.tokens + estimate(user),
  }
}

/** The tokens of everything but the conversation, for the expert of the panel that has the most to read. */
function measureFrame(input: PromptInput, estimate: EstimateTokens): number {
  const { nonce, fenced } = fenceText(describeHeader(input.transcript, LONG_CUT), '')
  const common = estimate(`${fillText(PROMPT_TEXT.before, { code: nonce })}\n\n${fenced}\n\n`)
  const own = [input.expert, ...input.panel.experts].map(
    expert => describeSystem(input.rubric, expert, estimate).tokens + estimate(writeClosing(expert, LONG_CUT)),
  )
  return common + Math.max(...own)
}

interface System {
  text: string
  tokens: number
  estimate: EstimateTokens
}

const systems = new WeakMap<Rubric, WeakMap<Expert, System>>()

/** The system message with its tokens, worked out once for each rubric and expert: it is most of the prompt's text. */
function describeSystem(rubric: Rubric, expert: Expert, estimate: EstimateTokens): System {
  const ofRubric = systems.get(rubric) ?? new WeakMap<Expert, System>()
  const known = ofRubric.get(expert)
  if (known?.estimate === estimate) return known
  const text = writeSystem(rubric, expert)
  const system = { text, tokens: estimate(text), estimate }
  systems.set(rubric, ofRubric.set(expert, system))
  return system
}

function writeSystem(rubric: Rubric, expert: Expert): string {
  return [
    fillText(PROMPT_TEXT.opening, { id: expert.id }),
    PROMPT_TEXT.rules,
    PROMPT_TEXT.reading,
    `${PROMPT_TEXT.rubric} (${rubric.title})`,
    describeRubric(rubric),
    `${PROMPT_TEXT.expert} (${expert.title})`,
    expert.instructions,
    PROMPT_TEXT.answer,
  ].join('\n\n')
}

function writeClosing(expert: Expert, cut: Cut | null): string {
  const instructions = fillText(PROMPT_TEXT.after, { id: expert.id })
  const notice = cut === null ? [] : [describeCutInWords(cut)]
  return [instructions, ...notice, fillText(PROMPT_TEXT.shape, { id: expert.id })].join('\n')
}

function tooSmall(input: PromptInput, needed: string): Invalid {
  return new Invalid(
    `the model's room of ${input.budgetTokens} tokens is too small for this rubric and panel, which need ${needed}: ` +
      'take a model with a larger window, or shorten the instructions',
    ['body', 'model'],
    'window_too_small',
  )
}
