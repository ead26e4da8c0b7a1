import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { makeCandidateLine } from '../test/benchmark-files.ts'
import { measureTyping } from '../test/e2e/measures.ts'

/** 20 kB, as an answer or a prompt may be. */
const TEXT = Array.from(
  { length: 340 },
  (_, n) => `Line ${n}: the refund of order ${n * 7} was sent, as asked.\n`,
).join('')
const SENTENCE = '# It was not sent yesterday, but on 12 November, to the card that paid. '

/**
 * Types in the editors of a review, with the changes shown, and of an experiment as it is built, and prints how long keys take to
 * the next picture.
 *
 * @param folder where benchmark folders may lie.
 */
export async function measureEditors(browser: Browser, url: string, folder: string): Promise<void> {
  const send = async (path: string, body: object): Promise<{ id?: string }> => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    const answer = await fetch(url + path, init)
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`)
    return Object(await answer.json())
  }
  mkdirSync(join(folder, 'typing'), { recursive: true })
  const line = JSON.stringify(makeCandidateLine('typing', { task_name: 'Typing', model_response: TEXT }))
  writeFileSync(join(folder, 'typing', 'sft_candidates.jsonl'), `${line}\n`)
  await send('/api/corrections/import', { run_id: 'typing' })
  rmSync(join(folder, 'typing'), { recursive: true })
  const experiment = await send('/api/experiments', {
    name: 'Typing',
    pipeline: { prompt: TEXT, backend: 'ollama', model: 'm1' },
    parameter_space: { temperature: [0, 1] },
    dataset: { name: 'typing', cases: [{ input: { word: 'w' }, expected: 'w' }] },
    scoring_config: { scorers: ['exact'] },
  })
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' })
  await page.goto(`${url}/p/default/corrections/review?id=typing`)
  await page.getByRole('region', { name: 'Candidate Typing' }).waitFor()
  // The editor is fetched while nothing else happens.
  await page.waitForTimeout(1_500)
  await page.keyboard.press('c')
  await page.locator('.cm-editor.cm-focused').waitFor()
  await tell(page, 'review')
  await page.goto(`${url}/p/default/experiments/${experiment.id}/build`)
  await page.locator('.build-yaml .cm-content').click()
  await page.keyboard.press('Control+End')
  await tell(page, 'YAML of an experiment')
  await page.close()
}

async function tell(page: Page, where: string): Promise<void> {
  const slow = await measureTyping(page, SENTENCE)
  const tenth = slow[Math.floor(SENTENCE.length / 10)] ?? 0
  console.log(
    `${where}, ${TEXT.length} characters: ${SENTENCE.length} keys, nine in ten at most ${tenth} ms, the slowest ${slow[0] ?? 0} ms`,
  )
}
