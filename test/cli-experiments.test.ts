import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { parseExperiment } from '#cli/experiment-file.ts'
import { CommandHome, type Running } from './command-line.ts'

const home = new CommandHome()
let server: Running | null = null
const BACKENDS = `
backends:
  - name: scripted
    kind: scripted
    concurrency: 2
    script:
      rules:
        - { when: { any: slow }, reply: Paris, delay_ms: 150 }
        - { when: { any: France, model: good }, reply: Paris }
        - { when: { any: Peru, model: good }, reply: Lima }
      default: { reply: I do not know }
`
const CASES = [
  { input: { question: 'What is the capital of France?' }, expected: 'Paris' },
  { input: { question: 'What is the capital of Peru?' }, expected: 'Lima' },
]
const EXPERIMENT = `name: capitals
dataset: ./capitals.jsonl
pipeline:
  prompt: "{{ question }}"
  backend: scripted
parameter_space:
  model: [good, bad]
scoring_config:
  scorers: [contains]
  weights: { contains: 1 }
`

before(() => {
  write('whetstone.yaml', BACKENDS)
  write('capitals.jsonl', CASES.map(one => JSON.stringify(one)).join('\n'))
  write('capitals.yaml', EXPERIMENT)
})
after(async () => {
  server?.child.kill('SIGTERM')
  await server?.finished
  home.remove()
})

function write(name: string, text: string): string {
  const path = join(home.path, name)
  writeFileSync(path, text)
  return path
}

test('a file becomes an answer: cases are uploaded, what it takes is told, variants are ranked', async () => {
  const dry = await home.run('experiment', 'run', join(home.path, 'capitals.yaml'), '--dry-run')
  assert.equal(dry.code, 0, dry.stderr)
  assert.match(dry.stdout, /2 variants × 2 cases: 4 runs, 4 calls, about .* free of charge/)
  write('repeated.yaml', `${EXPERIMENT}sweep: { repeats: 3 }\n`)
  const repeated = await home.run('experiment', 'run', join(home.path, 'repeated.yaml'), '--dry-run')
  assert.match(repeated.stdout, /2 variants × 2 cases × 3 repeats: 12 runs, 12 calls/)
  const draft = /experiment start (\S+)/.exec(dry.stderr)?.[1] ?? assert.fail(dry.stderr)
  const done = await home.run('experiment', 'run', join(home.path, 'capitals.yaml'))
  assert.equal(done.code, 0, done.stderr)
  assert.match(done.stderr, /capitals \w+: 2 cases/)
  assert.match(done.stderr, /Running 4\/4/)
  assert.match(done.stdout, /capitals is completed: 4 of 4 runs completed/)
  assert.match(done.stdout, /4 calls, 0 answers known before/)
  const good = done.stdout.split('\n').find(line => /^\S+ +good /.test(line)) ?? assert.fail(done.stdout)
  assert.match(good, /1\.000/)
  const again = await home.run('experiment', 'start', draft)
  assert.match(again.stdout, /0 calls, 4 answers known before/)
})

test('Ctrl-C pauses, with words that say how to go on', async () => {
  const lines = Array.from({ length: 40 }, (_, n) =>
    JSON.stringify({ input: { question: `slow ${n}` }, expected: 'Paris' }),
  )
  write('slow.jsonl', lines.join('\n'))
  const text = EXPERIMENT.replace('capitals.jsonl', 'slow.jsonl').replace('name: capitals', 'name: slow')
  const path = write('slow.yaml', text)
  const running = home.start(['experiment', 'run', path])
  await running.shows('free of charge')
  await new Promise(resolve => setTimeout(resolve, 1_000))
  running.child.kill('SIGINT')
  const paused = await running.finished
  assert.equal(paused.code, 130, paused.stderr)
  const [, id = ''] = /paused, .* To go on: whetstone experiment resume (\S+)\./.exec(paused.stderr) ?? []
  assert.match(id, /^[0-9a-f-]{36}$/, paused.stderr)
  const resumed = await home.run('experiment', 'resume', id)
  assert.equal(resumed.code, 0, resumed.stderr)
  assert.match(resumed.stdout, /80 of 80 runs completed/)
  assert.equal((await home.run('experiment', 'stop', id)).code, 1)
})

/** From here on there is a server, which spares each command the start of a database. */
async function serve(): Promise<void> {
  if (server !== null) return
  write('whetstone.yaml', `${BACKENDS}webhooks: { allow_private: true }\n`)
  server = home.start(['start'])
  await server.shows('ready at')
}

test('experiments and runs are listed, shown and scored', async () => {
  await serve()
  const experiments = await home.run('experiment', 'list')
  assert.equal(experiments.stdout.match(/capitals +completed/g)?.length, 2)
  const experiment = await home.run('experiment', 'show', 'capitals', '--json')
  assert.equal(JSON.parse(experiment.stdout).leaderboard.entries[0].label, 'good')
  const listed = await home.run('runs', '--experiment', 'capitals', '--min-score', '0.9', '--json')
  const { items, total } = JSON.parse(listed.stdout)
  assert.equal(total, 2)
  const table = await home.run('runs', 'list', '--limit', '1')
  assert.match(table.stdout, /1 of 88/)
  const shown = await home.run('runs', 'show', items[0].id)
  assert.match(shown.stdout, /is completed, weighted score 1\.000/)
  assert.match(shown.stdout, /good on scripted/)
  assert.match(shown.stdout, /contains .*1\.000/)
  const scored = await home.run('runs', 'score', items[0].id, 'tone', '0.5', '--comment', 'a bit dry')
  assert.equal(scored.code, 0, scored.stderr)
  assert.match((await home.run('runs', 'show', items[0].id)).stdout, /tone .*0\.500.*a bit dry/)
  assert.equal((await home.run('runs', 'score', items[0].id, 'tone', '1.5')).code, 1)
})

test("a variant's prompt is labelled by a command", async () => {
  await serve()
  const unnamed = await home.run('experiment', 'label', 'capitals', 'good', 'production')
  assert.equal(unnamed.code, 1)
  assert.match(unnamed.stderr, /prompt: Its prompt is not in the registry/)
  const done = await home.run('experiment', 'label', 'capitals', 'good', 'production', '--prompt', 'ask')
  assert.match(done.stdout, /^production ask@[0-9a-f]{8}\n$/, done.stderr)
  const again = await home.run('experiment', 'label', 'capitals', '1', 'production', '--prompt', 'ask', '--json')
  assert.equal(JSON.parse(again.stdout).created, false)
  assert.match((await home.run('prompts', 'show', 'ask')).stdout, /\{\{ question \}\}/)
})

test('what is no YAML, and a field that is refused, are told with line and column', async () => {
  await serve()
  const broken = write('broken.yaml', 'name: x\npipeline: [\n')
  const bad = await home.run('experiment', 'run', broken)
  assert.equal(bad.code, 1)
  assert.match(bad.stderr, /broken\.yaml:\d+:\d+ /)
  const cases: [string, string, RegExp][] = [
    [
      '[contains]',
      '[contains, wisdom]',
      /refused\.yaml:9:23 scoring_config\.scorers\.1: There is no scorer of this kind/,
    ],
    ['contains: 1', 'contains: -1', /refused\.yaml:10:14 scoring_config\.weights\.contains: a weight may not/],
    ['{{ question }}', '{{ answer }}', /refused\.yaml:4:3 pipeline\.prompt/],
    ['backend: scripted', 'backend: nowhere', /refused\.yaml:5:3 pipeline\.backend/],
    ['./capitals.jsonl', 'nothing', /refused\.yaml:2:1 dataset.*nothing/],
    ['dataset: ./capitals.jsonl', 'dataset: ./absent.csv', /absent\.csv cannot be read: ENOENT/],
  ]
  for (const [from, to, expected] of cases) {
    const path = write('refused.yaml', EXPERIMENT.replace(from, to))
    const done = await home.run('experiment', 'run', path)
    assert.equal(done.code, 1, to)
    assert.match(done.stderr, expected)
  }
})

test('places are found through anchors, lists and fields that are missing', () => {
  const text = 'name: x\nbase: &b\n  weights:\n    a: 1\nscoring_config: *b\nlist:\n  - 1\n  - k: 2\n'
  const file = parseExperiment('f.yaml', text)
  assert.equal(file.locate(['scoring_config', 'weights', 'a']), 'f.yaml:4:5')
  assert.equal(file.locate(['list', 1, 'k']), 'f.yaml:8:5')
  assert.equal(file.locate(['list', 7]), 'f.yaml:6:1')
  assert.equal(file.locate(['pipeline', 'stages']), 'f.yaml:1:1')
  assert.throws(() => parseExperiment('f.yaml', '- a list'), /f\.yaml:1:1 Expected an experiment/)
  assert.throws(() => parseExperiment('f.yaml', 'a: 1\na: 2'), /f\.yaml:2:1/)
})

test('webhooks are added, listed, tested, switched off and removed', async () => {
  await serve()
  const added = await home.run('webhooks', 'add', 'http://127.0.0.1:9', '--events', 'run.failed, new_best_found')
  const [, id = '', secret = ''] = /webhook {2}(\S+)\nsecret {3}(whsec_\S+)/.exec(added.stdout) ?? []
  const listed = await home.run('webhooks')
  assert.match(listed.stdout, /run\.failed, new_best_found +all +on/)
  assert.ok(secret !== '' && !listed.stdout.includes(secret))
  const tested = await home.run('webhooks', 'test', id)
  assert.equal(tested.code, 1)
  assert.match(tested.stdout, /ECONNREFUSED/)
  assert.match((await home.run('webhooks', 'log', id)).stdout, /webhook\.test .*skipped/)
  await home.run('webhooks', 'off', id)
  assert.match((await home.run('webhooks')).stdout, / off/)
  await home.run('webhooks', 'remove', id)
  assert.match((await home.run('webhooks')).stdout, /No webhooks/)
  assert.equal((await home.run('webhooks', 'add', 'https://8.8.8.8', '--events', 'x')).code, 2)
})
