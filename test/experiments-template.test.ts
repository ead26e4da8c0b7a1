import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Invalid } from '#errors.ts'
import { checkVariables, compileTemplate, renderTemplate, TEMPLATE_LIMITS } from '#experiments/template.ts'

const render = (text: string, input: unknown = {}, stages: { [stage: string]: string } = {}) =>
  renderTemplate(compileTemplate(text), { input, stages })

const assertRefused = (work: () => unknown, message: RegExp, slug?: string) =>
  assert.throws(work, error => {
    assert.ok(error instanceof Invalid, String(error))
    assert.match(error.message, message)
    if (slug !== undefined) assert.equal(error.slug, slug)
    return true
  })

test("the input's fields are variables, and an input that is no object is `input`", () => {
  assert.equal(render('Say {{ text }} to {{ who.name }}.', { text: 'hi', who: { name: 'Ada' } }), 'Say hi to Ada.')
  assert.equal(render('{{ input }}', 'hi'), 'hi')
  assert.equal(render('{{ input[1] }}', ['a', 'b']), 'b')
  assert.equal(render('{{ none }}|{{ none.deep }}|{{ yes }}{{ n }}', { none: null, yes: true, n: 0 }), '||true0')
})

test('objects and arrays print as JSON, and nothing in a value is a template', () => {
  assert.equal(render('{{ o }} {{ l }}', { o: { a: [1] }, l: ['x', 'y'] }), '{"a":[1]} ["x","y"]')
  assert.equal(render('{{ a }}{{ b | append: a }}', { a: '{{ b }}', b: '<{% raw %}>' }), '{{ b }}<{% raw %}>{{ b }}')
})

test('outputs of earlier stages are read as text and by dotted path into their JSON', () => {
  const fenced = '```json\n{"steps": [{"do": "look"},  {"do": "act"}]}\n```'
  const text = '{{ stages.plan.output.steps[1].do }} {% for s in stages.plan.output.steps %}<{{ s.do }}>{% endfor %}'
  assert.equal(render(text, {}, { plan: fenced }), 'act <look><act>')
  assert.equal(render('{{ stages.plan.output }}', {}, { plan: fenced }), fenced)
  const spaced = ' {"a":  1.0} '
  assert.equal(
    render('{{ stages.a.output }}|{{ stages.a.output | upcase }}', {}, { a: spaced }),
    `${spaced}| {"A":  1.0} `,
  )
  assert.equal(render('{{ stages.a.output | json }}{{ stages.a.output.a }}', {}, { a: spaced }), '{"a":1}1')
  assert.equal(render('{{ stages.a.output.size }} {{ stages.a.output }}', {}, { a: 'plain 42' }), '8 plain 42')
  assert.equal(render('{{ stages.a.output }}', {}, { a: '{"not": json}' }), '{"not": json}')
  assertRefused(() => render('{{ stages.a.output.b }}', {}, { a: '{"a": 1}' }), /undefined variable.*line 1, column 4/)
})

test('an unknown variable is refused with its line and column, also in a condition', () => {
  assertRefused(() => render('{{ a }}\n  {{ nope }}', { a: 1 }), /nope.*line 2, column 6/)
  assertRefused(() => render('{% if nope %}x{% endif %}'), /nope/)
  assertRefused(() => render('{{ nope | default: 1 }}'), /nope/)
  assertRefused(() => render('{{ toString }}{{ constructor }}'), /toString/)
  assertRefused(() => render('{{ a.constructor }}', { a: {} }), /constructor/)
  assertRefused(() => render('{{ stages.a.output.__proto__ }}', {}, { a: '{}' }), /__proto__/)
})

test('the check before the first call finds each variable that will not be there', () => {
  const check = (text: string, input: unknown, earlier: string[] = []) =>
    checkVariables(compileTemplate(text), input, earlier, ['body', 'stages', 0, 'prompt'])
  check('{{ a.b[0].c }}{{ a.b.size }}{{ none.x }}', { a: { b: [{ c: 1 }] }, none: null })
  check('{% assign d = a %}{{ d.x }}{% for i in a.b %}{{ i.q }}{{ forloop.index }}{% endfor %}', { a: { b: [] } })
  check('{{ stages.plan.output.any.path }}', {}, ['plan'])
  check('{{ l[i].x }}', { l: [1], i: 0 })
  assertRefused(
    () => check('{{ a }}\n{{ b }}{{ c }}', { a: 1 }),
    /unknown variable b; the input has a \(line 2, column 4/,
  )
  assertRefused(() => check('{{ a.x.y }}', { a: {} }), /unknown variable a\.x /, 'template_variable')
  assertRefused(() => check('{{ l[9] }}', { l: [1] }), /unknown variable l\.9/)
  assertRefused(() => check('{% liquid\n echo zz %}', {}), /zz.*line 2/)
  assertRefused(() => check('{% case q %}{% when w %}{% endcase %}', { q: 1 }), /unknown variable w/)
  assertRefused(() => check('{{ a | append: b }}', { a: 1 }), /unknown variable b/)
  assertRefused(() => check('{% for i in (1..n) %}{% endfor %}', {}), /unknown variable n/)
  assertRefused(() => check('{{ toString }}', {}), /unknown variable toString/)
  assertRefused(() => check('{{ stages.pla.output }}', {}, ['plan']), /no earlier stage "pla"; earlier stages are plan/)
  assertRefused(() => check('{{ stages.plan.text }}', {}, ['plan']), /stages\.plan\.output/)
  assertRefused(() => check('{{ stages }}', {}), /no earlier one/)
  assertRefused(() => check('{{ stages[a].output }}', { a: 'plan' }, ['plan']), /fixed name/)
  assertRefused(() => check('x', { stages: 1 }), /"stages" is the name of earlier outputs/)
})

test('what cannot be parsed is refused with its place: syntax, unknown tags and filters', () => {
  assertRefused(() => compileTemplate('a\n{{ b'), /not closed \(line 2, column 1/, 'template_invalid')
  assertRefused(() => compileTemplate('{% if a %}'), /not closed/)
  assertRefused(() => compileTemplate('{{ a | uppercase }}'), /undefined filter: uppercase/)
  assertRefused(() => compileTemplate('{% import os %}'), /tag "import" not found/)
  assertRefused(() => compileTemplate('x'.repeat(TEMPLATE_LIMITS.template + 1)), /at most/, 'template_limit')
})

test('a template reads no file and runs no code', () => {
  for (const text of [
    "{% include 'package.json' %}",
    "{% render 'x' %}",
    "{% layout 'x' %}",
    '{% block a %}{% endblock %}',
  ]) {
    assertRefused(() => compileTemplate(text), /not found/)
  }
  for (const filter of ['where_exp', 'find_exp', 'group_by_exp', 'has_exp', 'reject_exp', 'find_index_exp']) {
    assertRefused(() => compileTemplate(`{{ a | ${filter}: "i", "i.b" }}`), /undefined filter/)
  }
})

test('a prompt holds no clock and no chance, so that it is the same when it is run again', () => {
  for (const filter of ['date: "%Y"', 'date_to_string', 'date_to_rfc822', 'date_to_xmlschema', 'date_to_long_string']) {
    assertRefused(() => render(`{{ "now" | ${filter} }}`), /no clock/)
    assertRefused(() => render(`{% assign day = "today" %}{{ day | ${filter} }}`), /no clock/)
  }
  assert.equal(render('{{ "2024-03-01T23:30:00-05:00" | date: "%Y-%m-%d %H:%M %A" }}'), '2024-03-02 04:30 Saturday')
  assertRefused(() => compileTemplate('{{ a | sample }}'), /undefined filter/)
})

test('loops and texts that would not end are stopped', () => {
  const started = performance.now()
  assertRefused(() => render('{% for i in (1..9999999999) %}x{% endfor %}'), /limit/, 'template_limit')
  const doubling =
    '{% assign s = "aaaaaaaaaaaaaaaa" %}{% for i in (1..60) %}{% assign s = s | append: s %}{% endfor %}{{ s }}'
  assertRefused(() => render(doubling), /limit/, 'template_limit')
  const nested = '{% for i in (1..9000) %}{% for j in (1..9000) %}xxxxxxxx{% endfor %}{% endfor %}'
  assertRefused(() => render(nested), /limit/, 'template_limit')
  assertRefused(() => render('{{ a }}{{ a }}{{ a }}', { a: 'x'.repeat(4_000_000) }), /longer than/, 'template_limit')
  assert.ok(performance.now() - started < 10_000)
})
