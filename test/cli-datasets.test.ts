import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { CommandHome } from './command-line.ts'

const home = new CommandHome()
after(() => home.remove())

function write(name: string, text: string): string {
  const path = join(home.path, name)
  writeFileSync(path, text)
  return path
}

test('datasets are imported, listed, compared and exported from the command line', async () => {
  const first = write('tickets.csv', 'id,question,expected\n1,Where?,here\n2,When?,now\n')
  const imported = await home.run('datasets', 'import', first)
  assert.equal(imported.code, 0, imported.stderr)
  assert.match(
    imported.stdout,
    /^tickets [0-9a-f]{12}: 2 cases; 2 added, 0 removed, 0 changed, 0 unchanged, 0 malformed/,
  )
  const lines = ['{"id":"1","input":{"question":"Where?"},"expected":"there"}', '[]'].join('\n')
  const second = await home.run('datasets', 'import', write('more.jsonl', lines), '--name', 'tickets', '--append')
  assert.equal(second.code, 1)
  assert.match(second.stdout, /2 cases; 0 added, 0 removed, 1 changed, 1 unchanged, 1 malformed\nline 2: /)
  assert.match((await home.run('datasets')).stdout, /tickets +2 +[0-9a-f]{12} +2 /)
  assert.match((await home.run('datasets', 'show', 'tickets')).stdout, /\n +2 .*upload/)
  const diff = await home.run('datasets', 'diff', 'tickets', '1')
  assert.match(diff.stdout, /- changed 1 .*"here"\n.*\+ changed 1 .*"there"/)
  const out = join(home.path, 'out.jsonl')
  assert.equal((await home.run('datasets', 'export', 'tickets', '--at', '1', '--out', out)).code, 0)
  const printed = await home.run('datasets', 'export', 'tickets', '--at', '1')
  assert.equal(printed.stdout, readFileSync(out, 'utf8'))
  assert.deepEqual(
    printed.stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line).expected),
    ['here', 'now'],
  )
  const none = await home.run('datasets', 'collect', 'tickets', '--from', 'sessions')
  assert.deepEqual([none.code, /No session in this scope/.test(none.stderr)], [1, true])
  assert.match((await home.run('datasets', 'export', 'none')).stderr, /There is no dataset "none"/)
  assert.match((await home.run('datasets', 'import', 'x.txt')).stderr, /has to end in \.jsonl/)
})

test('prompts are saved, labelled and shown from the command line', async () => {
  const one = write('one.txt', 'Answer {{ question }}')
  const saved = await home.run('prompts', 'save', 'answer', one, '--label', 'production')
  assert.equal(saved.code, 0, saved.stderr)
  assert.match(saved.stdout, /^answer@[0-9a-f]{8}, production$/m)
  const two = write('two.yaml', 'system: Be brief.\nuser: |\n  Answer {{ question }} now\n')
  const version = (await home.run('prompts', 'save', 'answer', two)).stdout.trim()
  assert.match((await home.run('prompts', 'show', 'answer')).stdout, /--- user\nAnswer \{\{ question \}\}\n$/)
  assert.match((await home.run('prompts', 'show', 'answer', '--at', version)).stdout, /--- system\nBe brief\./)
  assert.match((await home.run('prompts', 'label', 'answer', 'production', version)).stdout, /\(before: answer@/)
  assert.match((await home.run('prompts', 'list')).stdout, /answer .*production: [0-9a-f]{8}/)
  assert.equal((await home.run('prompts', 'label', 'answer', 'production')).stdout.trim().split('\n').length, 3)
  assert.equal((await home.run('prompts', 'label', 'answer', 'production', '--remove')).code, 0)
  assert.match((await home.run('prompts', 'show', 'answer')).stderr, /No version of the prompt "answer" has the label/)
  const broken = await home.run('prompts', 'save', 'answer', write('bad.yaml', 'user: "{% if x %}"'))
  assert.match(broken.stderr, /user: .*line 1, column 1/)
  assert.match(
    (await home.run('prompts', 'save', 'answer', write('worse.yml', 'a: ['))).stderr,
    /worse\.yml is no YAML/,
  )
})
