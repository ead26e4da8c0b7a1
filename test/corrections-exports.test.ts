import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import sql from 'sql-template-tag'
import { z } from 'zod'
import { streamInTurn } from '#corrections/downloads.ts'
import { query } from '#db/connect.ts'
import { openTestApp, type TestApp } from './app.ts'
import { type BenchmarkFolder, makeBenchmarkFolder, makeCandidateLine } from './benchmark-files.ts'

const api = '/api/corrections'
let bench: BenchmarkFolder
let app: TestApp

interface ExportRecord {
  export_id: string
  records: number
  left_out: number
  bytes: number
  content_hash: string
  retracted: number
}

before(async () => {
  bench = makeBenchmarkFolder()
  app = await openTestApp({ env: { WHETSTONE_BENCH_ROOTS: bench.path } })
  await app.send('POST', `${api}/config`, { bench_results_dir: bench.path })
})
beforeEach(async () => {
  await query(app.db, sql`delete from candidates`)
  await query(app.db, sql`delete from exports`)
})
after(async () => {
  await app.close()
  bench.remove()
})

async function approve(lines: { [field: string]: unknown }[]) {
  bench.write('r', lines)
  await app.send('POST', `${api}/import`, { run_id: 'r' })
  for (const { id } of lines)
    await app.send('POST', `${api}/submit`, { id, action: 'correct', corrected_response: `${id}!` })
}

async function makeExport(input: object) {
  const { status, body } = await app.send<ExportRecord>('POST', `${api}/exports`, input)
  assert.equal(status, 200, JSON.stringify(body))
  const text = await (await app.fetch(`${api}/exports/${body.export_id}/file`)).text()
  const lines = text
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line))
  return { record: body, text, lines }
}

test('an export is a record: what, how many, which bytes; the same snapshot gives the same bytes', async () => {
  await approve([makeCandidateLine('a'), makeCandidateLine('b', { prompt_messages: [] })])
  for (const format of ['sft', 'sft_tools', 'dpo', 'kto']) {
    const first = await makeExport({ format })
    const second = await makeExport({ format })
    assert.equal(first.text, second.text)
    assert.equal(first.record.content_hash, createHash('sha256').update(first.text).digest('hex'))
    assert.equal(first.record.content_hash, second.record.content_hash)
    assert.deepEqual([first.record.records, first.record.bytes], [first.lines.length, Buffer.byteLength(first.text)])
  }
  assert.equal((await makeExport({ format: 'sft' })).text, await (await app.fetch(`${api}/export`)).text())
  assert.equal((await app.send<object[]>('GET', `${api}/exports`)).body.length, 9)
  assert.deepEqual(
    readdirSync(join(app.app.config.home, 'exports')).filter(name => !name.endsWith('.jsonl')),
    [],
  )
})

test('a file that is missing is made again byte for byte, unless something of it was taken back', async () => {
  await approve([makeCandidateLine('a'), makeCandidateLine('b')])
  for (const format of ['sft', 'dpo']) {
    const { record, text } = await makeExport({ format })
    const path = `${api}/exports/${record.export_id}/file`
    const place = join(app.app.config.home, 'exports', `${record.export_id}.jsonl`)
    await approve([makeCandidateLine(`later-${format}`)])
    rmSync(place)
    const missing = await app.send<{ detail: string }>('GET', path)
    assert.equal(missing.status, 404)
    assert.match(JSON.stringify(missing.body), new RegExp(`POST ${path} makes it again`))
    assert.equal((await app.send('POST', path)).status, 200)
    assert.equal(await (await app.fetch(path)).text(), text)
    await app.send('POST', `${api}/edit`, { id: 'a', corrected_response: `other ${format}` })
    rmSync(place)
    assert.equal((await app.send('POST', path)).status, 409)
    assert.equal((await app.send('GET', path)).status, 404)
  }
  const unknown = '00000000-0000-4000-8000-000000000000'
  assert.equal((await app.send('POST', `${api}/exports/${unknown}/file`)).status, 404)
})

test('preferences have the columns that trainers ask for; an answer that equals its correction is left out', async () => {
  await approve([
    makeCandidateLine('a'),
    makeCandidateLine('same', { model_response: 'same!' }),
    makeCandidateLine('mute', { model_response: ' ' }),
  ])
  const prompt = makeCandidateLine('a').prompt_messages
  const chosen = [{ role: 'assistant', content: 'a!' }]
  const rejected = [{ role: 'assistant', content: 'I am not sure.' }]
  const dpo = await makeExport({ format: 'dpo' })
  assert.deepEqual(dpo.lines, [{ prompt, chosen, rejected }])
  assert.deepEqual([dpo.record.records, dpo.record.left_out], [1, 2])
  const kto = await makeExport({ format: 'kto' })
  assert.deepEqual(kto.lines, [
    { prompt, completion: chosen, label: true },
    { prompt, completion: rejected, label: false },
  ])
})

test('chat with tools has its tools, arguments as objects and results with names', async () => {
  const prompt_messages = [
    { role: 'user', content: 'Where?' },
    {
      role: 'assistant',
      content: '',
      tool_calls: [{ id: 't', type: 'function', function: { name: 'track', arguments: '{"n":1}' } }],
    },
    { role: 'tool', tool_call_id: 't', content: 'here' },
  ]
  const tools = [{ type: 'function', function: { name: 'given', parameters: {} } }]
  await approve([makeCandidateLine('a', { prompt_messages }), makeCandidateLine('b', { tools })])
  const { lines } = await makeExport({ format: 'sft_tools' })
  assert.deepEqual(lines[0].messages[1].tool_calls[0].function.arguments, { n: 1 })
  assert.equal(lines[0].messages[2].name, 'track')
  assert.equal(lines[0].tools[0].function.name, 'track')
  assert.deepEqual(lines[1].tools, tools)
  assert.deepEqual(
    lines.map(line => line.messages.at(-1)),
    ['a!', 'b!'].map(content => ({ role: 'assistant', content })),
  )
})

/** The conversational columns of TRL, "Dataset formats and types" (tool calls: its section "Tool Calling"). */
const call = z.looseObject({
  type: z.literal('function'),
  function: z.strictObject({ name: z.string(), arguments: z.record(z.string(), z.unknown()) }),
})
const message = z.looseObject({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  content: z.string(),
  tool_calls: z.array(call).optional(),
})
const answers = z.tuple([z.strictObject({ role: z.literal('assistant'), content: z.string().min(1) })])
const toolSchema = z.looseObject({
  type: z.literal('function'),
  function: z.looseObject({ name: z.string(), parameters: z.looseObject({}) }),
})
const TRL_COLUMNS = {
  sft: z.strictObject({ messages: z.array(message.omit({ tool_calls: true })).nonempty() }),
  sft_tools: z.strictObject({ messages: z.array(message).nonempty(), tools: z.array(toolSchema) }),
  dpo: z.strictObject({ prompt: z.array(message).nonempty(), chosen: answers, rejected: answers }),
  kto: z.strictObject({ prompt: z.array(message).nonempty(), completion: answers, label: z.boolean() }),
}

test('each line has the columns and types that TRL documents, whichever way its correction came', async () => {
  const ask = { role: 'user', content: 'Where?' }
  const args = '{"n":1}'
  const tool_calls = [{ id: 't', type: 'function', function: { name: 'track', arguments: args } }]
  const found = { role: 'tool', tool_call_id: 't', content: 'here' }
  const messages = [ask, { role: 'assistant', content: '', tool_calls }, found, { role: 'assistant', content: 'There' }]
  await app.send('POST', '/api/sessions', { session_id: 's', profile_id: 'p', messages })
  const { body: promoted } = await app.send('POST', `${api}/candidates`, { session_id: 's', message_index: 3 })
  await app.send('POST', `${api}/submit`, { id: promoted.id, action: 'correct', corrected_response: 'Here' })
  await approve([makeCandidateLine('a'), makeCandidateLine('bare', { prompt_messages: [] })])
  const lines: { [format: string]: { [column: string]: unknown }[] } = {}
  for (const [format, columns] of Object.entries(TRL_COLUMNS)) {
    const made = await makeExport({ format })
    lines[format] = made.lines.map(line => columns.parse(line))
    // Without a prompt there is nothing to prefer an answer for.
    assert.deepEqual([made.lines.length, made.record.left_out], { dpo: [2, 1], kto: [4, 1] }[format] ?? [3, 0])
  }
  const opened = { ...tool_calls[0], function: { name: 'track', arguments: { n: 1 } } }
  const prompt = [ask, { role: 'assistant', content: '', tool_calls: [opened] }, { ...found, name: 'track' }]
  assert.deepEqual(lines.dpo?.[0]?.prompt, prompt)
  assert.deepEqual(lines.kto?.[0]?.prompt, prompt)
})

test('what is rejected has the calls that the answer made, whichever way it is written', async () => {
  const tool_calls = [{ id: 't', type: 'function', function: { name: 'track', arguments: '{"n":1}' } }]
  await approve([makeCandidateLine('calling', { tool_calls })])
  const rejected = {
    ...{ role: 'assistant', content: makeCandidateLine('calling').model_response },
    tool_calls: [{ ...tool_calls[0], function: { name: 'track', arguments: { n: 1 } } }],
  }
  const [dpo] = (await makeExport({ format: 'dpo' })).lines
  assert.deepEqual([dpo.rejected, dpo.chosen[0].tool_calls], [[rejected], undefined])
  const kto = (await makeExport({ format: 'kto' })).lines
  assert.deepEqual(kto.find(line => line.label === false).completion, [rejected])
})

test('train and test are all there is, apart, and never share a session or a prompt', async () => {
  const prompts = Array.from({ length: 40 }, (_, index) => [{ role: 'user', content: `Question ${index % 20}` }])
  await approve(prompts.map((prompt_messages, index) => makeCandidateLine(`c${index}`, { prompt_messages })))
  const split = async (name: string) => {
    const { lines } = await makeExport({ format: 'sft', filter: { split: name, test_share: 0.4 } })
    return lines.map(line => line.messages[0].content)
  }
  const [train, held] = [await split('train'), await split('test')]
  assert.equal(train.length + held.length, 40)
  assert.ok(train.length > 0 && held.length > 0)
  assert.ok(!held.some(question => train.includes(question)))
})

test('an export is narrowed by source, category, profile and date', async () => {
  await approve([makeCandidateLine('a', { source: 'x', profile_id: 'p' }), makeCandidateLine('b')])
  const count = async (filter: object) => (await makeExport({ filter })).lines.length
  assert.equal(await count({ source: 'x' }), 1)
  assert.equal(await count({ profile: 'p' }), 1)
  assert.equal(await count({ failure_category: 'wrong_answer' }), 0)
  assert.equal(await count({ from: '2020-01-01' }), 2)
  assert.equal(await count({ to: '2020-01-01' }), 0)
  assert.equal((await app.send('POST', `${api}/exports`, { filter: { sauce: 'x' } })).status, 422)
  const turned = await app.send<{ detail: { loc: string[] }[] }>('POST', `${api}/exports`, {
    filter: { from: '2026-03-02', to: '2026-03-01' },
  })
  assert.deepEqual([turned.status, turned.body.detail[0]?.loc], [422, ['body', 'filter', 'to']])
})

test('an approved correction becomes a case once, and undoing it takes it back everywhere and says so', async () => {
  await approve([makeCandidateLine('a'), makeCandidateLine('b')])
  const golden = (id: string) => app.send('POST', `${api}/golden`, { id, dataset: 'regressions' })
  const first = await golden('a')
  assert.deepEqual([first.status, first.body.created], [200, true])
  assert.deepEqual((await golden('a')).body, { case_id: first.body.case_id, created: false })
  assert.equal((await golden('gone')).status, 404)
  const listCases = async () =>
    (await app.send<{ cases: { expected: string }[] }>('GET', '/api/datasets/regressions/cases')).body.cases
  assert.deepEqual(
    (await listCases()).map(one => one.expected),
    ['a!'],
  )
  const whole = await makeExport({ format: 'dpo' })
  const other = await makeExport({ format: 'sft', filter: { source: 'elsewhere' } })
  const undone = await app.send('POST', `${api}/undo`, { id: 'a' })
  assert.deepEqual(undone.body, {
    ok: true,
    retracted: { datasets: ['regressions'], exports: [whole.record.export_id] },
  })
  assert.deepEqual(await listCases(), [])
  const records = (await app.send<ExportRecord[]>('GET', `${api}/exports`)).body
  assert.deepEqual(
    records.map(record => [record.export_id, record.retracted]),
    [
      [other.record.export_id, 0],
      [whole.record.export_id, 1],
    ],
  )
  assert.equal((await golden('a')).status, 409)
  assert.equal((await makeExport({ format: 'dpo' })).lines.length, 1)
})

test('an undo names no export that a killed process left unfinished', async () => {
  await approve([makeCandidateLine('left')])
  const { record } = await makeExport({ format: 'sft' })
  await query(
    app.db,
    sql`
      insert into exports (project_id, export_id, user_id, format, filter, created_at)
      select project_id, gen_random_uuid(), user_id, format, filter, created_at - interval '1 hour' from exports`,
  )
  const { body } = await app.send<{ retracted: { exports: string[] } }>('POST', `${api}/undo`, { id: 'left' })
  assert.deepEqual(body.retracted.exports, [record.export_id])
})

test('an edit that leaves the text as it is leaves its case, another takes it out', async () => {
  await approve([makeCandidateLine('same')])
  await app.send('POST', `${api}/golden`, { id: 'same', dataset: 'kept' })
  const edit = (corrected_response: string) =>
    app.send<{ retracted: { datasets: string[] } }>('POST', `${api}/edit`, {
      id: 'same',
      corrected_response,
      failure_category: 'format_error',
    })
  assert.deepEqual((await edit('same!')).body.retracted.datasets, [])
  assert.equal((await app.send<{ cases: object[] }>('GET', '/api/datasets/kept/cases')).body.cases.length, 1)
  assert.deepEqual((await edit('another')).body.retracted.datasets, ['kept'])
  assert.equal((await app.send<{ cases: object[] }>('GET', '/api/datasets/kept/cases')).body.cases.length, 0)
})

test('downloads that nobody takes on leave everybody else an answer, and each comes whole in its turn', async () => {
  await approve(Array.from({ length: 20 }, (_, index) => makeCandidateLine(`d${index}`)))
  const whole = await (await app.fetch(`${api}/export`)).text()
  const readers = await Promise.all(
    Array.from({ length: 25 }, async () => (await app.fetch(`${api}/export`)).body?.getReader()),
  )
  const first = readers.map(reader => reader?.read())
  await Promise.race(first)
  const stats = await app.send('GET', `${api}/stats`)
  const texts = await Promise.all(
    readers.map(async (reader, index) => {
      let text = ''
      for (let chunk = await first[index]; chunk?.value !== undefined; chunk = await reader?.read()) {
        text += Buffer.from(chunk.value).toString()
      }
      return text
    }),
  )
  assert.equal(stats.status, 200)
  assert.deepEqual(
    texts,
    texts.map(() => whole),
  )
})

test('a download that its reader leaves gives its place back, also while it waits, and one that stands still loses it', async () => {
  let open = 0
  async function* read() {
    open += 1
    try {
      for (;;) yield Buffer.from('x')
    } finally {
      open -= 1
    }
  }
  const standing = Array.from({ length: 5 }, () => streamInTurn(app.db, read, 50))
  for (const one of standing) await one.next()
  const waiting = streamInTurn(app.db, read)
  const leaving = waiting.next()
  const left = waiting.return()
  const next = streamInTurn(app.db, read)
  assert.equal((await next.next()).done, false)
  await Promise.all([leaving, left, next.return(), sleep(100)])
  for (const one of standing) await assert.rejects(one.next(), /took nothing for too long/)
  assert.equal(open, 0)
})

test('what is undone while a file is being written is noted at it exactly when it is in there', async () => {
  await approve(Array.from({ length: 400 }, (_, index) => makeCandidateLine(`u${index}`)))
  let [told, missed] = [0, 0]
  for (let round = 0; round < 10; round++) {
    const ids = Array.from({ length: 12 }, (_, index) => `u${round * 40 + index * 3}`)
    const making = makeExport({ format: 'kto' })
    const undoing = ids.map(async (id, index) => {
      await sleep(index * 2)
      return app.send<{ retracted?: { exports: string[] } }>('POST', `${api}/undo`, { id })
    })
    const [{ record, lines }, undone] = [await making, await Promise.all(undoing)]
    const held = ids.filter(id => lines.some(line => line.completion[0].content === `${id}!`))
    const { body } = await app.send<ExportRecord>('GET', `${api}/exports/${record.export_id}`)
    assert.equal(body.retracted, held.length)
    for (const [index, id] of ids.entries()) {
      if (held.includes(id)) assert.ok(undone[index]?.body.retracted?.exports.includes(record.export_id))
    }
    told += held.length
    missed += ids.length - held.length
  }
  assert.ok(told > 0 && missed > 0, `${told} and ${missed}: the two never met`)
})

test('fields with characters that the database cannot look into stop no export, and calls beside them are there', async () => {
  const tool_calls = [{ id: 'c', type: 'function', function: { name: 'look', arguments: '{"at":"\\u0000"}' } }]
  await approve([
    makeCandidateLine('nul', { failure_reason: 'a\0b', tool_calls }),
    makeCandidateLine('half', { failure_reason: 'half \ud800 of a pair', extra: { tool_calls } }),
  ])
  for (const format of ['sft', 'sft_tools', 'dpo', 'kto']) {
    const { lines, record } = await makeExport({ format })
    assert.equal(lines.length, format === 'kto' ? 4 : 2)
    const preview = await app.send('POST', `${api}/exports/preview`, { format })
    assert.deepEqual([preview.status, preview.body.records], [200, record.records])
    if (format !== 'dpo') continue
    const made = lines.map(line => line.rejected[0].tool_calls?.[0].function.arguments)
    assert.deepEqual(made, [{ at: '\0' }, undefined])
  }
})

test('a name with a NUL cannot make later undos fail', async () => {
  assert.equal((await app.send('POST', `${api}/exports`, { filter: { source: 'a\0' } })).status, 422)
})
