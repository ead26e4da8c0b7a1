import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import sql from 'sql-template-tag'
import { query } from '#db/connect.ts'
import { type BenchmarkFolder, makeCandidateLine } from '../benchmark-files.ts'
import type { BrowserApp } from './harness.ts'

export const REVIEW = '/p/default/corrections/review'
const API = '/api/corrections'

export interface StoredCandidate {
  id: string
  status: string
  corrected_response: string | null
  failure_category: string | null
}

/** Imports candidates by their ids; `fields` for all of them. */
export async function importCandidates(
  app: BrowserApp,
  bench: BenchmarkFolder,
  ids: string[],
  fields: { [field: string]: unknown } = {},
): Promise<void> {
  await app.send('POST', `${API}/config`, { bench_results_dir: bench.path })
  bench.write(
    `run-${ids[0]}`,
    ids.map(id => makeCandidateLine(id, { task_name: `Case ${id}`, model_response: `Answer of ${id}`, ...fields })),
  )
  const { status, body } = await app.send('POST', `${API}/import`, { run_id: `run-${ids[0]}` })
  assert.equal(status, 200, JSON.stringify(body))
}

/** A candidate as the server has it. */
export async function readStored(app: BrowserApp, id: string): Promise<StoredCandidate> {
  const { body } = await app.send<{ candidate: StoredCandidate }>('GET', `${API}/candidates/${encodeURIComponent(id)}`)
  return body.candidate
}

/** Waits until the server has come to a status. */
export async function waitForStatus(app: BrowserApp, id: string, status: string): Promise<StoredCandidate> {
  const deadline = performance.now() + 20_000
  for (;;) {
    const stored = await readStored(app, id)
    if (stored.status === status) return stored
    assert.ok(performance.now() < deadline, `${id} is ${stored.status}, not ${status}`)
    await new Promise(resolve => setTimeout(resolve, 30))
  }
}

/** Waits until nobody holds anything. */
export async function waitForRelease(app: BrowserApp): Promise<void> {
  const deadline = performance.now() + 20_000
  for (;;) {
    const held = await query<{ id: string }>(
      app.db,
      sql`select id from claims join candidates using (project_id, candidate_no) order by candidate_no`,
    )
    if (held.length === 0) return
    assert.ok(performance.now() < deadline, `${held.map(row => row.id).join()} were let go`)
    await new Promise(resolve => setTimeout(resolve, 30))
  }
}

/** Waits until a candidate is on the screen and has the focus. */
export async function waitForCandidate(page: Page, id: string): Promise<void> {
  const region = page.getByRole('region', { name: `Candidate Case ${id}`, exact: true })
  await region.waitFor()
  await page.waitForFunction(() => document.activeElement?.classList.contains('candidate'))
}

/** Waits until a screen has so many candidates: the one that is seen and those that come next. */
export async function waitForClaims(page: Page, count: number): Promise<void> {
  await page.waitForFunction(
    n => performance.getEntriesByName(`${location.origin}/api/corrections/claim`).length >= n,
    count,
  )
}

/** Which candidate is on the screen. */
export async function readShown(page: Page): Promise<string | null> {
  return page.locator('.candidate').getAttribute('aria-label')
}

/** What stands in the editor, or in the plain field before it. */
export function readCorrection(page: Page): Promise<string> {
  return page
    .getByRole('textbox', { name: 'Correction' })
    .evaluate(element =>
      element instanceof HTMLTextAreaElement
        ? element.value
        : [...element.querySelectorAll('.cm-line')].map(line => line.textContent).join('\n'),
    )
}

/** Waits until the next correction opens in the editor, not in a plain field. */
export async function waitForEditorCode(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    performance.getEntriesByType('resource').some(one => /code-editor.*js/.test(one.name)),
  )
  await page.waitForTimeout(300)
}

/** The focus is marked, and nothing lies over it. */
export async function assertFocusSeen(page: Page, where: string): Promise<void> {
  const found = await page.evaluate(() => {
    const element = document.activeElement
    if (element === null || element === document.body) return 'nothing has the focus'
    const marked = [element, element.closest('.code-editor')].some(one => {
      const style = one === null ? null : getComputedStyle(one)
      return style !== null && style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) >= 2
    })
    if (!marked) return `${element.outerHTML.slice(0, 120)} is not marked`
    const box = element.getBoundingClientRect()
    const [x, y] = [box.left + box.width / 2, Math.min(box.top + 20, box.top + box.height / 2)]
    const top = document.elementFromPoint(x, y)
    return top !== null && (element.contains(top) || top.contains(element))
      ? null
      : `${element.outerHTML.slice(0, 120)} is covered`
  })
  assert.equal(found, null, where)
}
