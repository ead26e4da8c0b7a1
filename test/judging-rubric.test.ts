import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Invalid } from '#errors.ts'
import { computeJudgeVersion } from '#judging/judge-version.ts'
import { parsePanel } from '#judging/panel.ts'
import { computeRubricVersion, describeRubric, parseRubric } from '#judging/rubric.ts'
import { PANEL, RUBRIC, RUBRIC_YAML } from './transcripts.ts'

const PANEL_YAML = `
name: duo
title: Two
kind: model
experts:
  - id: one
    title: One
    instructions: |
      Judge it.
      Twice.
  - {id: two, title: Two, instructions: Judge it too.}
parameters: {temperature: 0.2, max_tokens: 900}
`

const shipped = (file: string) => readFileSync(new URL(`../src/judging/shipped/${file}`, import.meta.url), 'utf8')

const assertInvalid = (run: () => unknown, loc: (string | number)[], message: RegExp) =>
  assert.throws(run, error => {
    assert.ok(error instanceof Invalid, String(error))
    assert.deepEqual(error.loc, ['body', 'yaml', ...loc], error.message)
    assert.match(error.message, message)
    return true
  })

test('the shipped rubric and panels are valid and have three experts and one', () => {
  assert.equal(Object.keys(parseRubric(shipped('rubric.yaml')).axes).length, 7)
  const panel = parsePanel(shipped('panel.yaml'))
  assert.deepEqual(
    panel.experts.map(expert => expert.id),
    ['strict_critic', 'pragmatist', 'tech_lead'],
  )
  assert.equal(parsePanel(shipped('baseline-panel.yaml')).kind, 'baseline')
})

test('a rubric that does not fit is refused with the field and what is expected', () => {
  const refuse = (from: string | RegExp, to: string, loc: (string | number)[], message: RegExp) =>
    assertInvalid(() => parseRubric(RUBRIC_YAML.replace(from, to)), loc, message)
  refuse('name: small', 'name: Small!', ['name'], /^name: expected a name of at most 40/)
  refuse('title: A small rubric', '', ['title'], /^title: This field is needed/)
  refuse('  efficiency:', '  speed:', ['axes', 'efficiency'], /axes\.efficiency/)
  refuse('      100: everything', '      101: everything', ['axes', 'task_complexity', 'anchors', '101'], /0 to 100/)
  refuse('      50: half\n      100: everything', '', ['axes', 'task_complexity', 'anchors'], /at least two scores/)
  refuse('      50: half', '      50: ""', ['axes', 'task_complexity', 'anchors', '50'], /not empty/)
  refuse('      50: half', '      50: "a\\0b"', ['axes', 'task_complexity', 'anchors', '50'], /control/)
  refuse(
    '      100: everything',
    '      100: everything\n    unused: x',
    ['axes', 'task_complexity', 'unused'],
    /unused: There is no such field/,
  )
  assertInvalid(() => parseRubric('a: [1'), [], /not valid YAML/)
  assertInvalid(() => parseRubric('name: a\nname: b'), [], /not valid YAML/)
  assertInvalid(() => parseRubric('name: *nobody'), [], /not valid YAML/)
  assertInvalid(() => parseRubric('just words'), [], /^the rubric: /)
  assertInvalid(() => parseRubric(''), [], /^the rubric: /)
})

test('a panel that does not fit is refused with the field and what is expected', () => {
  const refuse = (from: string, to: string, loc: (string | number)[], message: RegExp) =>
    assertInvalid(() => parsePanel(PANEL_YAML.replace(from, to)), loc, message)
  refuse('id: one', 'id: One', ['experts', 0, 'id'], /^experts\.0\.id: expected an id/)
  refuse('id: two', 'id: one', ['experts'], /each id once/)
  refuse('kind: model', 'kind: oracle', ['kind'], /model.*baseline/)
  refuse('temperature: 0.2', 'temprature: 0.2', ['parameters', 'temprature'], /temprature: There is no such field/)
  refuse('temperature: 0.2', 'temperature: "0.2"', ['parameters', 'temperature'], /number/)
  assertInvalid(() => parsePanel('name: a\ntitle: b\nkind: model\nexperts: []'), ['experts'], /at least one/)
  const eleven = Array.from({ length: 11 }, (_, i) => `  - {id: e${i}, title: E, instructions: x}`).join('\n')
  assertInvalid(() => parsePanel(`name: a\ntitle: b\nkind: model\nexperts:\n${eleven}`), ['experts'], /at most ten/)
})

test('aliases that multiply are refused instead of filling memory', () => {
  const bomb = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]']
  for (let i = 1; i < 12; i += 1)
    bomb.push(
      `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(',')}]`,
    )
  assertInvalid(() => parsePanel(bomb.join('\n')), [], /not valid YAML/)
})

test('layout, comments and key order do not change a version, content does', () => {
  const version = computeRubricVersion(RUBRIC)
  assert.match(version, /^small@[0-9a-f]{8}$/)
  const { axes, title, name } = RUBRIC
  const reordered = Object.fromEntries(Object.entries(axes).reverse())
  assert.equal(computeRubricVersion(parseRubric(JSON.stringify({ axes: reordered, title, name }))), version)
  assert.equal(computeRubricVersion(parseRubric(`# a comment\n${RUBRIC_YAML}\n\n# more`)), version)
  assert.equal(computeRubricVersion(parseRubric(RUBRIC_YAML.replaceAll('\n', '\r\n'))), version)
  assert.notEqual(computeRubricVersion(parseRubric(RUBRIC_YAML.replace('half', 'Half'))), version)

  const panel = parsePanel(PANEL_YAML)
  const judge = computeJudgeVersion(panel)
  assert.match(judge, /^duo@[0-9a-f]{8}$/)
  const restyled = PANEL_YAML.replace('|\n      Judge it.\n      Twice.', '"Judge it.\\nTwice.\\n"  # the same')
  assert.notEqual(restyled, PANEL_YAML)
  assert.equal(computeJudgeVersion(parsePanel(restyled)), judge)
  for (const [from, to] of [
    ['Judge it too', 'Judge it also'],
    ['id: two', 'id: three'],
    ['0.2', '0.3'],
    ['title: Two\n', 'title: Two of them\n'],
  ] as const) {
    assert.notEqual(computeJudgeVersion(parsePanel(PANEL_YAML.replace(from, to))), judge, from)
  }
})

test('the version of a baseline panel comes from its method, that of a panel of models does not', () => {
  const baseline = { ...PANEL, kind: 'baseline' as const }
  assert.notEqual(computeJudgeVersion(baseline, { weights: [1] }), computeJudgeVersion(baseline, { weights: [2] }))
  assert.equal(computeJudgeVersion(PANEL, { weights: [1] }), computeJudgeVersion(PANEL))
})

test('a rubric in words has every axis in order with its anchors by score', () => {
  const words = describeRubric(parseRubric(RUBRIC_YAML.replace('      50: half', '      5: a little\n      50: half')))
  const places = Object.keys(RUBRIC.axes).map(axis => words.indexOf(`${axis} (`))
  assert.ok(places.every(place => place >= 0))
  assert.match(words, /- 0: nothing\n- 5: a little\n- 50: half\n- 100: everything/)
  assert.match(words, /- null: there was none/)
})
