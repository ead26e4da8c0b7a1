import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeDefinition } from '#experiments/definition-schema.ts'
import { changeText, findPlace, readText } from '../web/experiments/document.ts'
import { nameCase } from '../web/experiments/experiment-words.ts'
import { findSchemaTroubles, listFields, listValues } from '../web/experiments/schema-walk.ts'
import { findTypingPlace } from '../web/experiments/yaml-place.ts'
import { readText as readFile } from './repository.ts'

const schema = describeDefinition()
const EXAMPLES = ['prompts', 'pipeline', 'sweep'].map(name => readFile(`examples/${name}.yaml`))

test('a change keeps comments, order and whatever is not touched', () => {
  for (const text of EXAMPLES) {
    const changed = changeText(text, ['name'], 'other')
    assert.equal(
      changed.replace('name: other', ''),
      changeText(text, ['name'], readText(text).value?.name).replace(/^name: .*$/m, ''),
    )
    assert.deepEqual({ ...readText(changed).value, name: '' }, { ...readText(text).value, name: '' })
    for (const comment of text.match(/#.*$/gm) ?? []) assert.ok(changed.includes(comment), comment)
  }
  const text = '# why\nname: a # short\npipeline: "{{ x }}"\nsweep:\n'
  assert.equal(changeText(text, ['name'], 'b'), '# why\nname: b # short\npipeline: "{{ x }}"\nsweep:\n')
  assert.deepEqual(readText(changeText(text, ['pipeline', 'prompt'], 'p')).value?.pipeline, { prompt: 'p' })
  assert.deepEqual(readText(changeText(text, ['sweep', 'trials'], 3)).value?.sweep, { trials: 3 })
  assert.deepEqual(readText(changeText('', ['sweep', 'trials'], 3)).value, { sweep: { trials: 3 } })
  assert.deepEqual(readText(changeText(text, ['scoring_config', 'scorers', 0], 'exact')).value?.scoring_config, {
    scorers: ['exact'],
  })
  assert.equal(readText(changeText(text, ['name'], undefined)).value?.name, undefined)
  assert.equal(changeText('name: [', ['name'], 'x'), 'name: [')
  for (const odd of ['two\nlines\n', ' edges ', '- no list', '{{ x }}', 'true', '', 'a: b # c', '\ttab'])
    assert.equal(readText(changeText(text, ['name'], odd)).value?.name, odd)
})

test('what is no YAML is told with its line, what is no experiment as well', () => {
  const broken = readText('name: x\npipeline: [\nsweep: 1\n')
  assert.equal(broken.value, null)
  assert.ok((broken.broken[0]?.line ?? 0) >= 2)
  assert.equal(readText('- a').value, null)
  assert.deepEqual(readText('').value, {})
})

test('a scorer or a field that there is not is told at its place, the examples are told nothing', () => {
  const tell = (text: string) => {
    const read = readText(text)
    return findSchemaTroubles(read.value, schema).map(({ path, key, message }) => {
      const { line, from, to } = findPlace(read, path, key)
      return `${line} ${text.slice(from, to)}: ${message}`
    })
  }
  for (const text of EXAMPLES) assert.deepEqual(tell(text), [])
  assert.deepEqual(tell('name: x\nscoring_config:\n  scorers:\n    - exact\n    - exakt\n'), [
    '5 exakt: unknown scorer `exakt`',
  ])
  assert.deepEqual(tell('scoring_config: { scorers: [{ kind: exakt }] }'), [
    '1 exakt: unknown kind `exakt`'.replace('kind', 'scorer'),
  ])
  assert.deepEqual(tell('scoring_config:\n  scorers:\n    - { kind: length, maximum: 3 }'), [
    '3 maximum: there is no field `maximum` here',
  ])
  assert.deepEqual(tell('sweep:\n  method: gird\n'), ['2 gird: unknown method `gird`'])
  assert.deepEqual(tell('sweep:\n  trails: 3\n'), ['2 trails: there is no field `trails` here'])
  assert.deepEqual(tell('sweep:\n  trials: many\n'), ['2 many: expected a whole number, not `many`'])
  assert.deepEqual(tell('pipeline:\n  prompt: x\n  modle: y\n'), ['3 modle: there is no field `modle` here'])
})

test('fields and values are offered where they may stand', () => {
  const offer = (text: string) => {
    const place = findTypingPlace(text, text.length)
    if (place === null) return null
    const value = readText(text.slice(0, text.lastIndexOf('\n') + 1)).value
    const list = place.what === 'field' ? listFields : listValues
    return list(schema, place.path, value)
      .map(one => one.label)
      .filter(label => !place.present.includes(label))
  }
  assert.ok(offer('')?.includes('scoring_config'))
  assert.ok(!offer('name: x\nsw')?.includes('name'))
  assert.deepEqual(offer('sweep:\n  method: '), ['grid', 'random', 'guided'])
  assert.ok(offer('sweep:\n  method: grid\n  ')?.includes('trials'))
  assert.ok(offer('scoring_config:\n  scorers:\n    - ')?.includes('exact'))
  assert.ok(offer('scoring_config:\n  scorers: [exact, ')?.includes('token_f1'))
  assert.ok(offer('scoring_config:\n  scorers:\n  - kind: length\n    ')?.includes('max'))
  assert.ok(!offer('scoring_config:\n  scorers:\n  - kind: length\n    ')?.includes('pattern'))
  assert.deepEqual(offer('scoring_config:\n  scorers:\n    - { kind: regex, full: '), ['true', 'false'])
  assert.ok(offer('pipeline:\n  stages:\n    - name: a\n      prompt: |\n        text\n      ')?.includes('model'))
  assert.equal(offer('pipeline:\n  prompt: |\n    wo'), null)
  assert.equal(offer('name: x # comm'), null)
})

test('a case is called by its own id and how its input begins; by the id that it got by chance only without both', () => {
  const case_id = '325468ff-0000-4000-8000-000000000000'
  assert.equal(nameCase({ case_id, name: 'fr', preview: 'Capital of\n  France?' }), 'fr · Capital of France?')
  assert.equal(nameCase({ case_id, name: 'fr', preview: null }), 'fr')
  assert.equal(nameCase({ case_id, name: null, preview: '😀'.repeat(61) }), `${'😀'.repeat(59)}…`)
  assert.equal(nameCase({ case_id, name: null, preview: ' ' }), 'case 325468ff')
})
