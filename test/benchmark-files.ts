import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder for benchmark runs, and a way to put runs into it. */
export interface BenchmarkFolder {
  path: string
  /** Lines are objects, or text that stands there as it is. */
  write: (runId: string, lines: (string | { [field: string]: unknown })[]) => void
  remove: () => void
}

/** Makes a folder that a test removes. */
export function makeBenchmarkFolder(): BenchmarkFolder {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'whetstone-bench-')))
  return {
    path,
    write: (runId, lines) => {
      mkdirSync(join(path, runId), { recursive: true })
      const texts = lines.map(line => (typeof line === 'string' ? line : JSON.stringify(line)))
      writeFileSync(join(path, runId, 'sft_candidates.jsonl'), texts.map(text => `${text}\n`).join(''))
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
}

/** A line of a benchmark run with every field of the contract. */
export function makeCandidateLine(id: string, fields: { [field: string]: unknown } = {}): { [field: string]: unknown } {
  return {
    id,
    source: 'benchmark',
    benchmark_run_id: 'run-1',
    timestamp: '2026-03-01T10:00:00.000Z',
    status: 'needs_review',
    prompt_messages: [
      { role: 'system', content: 'Answer with a number.' },
      { role: 'user', content: `What is ${id}?` },
    ],
    model_response: 'I am not sure.',
    corrected_response: null,
    quality_score: 0.25,
    failure_reason: 'no number',
    task_id: `task-${id}`,
    task_type: 'arithmetic',
    task_name: 'Sums',
    model_id: 'm-1',
    model_name: 'small-model',
    node_id: 'node-1',
    gpu_id: 0,
    tokens_per_sec: 41.5,
    ...fields,
  }
}
