/** Datasets, prompts and settings in which every text that somebody wrote is a payload. */
import type { TestApp } from '../app.ts'
import { groupNames } from './hostile-corrections.ts'
import { createSender, forAll, nameOf } from './hostile-sessions.ts'
import { PAYLOADS, type Payload } from './payloads.ts'

/** The dataset and the prompt that have all payloads have the first one as their name. */
export const FIRST_NAME = nameOf(PAYLOADS[0]?.text ?? '')

/** A dataset for each payload, and one of two versions with a case for each. @returns the ids of its cases. */
export async function fillHostileDatasets(app: TestApp): Promise<string[]> {
  const send = createSender(app)
  const cases = PAYLOADS.map(({ text }) => ({
    id: nameOf(text),
    input: { [text]: text, messages: [{ role: 'user', content: text }] },
    expected: { [text]: text },
    metadata: { [text]: text },
    source: nameOf(text),
  }))
  await forAll(PAYLOADS.slice(1), ({ text }) => upload(app, nameOf(text), [{ input: { text } }]))
  await upload(app, FIRST_NAME, cases)
  await upload(
    app,
    FIRST_NAME,
    cases.map(one => ({ ...one, expected: [one.expected, 'changed'] })),
  )
  const all = PAYLOADS.map(one => ({ [one.text]: one.text }))
  await upload(app, 'all', [{ id: FIRST_NAME, input: { all }, expected: all, metadata: { all } }])
  const { rows } = await send<{ rows: { case_id: string }[] }>('GET', '/api/datasets/all/case-rows')
  return rows.map(one => one.case_id)
}

/** So much of a case is shown, and so many cases beside the list of datasets. */
const [CASE, CASES] = [360, 5]
/** So much of a template is shown beside the list of prompts. */
const TEMPLATE = 1_400

/** The datasets `peek-0` and so on: beside the list each payload is seen in an input and in an expected answer. @returns how many. */
export async function fillPeekedDatasets(app: TestApp): Promise<number> {
  const cases = packPayloads(CASE).map((group, nth) => {
    const text = group.map(one => one.text).join(' ')
    return { id: nameOf(group[0]?.text ?? `${nth}`), input: { text }, expected: text }
  })
  const count = Math.ceil(cases.length / CASES)
  for (let nth = 0; nth < count; nth++) await upload(app, `peek-${nth}`, cases.slice(nth * CASES, (nth + 1) * CASES))
  return count
}

/** The prompts `peek-0` and so on: beside the list each payload is seen in both templates. @returns how many. */
export async function fillPeekedPrompts(app: TestApp): Promise<number> {
  const groups = packPayloads(TEMPLATE)
  await forAll(groups, (group, nth) => savePrompt(app, `peek-${nth}`, group.map(writeRaw)))
  return groups.length
}

/** As many as the preview of a collection shows. */
const COLLECTED = 50

/** Sessions that payloads name, in whose requests, rated answers and comments all payloads are: one case each. @returns how many. */
export async function fillHostileRatings(app: TestApp): Promise<number> {
  const send = createSender(app)
  const share = Math.ceil(PAYLOADS.length / COLLECTED)
  const first = PAYLOADS.filter((_, nth) => nth % share === 0)
  await forAll(first, async ({ text }, nth) => {
    const content = PAYLOADS.slice(nth * share, (nth + 1) * share)
      .map(one => one.text)
      .join(' ')
    const messages = ['user', 'assistant'].map(role => ({ role, content }))
    const session_id = nameOf(text)
    await send('POST', '/api/sessions', { session_id, profile_id: session_id, messages })
    const rating = { session_id, message_index: 1, rating: nth % 2 === 0 ? 1 : -1, comment: content }
    await send('POST', '/api/eval/feedback', rating)
  })
  return first.length
}

/** A prompt for each payload with a label of its name, and one whose versions have all of them. */
export async function fillHostilePrompts(app: TestApp): Promise<void> {
  await forAll(PAYLOADS.slice(1), ({ text }) => savePrompt(app, nameOf(text), [text]))
  const texts = PAYLOADS.map(writeRaw)
  await savePrompt(app, FIRST_NAME, texts)
  await savePrompt(
    app,
    FIRST_NAME,
    [...texts].reverse(),
    PAYLOADS.map(one => nameOf(one.text)),
  )
}

/** Keys for users that payloads name, and webhooks that have them in their addresses. */
export async function fillHostileSettings(app: TestApp): Promise<void> {
  const send = createSender(app)
  await forAll(groupNames(500), names =>
    send('POST', '/api/webhooks', { url: `http://127.0.0.1:9/?${names.replaceAll('#', '%23')}` }),
  )
}

async function upload(app: TestApp, name: string, cases: object[]): Promise<void> {
  const answer = await app.fetch(`/api/datasets/${encodeURIComponent(name)}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: cases.map(one => `${JSON.stringify(one)}\n`).join(''),
  })
  if (!answer.ok) throw new Error(`${name}: ${await answer.text()}`)
}

/** A version with the texts in both templates, at which the labels stand. */
async function savePrompt(app: TestApp, name: string, texts: string[], labels: string[] = []): Promise<void> {
  const send = createSender(app)
  const path = `/api/prompts/${encodeURIComponent(name)}`
  const words = `{% raw %}${texts.join('\n')}{% endraw %}`
  const { version } = await send<{ version: string }>('POST', `${path}/versions`, { system: words, user: words })
  for (const label of labels) await send('PUT', `${path}/labels/${encodeURIComponent(label)}`, { version })
}

function writeRaw({ text }: Payload): string {
  return text.replaceAll('endraw', '')
}

/** Payloads that fit into so many characters, as they are or as JSON, in each of the groups. */
function packPayloads(characters: number): Payload[][] {
  const groups: Payload[][] = [[]]
  let left = characters
  for (const one of PAYLOADS) {
    const size = JSON.stringify(one.text).length
    if (size > left) {
      groups.push([])
      left = characters
    }
    groups.at(-1)?.push(one)
    left -= size
  }
  return groups
}
