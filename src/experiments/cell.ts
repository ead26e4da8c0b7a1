import { Invalid } from '#errors.ts'
import type { Backends } from '#models/backend.ts'
import { CallFailure } from '#models/call-failure.ts'
import { type AskOptions, ask, type Ledger, type LedgerAnswer } from '#models/ledger.ts'
import type { OutputToolCall } from './scorers/scorer.ts'
import { buildRequest, type PreparedStage } from './stages.ts'

/** What one stage came to. */
export interface StageOutcome {
  stage_name: string
  backend: string
  model: string
  /** Null when there was no answer. */
  call: LedgerAnswer | null
  error: string | null
}

/** Why a run has no output. */
export interface CellFailure {
  kind: string
  message: string
  /** Why every other run would meet it as well, so that a sweep ends with it. */
  ends: 'configuration' | 'breaker' | null
}

/** What the stages of one run came to. */
export interface CellOutcome {
  stages: StageOutcome[]
  failure: CellFailure | null
  /** Of the last stage. */
  text: string
  tool_calls: OutputToolCall[]
}

/** Whose run it is, and on what. */
export interface CellTask {
  project_id: number
  stages: readonly PreparedStage[]
  input: unknown
  repeat: number
  paid_by: string
}

/**
 * Asks the stages one after the other, each through the ledger and with the outputs of those before. A stage that fails ends
 * the run; that is an outcome, not an error.
 *
 * @throws CallFailure of kind `cancelled` when `options` say so, and nothing else but bugs and the database's absence.
 */
export async function runStages(
  ledger: Ledger,
  backends: Backends,
  task: CellTask,
  options: AskOptions,
): Promise<CellOutcome> {
  const outcome: CellOutcome = { stages: [], failure: null, text: '', tool_calls: [] }
  const outputs: { [stage: string]: string } = {}
  for (const prepared of task.stages) {
    const { name, backend, model } = prepared.stage
    const said = { stage_name: name, backend, model }
    try {
      const call = await askStage(ledger, backends, task, prepared, outputs, options)
      outcome.stages.push({ ...said, call, error: null })
      outputs[name] = call.answer.text
      outcome.text = call.answer.text
      outcome.tool_calls = call.answer.tool_calls ?? []
    } catch (error) {
      outcome.failure = describeFailure(error, prepared)
      outcome.stages.push({ ...said, call: null, error: outcome.failure.message })
      return outcome
    }
  }
  return outcome
}

function askStage(
  ledger: Ledger,
  backends: Backends,
  { project_id, input, repeat, paid_by }: CellTask,
  prepared: PreparedStage,
  outputs: { [stage: string]: string },
  options: AskOptions,
): Promise<LedgerAnswer> {
  const name = prepared.stage.backend
  if (!backends.names().includes(name)) {
    throw new CellStop(`There is no backend "${name}" in whetstone.yaml. See: whetstone backend list`)
  }
  const request = buildRequest(prepared, input, outputs)
  return ask(ledger, backends.get(name), { project_id, paid_by, since: null, repeat, request }, options)
}

/** A backend that is not configured, or not any more; a sweep ends with it. */
class CellStop extends Error {
  override name = 'CellStop'
}

function describeFailure(error: unknown, { stage }: PreparedStage): CellFailure {
  const at = `stage ${stage.name}: `
  if (error instanceof CellStop) return { kind: 'configuration', message: at + error.message, ends: 'configuration' }
  if (error instanceof Invalid) return { kind: 'template', message: at + error.message, ends: null }
  if (!(error instanceof CallFailure) || error.kind === 'cancelled') throw error
  const ends = error.stopped ? 'breaker' : error.fatal ? 'configuration' : null
  return { kind: error.kind, message: at + error.message, ends }
}
