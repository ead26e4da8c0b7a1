import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { AXES } from '#judging/axes.ts'
import type { RunStatus } from '#judging/runs.ts'
import type { ModelRequest } from '#models/model.ts'
import type { TestApp } from './app.ts'

/** What tests of the wire contract share: its shapes, checked field by field. */

export interface Refusal {
  detail: { loc: (string | number)[]; msg: string; type: string }[]
}

/** A kind of value on the wire; `?` after it says that null stands for nothing. */
const kinds = {
  text: (value: unknown) => typeof value === 'string',
  flag: (value: unknown) => typeof value === 'boolean',
  count: (value: unknown) => Number.isInteger(value) && Number(value) >= 0,
  time: (value: unknown) => typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value),
  uuid: (value: unknown) => typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value),
  list: (value: unknown) => Array.isArray(value),
  axes: (value: unknown) =>
    typeof value === 'object' &&
    value !== null &&
    assert.deepEqual(Object.keys(value), AXES) === undefined &&
    Object.values(value).every(score => score === null || Number.isInteger(score)),
}
type Kind = keyof typeof kinds

function isKind(name: string): name is Kind {
  return name in kinds
}

/** That an object has each of these fields, of its kind; more fields are fine. */
export function assertFields(object: object, fields: { [name: string]: Kind | `${Kind}?` }): void {
  for (const [name, kind] of Object.entries(fields)) {
    assert.ok(Object.hasOwn(object, name), `the field ${name} is missing`)
    const value: unknown = Reflect.get(object, name)
    if (kind.endsWith('?') && value === null) continue
    const plain = kind.replace('?', '')
    assert.ok(isKind(plain) && kinds[plain](value), `${name} is ${JSON.stringify(value)}, not a ${kind}`)
  }
}

/** That an answer is a 422 whose first place is this one. */
export function assertRefused(answer: { status: number; body: unknown }, loc: (string | number)[]): void {
  assert.equal(answer.status, 422, JSON.stringify(answer.body))
  const { detail } = readRefusal(answer.body)
  assert.deepEqual(detail[0]?.loc, loc, JSON.stringify(detail))
  for (const issue of detail) {
    assert.match(issue.msg, /^.{4,}/)
    assert.match(issue.type, /^[a-z_0-9]+$/)
  }
}

/** That an answer refuses with one sentence. */
export function assertDetail(answer: { status: number; body: unknown }, status: number, sentence: RegExp): void {
  assert.equal(answer.status, status, JSON.stringify(answer.body))
  assert.ok(typeof answer.body === 'object' && answer.body !== null && 'detail' in answer.body)
  assert.match(String(answer.body.detail), sentence)
}

/** Waits until a run has ended. */
export async function waitForRun(app: TestApp, runId: string): Promise<RunStatus> {
  for (let round = 0; round < 600; round++) {
    const { body } = await app.send<RunStatus>('GET', `/api/eval/run/${runId}`)
    if (body.state !== 'running') return body
    await sleep(25)
  }
  throw new Error(`run ${runId} does not end`)
}

export const EXPERTS = ['strict_critic', 'pragmatist', 'tech_lead']

/** Gives every axis the score that the transcript asks for with `<expert>=<score>`, or fails where it says `refuse`. */
export function replyAsAsked(request: ModelRequest): string {
  const text = request.messages.map(message => message.content).join('\n')
  const [expert = ''] = new RegExp(EXPERTS.join('|')).exec(text) ?? []
  if (text.includes('say nonsense')) return 'nonsense'
  const score = Number(new RegExp(`${expert}=(\\d+)`).exec(text)?.[1] ?? 50)
  const orchestration = text.includes('no agents') ? null : score
  const scores = {
    task_complexity: score,
    goal_completion: score,
    tool_usage_quality: score,
    efficiency: score,
    communication: score,
  }
  return JSON.stringify({
    expert_id: expert,
    scores: { ...scores, subagent_orchestration: orchestration, self_extension: expert === 'tech_lead' ? 31 : null },
    comment: 'It did what was asked. It took the direct way.',
  })
}

function readRefusal(body: unknown): Refusal {
  assert.ok(
    typeof body === 'object' && body !== null && 'detail' in body && Array.isArray(body.detail),
    JSON.stringify(body),
  )
  return { detail: body.detail }
}
