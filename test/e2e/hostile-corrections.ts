/** Corrections in which every text that somebody wrote is a payload: alone in the lists, twenty at a time in what is opened. */
import type { TestApp } from '../app.ts'
import type { BenchmarkFolder } from '../benchmark-files.ts'
import { createSender, forAll, nameOf, type Send } from './hostile-sessions.ts'
import { PAYLOADS, type Payload } from './payloads.ts'

/** The lists of exports and of imports show as many. */
export const MOST_LISTED = 100

const cut = (size: number): Payload[][] =>
  Array.from({ length: Math.ceil(PAYLOADS.length / size) }, (_, nth) => PAYLOADS.slice(nth * size, (nth + 1) * size))

/** The payloads of each candidate that is opened. */
const AT_ONCE = 152
export const CHUNKS = cut(AT_ONCE)
/** The payloads of the candidates whose lines an export would begin with: three of them. */
export const SAMPLES = cut(51).map((payloads, nth) => ({ payloads, profile: `sample-${Math.floor(nth / 3)}` }))

/** Payloads that can be the name of a folder. */
export const FOLDERS = PAYLOADS.filter(({ text }) => !/[/\\]/.test(text) && nameOf(text).length < 200).slice(
  0,
  MOST_LISTED,
)

export interface HostileCorrections {
  /** The import whose lines could not be read. */
  malformed: string
}

/**
 * Fills an application that may read the folder: `wait-0` and so on, and the chunks `chunk-0`, wait; `done-0` and so on, and
 * `made-0`, are corrected, each by a user that a payload names; `sample-0` and so on came as they are.
 */
export async function fillHostileCorrections(
  app: TestApp,
  bench: BenchmarkFolder,
  keys: Map<number, string>,
): Promise<HostileCorrections> {
  const send = createSender(app)
  await send('POST', '/api/corrections/config', { bench_results_dir: bench.path })
  const whole = (folder: string) => CHUNKS.map((payloads, nth) => writeLine(`${folder}-${nth}`, payloads, folder))
  const alone = (folder: string) => PAYLOADS.map(one => writeLine(`${folder}-${one.id}`, [one]))
  const samples = SAMPLES.map(({ payloads, profile }, nth) => ({
    ...writeLine(`sample-${nth}`, payloads, 'sample'),
    ...{ profile_id: profile, status: 'approved', corrected_response: joinTexts(payloads) },
  }))
  const lines = [...alone('wait'), ...alone('done'), ...whole('chunk'), ...whole('made'), ...samples]
  await importRun(send, bench, 'all', lines)
  const decide = async (by: Payload, id: string, text: string) => {
    const body = JSON.stringify({ id, action: 'correct', corrected_response: `${text} `, comment: text })
    await sendAs(app, keys.get(by.id), '/api/corrections/submit', body)
  }
  await forAll(PAYLOADS, async one => {
    await send('POST', '/api/corrections/reassign', { id: `wait-${one.id}`, user: userOf(one) })
    await decide(one, `done-${one.id}`, one.text)
    const said = { id: `chunk-${Math.floor(one.id / AT_ONCE)}`, comment: one.text }
    await sendAs(app, keys.get(one.id), '/api/corrections/comment', JSON.stringify(said))
  })
  await forAll(CHUNKS, async (payloads, nth) => {
    const [first] = payloads
    if (first !== undefined) await decide(first, `made-${nth}`, joinTexts(payloads))
  })
  await forAll(groupNames(500), (profile, nth) =>
    send('POST', '/api/corrections/rules', { name: `rule-${nth}`, when: { kind: 'dislike' }, profile, enabled: false }),
  )
  await importRun(
    send,
    bench,
    'malformed',
    PAYLOADS.map(one => one.text.replaceAll(/[\r\n]/g, ' ')),
  )
  const [newest] = await send<{ import_id: string }[]>('GET', '/api/corrections/imports?limit=1')
  for (const [nth, one] of FOLDERS.entries())
    await importRun(send, bench, nameOf(one.text), [writeLine(`of-${nth}`, [one])])
  return { malformed: newest?.import_id ?? '' }
}

/** A user for each payload. @returns their keys, by the payload. */
export async function makeUsers(app: TestApp): Promise<Map<number, string>> {
  const send = createSender(app)
  const keys = new Map<number, string>()
  await forAll(PAYLOADS, async one => {
    const { key } = await send<{ key: string }>('POST', '/api/keys', { user: userOf(one) })
    keys.set(one.id, key)
  })
  return keys
}

/** Makes the exports of some payloads: as many as the page lists. */
export async function exportHostile(app: TestApp, payloads: Payload[]): Promise<void> {
  const send = createSender(app)
  await forAll(payloads, ({ text }) =>
    send('POST', '/api/corrections/exports', { format: 'sft', filter: { source: nameOf(text) } }),
  )
}

/** Names of payloads, joined to texts of so many characters at most. */
export function groupNames(most: number): string[] {
  const groups: string[] = []
  for (const { text } of PAYLOADS) {
    const last = groups.at(-1)
    const more = `${last} ${nameOf(text)}`
    if (last === undefined || more.length > most) groups.push(nameOf(text))
    else groups[groups.length - 1] = more
  }
  return groups
}

/** The user of a key that a payload names. */
export function userOf({ text }: Payload): string {
  return nameOf(text).slice(0, 200).trim()
}

async function sendAs(app: TestApp, key: string | undefined, path: string, body: string): Promise<void> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
  const answer = await app.fetch(path, { method: 'POST', headers, body })
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()} for ${body}`)
}

async function importRun(
  send: Send,
  bench: BenchmarkFolder,
  run_id: string,
  lines: (string | { [field: string]: unknown })[],
): Promise<void> {
  bench.write(run_id, lines)
  await send('POST', '/api/corrections/import', { run_id })
}

/** A line of a benchmark run; a `source` finds it again. */
function writeLine(id: string, payloads: Payload[], source?: string): { [field: string]: unknown } {
  const text = joinTexts(payloads)
  const fields = payloads.flatMap(one => [
    [one.text, one.text],
    [`list ${one.id}`, [one.text, { [one.text]: one.text }]],
  ])
  const name = payloads.length === 1 ? text : id
  const prompt_messages = payloads.map(one => ({
    role: one.text,
    name: one.text,
    content:
      payloads.length === 1
        ? one.text
        : [
            { type: 'text', text: one.text },
            { type: one.text, data: one.text },
          ],
  }))
  return {
    ...Object.fromEntries(fields),
    ...{ id, source: source ?? text, benchmark_run_id: text, timestamp: text, status: 'needs_review' },
    prompt_messages: payloads.length === 1 ? [...prompt_messages, { role: 'user', content: text }] : prompt_messages,
    ...{ model_response: text, corrected_response: null, quality_score: 0.5, failure_reason: text },
    ...{ task_id: text, task_type: name, task_name: text, model_id: text, model_name: name, node_id: text },
    profile_id: name,
  }
}

function joinTexts(payloads: Payload[]): string {
  return payloads.map(one => one.text).join(' ')
}
