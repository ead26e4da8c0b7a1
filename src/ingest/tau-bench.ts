/**
 * τ-bench trajectories (Yao et al. 2024, arXiv:2406.12045): a JSON array of `{task_id, trial, reward, info, traj}`.
 * `info` holds the answer key (expected actions, the simulated user's instruction); it goes to the outcome, which no
 * judge sees, and nowhere else.
 */
import { basename, dirname, extname } from 'node:path'
import { Invalid } from '#errors.ts'
import { isJsonObject, parseJson } from '#json.ts'
import { splitArray } from './array-elements.ts'
import { nameKind } from './json-lines.ts'
import { readOpenaiMessages } from './openai-messages.ts'
import {
  acceptSession,
  type ReadOptions,
  type TranscriptFile,
  type TranscriptFormat,
  type TranscriptItem,
} from './transcript-file.ts'

/** Session ids are `tau-<what the file or folder is called>-task-<task>-trial-<trial>`; a repetition gets `-2`, … */
export const tauBench: TranscriptFormat = {
  name: 'tau-bench',
  title: 'τ-bench trajectories',
  container: 'array',
  describeMisfit: value => {
    if (!isJsonObject(value)) return `is ${nameKind(value)}`
    if (!Array.isArray(value.traj)) return 'no "traj"'
    return value.task_id === undefined ? 'no "task_id"' : null
  },
  read: readTauBench,
}

async function* readTauBench(file: TranscriptFile, options: ReadOptions): AsyncGenerator<TranscriptItem> {
  const seen = new Map<string, number>()
  const label = nameTrajectories(file.path)
  const profile = options.profile ?? nameProfile(file.path)
  for await (const element of splitArray(file.open())) {
    const { line } = element
    const read = 'reason' in element ? element : readElement(element.bytes)
    if ('reason' in read) {
      yield { rejected: { line, reason: read.reason } }
      continue
    }
    const { task_id: task, trial = 0 } = read.trajectory
    const id = `tau-${label === '' ? '' : `${label}-`}task-${showId(task)}-trial-${showId(trial)}`
    const repetition = (seen.get(id) ?? 0) + 1
    seen.set(id, repetition)
    yield acceptSession(buildSession(read.trajectory, repetition === 1 ? id : `${id}-${repetition}`, profile), line)
  }
}

function readElement(bytes: Buffer): { trajectory: Record<string, unknown> } | { reason: string } {
  try {
    const trajectory = parseJson(bytes)
    const misfit = tauBench.describeMisfit(trajectory)
    if (misfit === null && isJsonObject(trajectory)) return { trajectory }
    return { reason: `not a trajectory: ${misfit}` }
  } catch (error) {
    if (error instanceof Invalid) return { reason: error.message }
    throw error
  }
}

function buildSession(trajectory: Record<string, unknown>, sessionId: string, profile: string) {
  const { task_id: task, trial: _trial, reward, info, traj, ...others } = trajectory
  return {
    session_id: sessionId,
    profile_id: profile,
    messages: Array.isArray(traj) ? readOpenaiMessages(traj) : [],
    outcome: {
      source: 'tau-bench',
      reward: typeof reward === 'number' ? reward : null,
      task_id: showId(task),
      // What else stands there may be the evaluator's as well.
      details: Object.keys(others).length === 0 ? (info ?? null) : { ...others, info },
    },
  }
}

const GENERIC = /^(trajectories|trajectory|results?|data|output|runs?|tau-?bench|tau)$/

/** `tau-airline/trajectories.json` → `airline`; `gpt-4o-retail.json` → `gpt-4o-retail`: one name a file of one's own. */
function nameTrajectories(path: string): string {
  const names = [basename(path, extname(path)), basename(dirname(path))].map(shorten)
  return (names.find(name => name !== '' && !GENERIC.test(name)) ?? '').replace(/^tau-(bench-)?/, '')
}

function nameProfile(path: string): string {
  const places = [basename(path), basename(dirname(path))]
  const domain = places.map(place => /airline|retail|telecom/i.exec(place)?.[0].toLowerCase()).find(Boolean)
  return domain === undefined ? 'tau-bench' : `tau-${domain}`
}

function showId(id: unknown): string {
  return typeof id === 'string' ? id : JSON.stringify(id)
}

function shorten(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60)
}
