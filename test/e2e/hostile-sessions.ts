/** Sessions, judgements and runs in which every text that somebody wrote is a payload. */
import assert from 'node:assert/strict'
import { AXES } from '#judging/axes.ts'
import { createScriptedModel } from '#models/scripted.ts'
import type { TestApp } from '../app.ts'
import { PAYLOADS, type Payload } from './payloads.ts'

/** So many requests at a time. */
const AT_ONCE = 8
const EXPERTS = 10

/** A scripted model that answers judges and experiments with payloads, and fails with them. */
export function createHostileModel() {
  return createScriptedModel(
    {
      rules: PAYLOADS.map(({ id, text }) => ({
        when: { last: `FAIL-${id}-` },
        fail: { kind: 'failed' as const, status: 400, message: text },
      })),
      default: {
        reply: ({ messages }) => {
          const asked = messages.map(message => message.content).join('\n')
          const [, plain] = /SAY-(\d+)-/.exec(asked) ?? []
          if (plain !== undefined) return PAYLOADS[Number(plain)]?.text ?? ''
          const [, unusable] = /CAUSE-(\d+)-/.exec(asked) ?? []
          const [, group] = /GROUP-(\d+)-/.exec(asked) ?? []
          const [, expert] = /You are expert_(\d)/.exec(asked) ?? []
          const scores = Object.fromEntries(AXES.map(axis => [axis, 50]))
          if (unusable !== undefined) {
            return JSON.stringify({ scores, comment: 'x', [PAYLOADS[Number(unusable)]?.text ?? '']: 1 })
          }
          const said = Number(group ?? 0) * EXPERTS + Number(expert ?? 0)
          return JSON.stringify({ scores, comment: PAYLOADS[said % PAYLOADS.length]?.text ?? 'nothing' })
        },
      },
    },
    'scripted',
    { keep: false },
  )
}

/** What the pages of judged sessions and of runs are called. */
export interface HostileSessions {
  /** Sessions with ten experts' comments each. */
  judged: string[]
  /** A run that failed for as many causes as there are payloads. */
  run: string
}

/** Fills an application; it wants a worker and a backend `scripted` with the model above. */
export async function fillHostileSessions(app: TestApp): Promise<HostileSessions> {
  const send = createSender(app)
  await forAll(PAYLOADS, async ({ id, text }) => {
    await send('POST', '/api/sessions', {
      session_id: nameOf(text),
      name: text,
      profile_id: nameOf(text),
      messages: [
        { role: 'user', content: id % 2 === 0 ? text : `hit ${text}`, name: text },
        { role: 'assistant', content: `CAUSE-${id}-` },
      ],
    })
    const comment = { session_id: nameOf(text), message_index: 1, rating: -1, comment: text }
    await send('POST', '/api/eval/feedback', comment)
  })
  const texts = Array.from({ length: Math.ceil(PAYLOADS.length / EXPERTS) }, (_, group) =>
    PAYLOADS.slice(group * EXPERTS, (group + 1) * EXPERTS).map(one => printable(one.text)),
  )
  await forAll(texts, async group => {
    await send('POST', '/api/eval/panels', { yaml: writePanel(group, 1) })
    await send('POST', '/api/eval/rubrics', { yaml: writeRubric(group) })
  })
  const last = texts.at(-1) ?? []
  const single = await send<{ version: string }>('POST', '/api/eval/panels', { yaml: writePanel(last, 1) })
  const many = await send<{ version: string }>('POST', '/api/eval/panels', { yaml: writePanel(last, EXPERTS) })
  await send('PUT', '/api/eval/pins', { panel: single.version, rubric: 'hostile' })
  const run = await judge(send, {
    model: nameOf(PAYLOADS[0]?.text ?? ''),
    session_ids: PAYLOADS.map(one => nameOf(one.text)),
  })
  // The list of runs shows their models, four payloads each.
  const groupsOfFour = PAYLOADS.filter(one => one.id % 4 === 0).map(({ id }) => PAYLOADS.slice(id, id + 4))
  await forAll(groupsOfFour, async four => {
    const model = four.map(one => nameOf(one.text)).join(' ')
    const session_ids = four.slice(0, 1).map(one => nameOf(one.text))
    await send('POST', '/api/eval/run', { backend: 'scripted', model, scope: 'sessions', session_ids })
  })
  await send('PUT', '/api/eval/pins', { panel: many.version })
  const groups = Array.from({ length: Math.ceil(PAYLOADS.length / EXPERTS) }, (_, group) => `judged ${group}`)
  await forAll(groups, async (session_id, group) => {
    const messages = [{ role: 'user', content: `GROUP-${group}-` }]
    await send('POST', '/api/sessions', { session_id, profile_id: 'x', messages })
  })
  await judge(send, { model: 'fine', session_ids: groups })
  return { judged: groups, run }
}

/** The session `everything`, which has each payload in each kind of block. */
export async function fillHostileTranscript(app: TestApp): Promise<void> {
  const send = createSender(app)
  await send('POST', '/api/sessions', {
    session_id: 'everything',
    profile_id: 'x',
    messages: PAYLOADS.flatMap(writeMessages),
  })
  await forAll(PAYLOADS, async ({ id, text }) => {
    const rating = { session_id: 'everything', message_index: id * 3 + 1, rating: id % 2 === 0 ? 1 : -1, comment: text }
    await send('POST', '/api/eval/feedback', rating)
  })
}

/** Three messages: a payload in each place where a transcript has a text. */
function writeMessages({ text, id }: Payload): object[] {
  const call = (name: string, args: unknown, more: object = {}) => ({
    type: 'tool_call',
    id: `${id} ${name}`,
    name,
    arguments: args,
    ...more,
  })
  const nested = [
    { role: 'user', content: text },
    { role: 'assistant', content: text, model: text },
  ]
  return [
    { role: id % 3 === 0 ? 'system' : 'user', content: text, name: text },
    {
      role: 'assistant',
      model: text,
      content: [
        { type: 'text', text },
        { type: 'thinking', text },
        call(text, { [text]: text, path: text, inner: JSON.stringify({ [text]: [text] }) }),
        call('Edit', { file_path: text, old_string: text, new_string: `${text}!` }),
        call('broken', text),
        call('Task', { prompt: text, description: text }, { messages: nested }),
        { type: 'image', source: { type: 'url', url: text } },
        { type: 'image', source: { type: 'base64', media_type: text, data: text } },
        { type: 'image_url', image_url: { url: `data:image/svg+xml;base64,${btoa(encodeURI(text))}` } },
        { type: text, text },
      ],
    },
    {
      role: 'tool',
      name: text,
      content: [
        { type: 'tool_result', call_id: `${id} ${text}`, content: text, is_error: true },
        { type: 'tool_result', call_id: `${id} broken`, content: JSON.stringify({ [text]: [text] }), is_error: true },
        { type: 'tool_result', call_id: `${id} nobody`, content: `Exit code 1\n${text}`, is_error: true },
      ],
    },
  ]
}

function writePanel(texts: string[], experts: number): string {
  const [title = ''] = texts
  return JSON.stringify({
    name: 'hostile',
    title: title.slice(0, 200),
    kind: 'model',
    experts: Array.from({ length: experts }, (_, n) => ({
      id: `expert_${n}`,
      title: (texts[n] ?? title).slice(0, 200),
      instructions: `You are expert_${n}. ${texts.join('\n')}`,
    })),
  })
}

function writeRubric(texts: string[]): string {
  const [title = ''] = texts
  const all = texts.join('\n')
  const axis = { title: title.slice(0, 100), description: all, anchors: { 0: all, 100: all } }
  const axes = Object.fromEntries(AXES.map((one, at) => [one, { ...axis, title: (texts[at] ?? title).slice(0, 100) }]))
  return JSON.stringify({ name: 'hostile', title: title.slice(0, 100), axes })
}

/** Judges sessions, and waits until all are done with. */
async function judge(send: Send, run: { model: string; session_ids: string[] }): Promise<string> {
  const { run_id } = await send<{ run_id: string }>('POST', '/api/eval/run', {
    backend: 'scripted',
    scope: 'sessions',
    ...run,
  })
  for (let look = 0; look < 1_200; look++) {
    const { state } = await send<{ state: string }>('GET', `/api/eval/run/${run_id}?sessions=none`)
    if (state !== 'running') return run_id
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error('The run does not end.')
}

export type Send = ReturnType<typeof createSender>

/** Requests that must succeed. */
export function createSender(app: TestApp) {
  return async <Body = object>(method: string, path: string, body?: unknown): Promise<Body> => {
    const answer = await app.send<Body>(method, path, body)
    assert.ok(
      answer.status < 300,
      `${method} ${path}: ${JSON.stringify(answer.body)} for ${JSON.stringify(body)?.slice(0, 300)}`,
    )
    return answer.body
  }
}

/** Does something with each, some at a time. */
export async function forAll<Item>(
  items: Item[],
  work: (item: Item, index: number) => Promise<unknown>,
): Promise<void> {
  const left = items.entries()
  const takeTurns = async () => {
    for (const [index, item] of left) await work(item, index)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, takeTurns))
}

/** A payload as a name: without control characters, which none may have. */
export function nameOf(text: string): string {
  return text
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, 500)
}

function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}]/gu, ' ').trim()
}
