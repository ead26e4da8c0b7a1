/**
 * The typed client of the HTTP API: paths, parameters and answers are those of `createApi`, checked when it is used. Only
 * types come from the server, so this file runs in a browser as well.
 */
import { createParser } from 'eventsource-parser'
import { EventSourceParserStream } from 'eventsource-parser/stream'
import { hc } from 'hono/client'
import type { SuccessStatusCode } from 'hono/utils/http-status'
import type { Api } from './api.ts'

export interface ClientOptions {
  /** The server's address, as in `http://127.0.0.1:4780`. */
  baseUrl: string
  /** Takes the place of the global one, as for an application in the same process. */
  fetch?: (request: Request) => Response | Promise<Response>
  /** Sent with every request: a key, a project. */
  headers?: Record<string, string>
}

export type Client = ReturnType<typeof createClient>

type Evaluation = Client['api']['eval']
type Corrections = Client['api']['corrections']

/** What the server answers, by the endpoint that answers it. */
export type EvaluationRun = Answered<Evaluation['run'][':run_id']['$get']>
export type SessionOverview = Answered<Evaluation['sessions']['$get']>[number]
export type ShownScores = NonNullable<SessionOverview['latest_avg']>
export type EvaluatedSession = Answered<Evaluation['sessions'][':session_id']['$get']>
export type RunUnit = Answered<Evaluation['run'][':run_id']['units']['$get']>['items'][number]
export type RunFailures = Answered<Evaluation['run'][':run_id']['failures']['$get']>
export type ShownRegressions = Answered<Evaluation['regressions']['$get']>
export type ShownTrends = Answered<Evaluation['trends']['$get']>
export type WeeklyStats = Answered<Evaluation['stats']['$get']>
export type CorrectionCounts = Answered<Corrections['stats']['$get']>
export type ReviewThroughput = Answered<Corrections['throughput']['$get']>
export type ReviewCandidate = ShownCandidate['candidate']
export type ShownCandidate = Answered<Corrections['candidates'][':id']['$get']>
export type DecisionLines = Answered<Corrections['decision-page']['$get']>
export type BriefCandidates = Answered<Corrections['candidate-page']['$get']>
export type CandidateChoices = Answered<Corrections['candidate-kinds']['$get']>
export type ShownDispute = Answered<Corrections['disputes']['$get']>[number]
export type ShownImport = Answered<Corrections['imports']['$get']>[number]
export type ShownExport = Answered<Corrections['exports']['$get']>[number]
export type ExpectedExport = Answered<Corrections['exports']['preview']['$post']>
export type ExportRequest = Parameters<Corrections['exports']['$post']>[0]['json']
export type PromotionRule = Answered<Corrections['rules']['$get']>[number]
export type ReviewerAgreement = Answered<Corrections['agreement']['$get']>
export type ExperimentRequest = Parameters<Client['api']['experiments']['$post']>[0]['json']
export type ShownExperiment = Answered<Client['api']['experiments'][':experiment_id']['$get']>
export type ShownLeaderboard = Answered<Client['api']['experiments'][':id']['leaderboard']['$get']>
export type ShownComparison = Answered<Client['api']['experiments'][':id']['compare']['$get']>
export type ShownMatrix = Answered<Client['api']['experiments'][':id']['matrix']['$get']>
export type ShownFailures = Answered<Client['api']['experiments'][':id']['failures']['$get']>
export type ShownGate = Answered<Client['api']['experiments'][':id']['gate']['$get']>
export type ListedRun = Answered<Client['api']['runs']['$get']>['items'][number]
export type ShownBackend = Answered<Client['api']['backends']['$get']>[number]
export type ShownKey = Answered<Client['api']['keys']['$get']>[number]
export type JudgeVersion = Answered<Evaluation['panels']['$get']>[number]
export type ShownTrial = Answered<Evaluation['try']['$post']>
export type TrialRequest = Parameters<Evaluation['try']['$post']>[0]['json']
export type ShownPins = Answered<Evaluation['pins']['$get']>
export type PinsRequest = Parameters<Evaluation['pins']['$put']>[0]['json']
export type ShownWebhook = Answered<Client['api']['webhooks']['$get']>[number]
export type ShownDelivery = Answered<Client['api']['webhooks'][':webhook_id']['deliveries']['$get']>[number]
export type ShownDataset = Answered<Client['api']['datasets']['$get']>[number]
export type ShownDatasetVersion = Answered<Client['api']['datasets'][':name']['versions']['$get']>[number]
export type DatasetUploadPreview = Answered<Client['api']['datasets'][':name']['preview']['$post']>
export type DatasetDifference = DatasetUploadPreview['differences'][number]
export type ShownCaseRow = Answered<Client['api']['datasets'][':name']['case-rows']['$get']>['rows'][number]
export type ShownPrompt = Answered<Client['api']['prompts'][':name']['versions']['$get']>[number]
export type PromptSummary = Answered<Client['api']['prompts']['$get']>[number]
export type ShownRubric = Answered<Evaluation['rubrics'][':version']['$get']>
export type ShownPanel = Answered<Evaluation['panels'][':version']['$get']>
export type RunRequest = Parameters<Evaluation['run']['$post']>[0]['json']

/** A field that the server refused: its path in what was sent, and why. */
export interface RefusedField {
  path: (string | number)[]
  message: string
}

/** The server refused a request; the message is its reason in words. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly status: number
  /** The fields that are wrong, where it is about fields. */
  readonly fields: RefusedField[]

  /** Whether a name in the address is none that anything could have, as `zzz` is no UUID. */
  readonly misnamed: boolean

  constructor(status: number, message: string, fields: RefusedField[] = [], misnamed = false) {
    super(message)
    this.status = status
    this.fields = fields
    this.misnamed = misnamed
  }
}

/** The server could not be reached. */
export class Unreachable extends Error {
  override name = 'Unreachable'
}

/**
 * A client of one server, as in `client.api.eval.sessions.$get({ query: { limit: '10' } })`. What stands in a path has to
 * be encoded by the caller (`encodeURIComponent`).
 */
export function createClient(options: ClientOptions) {
  const { baseUrl, headers = {}, fetch: send } = options
  return hc<Api>(baseUrl, {
    headers,
    fetch: async (input: Parameters<typeof fetch>[0], init?: RequestInit) => {
      try {
        // A request object that nobody holds loses its signal, so `fetch` is given what it is made of.
        return await (send === undefined ? fetch(input, init) : send(new Request(input, init)))
      } catch (error) {
        if (!(error instanceof TypeError)) throw error
        throw new Unreachable(`No server answers at ${baseUrl}: ${nameCause(error)}.`, { cause: error })
      }
    },
  })
}

/** What an answer may look like, as far as reading it goes. */
interface Answer {
  ok: boolean
  status: number
  statusText: string
  text(): Promise<string>
  json(): Promise<unknown>
}

/** The body of an endpoint's answer in case of success. */
type Answered<Endpoint extends (...given: never[]) => unknown> = Body<Awaited<ReturnType<Endpoint>>>

/** The body of an answer in case of success. */
type Body<Given> = Given extends { status: SuccessStatusCode; json(): Promise<infer Value> } ? Value : never

/** @returns the JSON of a successful answer. @throws Refusal with the server's reason in words. */
export async function readAnswer<Given extends Answer>(answer: Given | Promise<Given>): Promise<Body<Given>> {
  const response: Answer = await answer
  if (!response.ok) throw await readRefusal(response)
  const body = await response.json()
  trustBody<Body<Given>>(body)
  return body
}

/** The reason of an answer that is no success: `detail` in words. */
export async function readRefusal(response: Answer): Promise<Refusal> {
  const detail = readDetail(await response.text())
  const message = describeDetail(detail) ?? `The server answered ${response.status} without a reason.`
  return new Refusal(response.status, message, readFields(detail), isAboutPath(detail))
}

/** The state of an evaluation run, as the server says it whenever it changes, the end included; sessions are left out. */
export async function* watchRun(client: Client, runId: string, signal: AbortSignal): AsyncGenerator<EvaluationRun> {
  const { events } = client.api.eval.run[':run_id']
  const response = await events.$get({ param: { run_id: encodeURIComponent(runId) } }, { init: { signal } })
  if (!response.ok || response.body === null) throw await readRefusal(response)
  // Cut off here as well: an application in the same process does not look at a request's signal while it answers.
  const messages = response.body
    .pipeThrough(new TextDecoderStream(), { signal })
    .pipeThrough(new EventSourceParserStream())
  for await (const message of messages) {
    const status: unknown = JSON.parse(message.data)
    trustBody<EvaluationRun>(status)
    yield status
    if (message.event === 'end') return
  }
}

/** What changed in a project: `hello` says how everything stands and what changed since the id that was sent. */
export type Change =
  | { kind: 'hello'; id: string; topics: { [topic: string]: unknown }; changed: string[] }
  | { kind: 'changed'; id: string; topic: string; value: unknown }
  /** Nothing but that the connection is alive. */
  | { kind: 'alive' }

/**
 * Listens to what changes in the project until the server or the signal ends it. The server is heard of every 15 seconds at
 * least.
 *
 * @param since the id of the last change that was heard of; null at first.
 * @throws Refusal
 */
export async function* watchChanges(client: Client, since: string | null, signal: AbortSignal): AsyncGenerator<Change> {
  const header = since === null ? {} : { 'last-event-id': since }
  const response = await client.api.events.$get({ header }, { init: { signal, cache: 'no-store' } })
  if (!response.ok || response.body === null) throw await readRefusal(response)
  const parts: Change[] = []
  const parser = createParser({
    onComment: () => parts.push({ kind: 'alive' }),
    onEvent: ({ event, id = '', data }) => {
      const value: unknown = JSON.parse(data)
      if (event !== 'hello' && event !== 'changed') return
      const change: unknown = { ...Object(value), kind: event, id }
      trustBody<Change>(change)
      parts.push(change)
    },
  })
  const reader = response.body.pipeThrough(new TextDecoderStream(), { signal }).getReader()
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    parser.feed(chunk.value)
    yield* parts.splice(0)
  }
}

// The server has checked its answer against the same declaration that the type comes from.
function trustBody<Value>(_body: unknown): asserts _body is Value {}

function describeDetail(detail: unknown): string | null {
  if (typeof detail === 'string') return detail
  if (!Array.isArray(detail)) return null
  const issues = detail.map(describeIssue).filter(issue => issue !== null)
  return issues.length === 0 ? null : issues.join('; ')
}

function readDetail(text: string): unknown {
  try {
    const body: unknown = JSON.parse(text)
    return typeof body === 'object' && body !== null && 'detail' in body ? body.detail : null
  } catch {
    return null
  }
}

/** `["body", "messages", 3, "role"]` and a sentence → `messages.3.role: …`. */
function describeIssue(issue: unknown): string | null {
  if (typeof issue !== 'object' || issue === null || !('msg' in issue)) return null
  const path = 'loc' in issue && Array.isArray(issue.loc) ? issue.loc.slice(1).join('.') : ''
  const message = String(issue.msg)
  // What is wrong within the YAML of a rubric or panel says its place itself.
  return path === '' || path.startsWith('yaml') ? message : `${path}: ${message}`
}

function readFields(detail: unknown): RefusedField[] {
  const issues: unknown[] = Array.isArray(detail) ? detail : []
  return issues.flatMap(issue => {
    if (typeof issue !== 'object' || issue === null || !('msg' in issue && 'loc' in issue)) return []
    const loc: unknown[] = Array.isArray(issue.loc) ? issue.loc.slice(1) : []
    const path = loc.filter(step => typeof step === 'string' || typeof step === 'number')
    return [{ path, message: String(issue.msg) }]
  })
}

function isAboutPath(detail: unknown): boolean {
  const issues: unknown[] = Array.isArray(detail) ? detail : []
  return issues.some(
    issue =>
      typeof issue === 'object' &&
      issue !== null &&
      'loc' in issue &&
      Array.isArray(issue.loc) &&
      issue.loc[0] === 'path',
  )
}

function nameCause(error: TypeError): string {
  const { cause } = error
  const code = cause instanceof Error && 'code' in cause ? cause.code : null
  if (code === 'ECONNREFUSED') return 'the connection was refused'
  if (code === 'ENOTFOUND') return 'the name is not known'
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message
}
