import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { CommandHome, type Running } from './command-line.ts'

const home = new CommandHome()
const fixtures = fileURLToPath(new URL('fixtures/transcripts', import.meta.url))
const tau = fileURLToPath(new URL('../../shared/data/tau-airline', import.meta.url))

const verdict = JSON.stringify({
  scores: {
    ...{ task_complexity: 30, goal_completion: 60, tool_usage_quality: 50, efficiency: 40, communication: 70 },
    ...{ subagent_orchestration: null, self_extension: null },
  },
  comment: 'It answered. It was brief.',
})

const yaml = `
backends:
  - name: quick
    kind: scripted
    max_attempts: 1
    script:
      rules: [{ when: { any: this one fails }, fail: { kind: failed, message: the script refuses } }]
      default: { reply: ${JSON.stringify(verdict)} }
  - { name: slow, kind: scripted, script: { default: { reply: ${JSON.stringify(verdict)}, delay_ms: 60000 } } }
`

const sessions = [
  { session_id: 'fine', profile_id: 'p', messages: [{ role: 'user', content: 'Hello?' }] },
  { session_id: 'bad', profile_id: 'p', messages: [{ role: 'user', content: 'this one fails' }] },
  { session_id: 'red\u001b[31m/\u202eevil', profile_id: 'p', messages: [{ role: 'user', content: 'Hi' }] },
  { session_id: 'esc', profile_id: 'p', name: 'N\u001b[31mame\u202e', messages: [{ role: 'user', content: 'Hi' }] },
]

before(() => {
  writeFileSync(join(home.path, 'whetstone.yaml'), yaml)
  writeFileSync(join(home.path, 'own.ndjson'), sessions.map(session => `${JSON.stringify(session)}\n`).join(''))
})
after(() => home.remove())

test('the demo judges its sessions without a model, shows them, ends with 0 and works again', async () => {
  const first = await home.run('demo', '--exit')
  assert.equal(first.code, 0, first.stderr)
  for (const text of [
    'Imported 36 sample sessions.',
    'Judged 36 sessions',
    'demo-coder-',
    'week of',
    '16 answers that users disliked wait for a correction.',
    'large is better',
    'The API: http',
  ])
    assert.ok(first.stdout.includes(text), `${text} is missing in:\n${first.stdout}`)
  // Which samples share a week depends on the day on which the demo is run.
  const weeks = [...first.stdout.matchAll(/^\d{4}-\d\d-\d\d {2}overall +(?<sessions>\d+) +\d+(?<interval> ±\d+)? /gm)]
  assert.ok(weeks.length >= 8, first.stdout)
  for (const [row, sessions, interval] of weeks)
    assert.equal(interval !== undefined, sessions !== '1', `means of several sessions have an interval: ${row}`)
  const second = await home.run('demo', '--exit')
  assert.equal(second.code, 0, second.stderr)
  assert.match(second.stdout, /here already[\s\S]*Nothing to judge/)
  assert.deepEqual(home.listPostgres(), [])
})

test('importing tells lines and reasons of what is rejected, and twice changes nothing', async () => {
  const first = await home.run('import', fixtures, '--project', 'default')
  assert.equal(first.code, 1)
  assert.match(first.stdout, /^6 files: \d+ imported, /)
  assert.match(first.stdout, /^rejected .*whetstone\.ndjson:3: unknown field message$/m)
  assert.match(first.stdout, /^skipped .*notes\.md: .*none of the formats/m)
  const second = JSON.parse((await home.run('import', fixtures, '--json')).stdout)
  assert.deepEqual([second.imported, second.updated > 2, second.files], [0, false, 6])
  assert.ok(second.unchanged > 10)
  assert.ok(second.rejected.length > 0)
  assert.ok(second.rejected.every((one: { path: string; line: number }) => existsSync(one.path) && one.line > 0))
})

test('a session whose import is refused is named by its file and line', async () => {
  await home.run('project', 'create', 'own')
  const { code, stdout } = await home.run('import', join(home.path, 'own.ndjson'), '--project', 'own')
  assert.equal(code, 1)
  assert.match(stdout, /3 imported, 0 updated, 0 unchanged, 1 rejected\nrejected .*own\.ndjson:3: session_id: /)
})

test('a run without a server ends in this process; failures are grouped by cause and the code is 1', async () => {
  const { code, stdout, stderr } = await home.run('eval', 'run', '--backend', 'quick', '--project', 'own')
  assert.equal(code, 1, stderr)
  assert.match(stdout, /^Judged 2 sessions, 1 failed, in \d+ s\. /)
  assert.match(stdout, /^1 × .*the script refuses.* \(bad\)$/m)
  assert.match(stderr, /^Judging 3\/3 /m)
})

test('a run that is interrupted without a server is left for the next start, and the database is stopped', async () => {
  const following = home.start(['eval', 'run', '--backend', 'slow', '--session', 'fine', '--project', 'own'])
  await following.shows('calls')
  following.child.kill('SIGINT')
  const { code, stderr } = await following.finished
  assert.equal(code, 130, stderr)
  assert.match(stderr, /The run continues with the next start/)
  assert.deepEqual(home.listPostgres(), [])
})

test('a reader that has gone is no error', async () => {
  const listing = home.start(['eval', 'list', '--limit', '500', '--json'])
  listing.child.stdout?.destroy()
  const { code, stderr } = await listing.finished
  assert.deepEqual([code, stderr], [0, ''])
})

describe('beside a server', () => {
  let server: Running
  before(async () => {
    server = home.start(['start'])
    await server.shows('Whetstone is ready')
  })
  after(async () => {
    server.child.kill('SIGTERM')
    await server.finished
  })

  test('a named file of no known format is an error that names the formats, a missing one says so', async () => {
    const file = join(home.path, 'notes.txt')
    writeFileSync(file, 'Buy milk\n')
    const { code, stdout, stderr } = await home.run('import', file)
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /^whetstone: .*notes\.txt is none of the formats.*tau-bench.*Line 1 did not fit.*\n$/)
    assert.equal((await home.run('import', '/nowhere')).stderr, 'whetstone: There is no file or folder /nowhere.\n')
  })

  test('a dry run only says what it would take', async () => {
    const countRuns = async () =>
      JSON.parse((await home.run('eval', 'runs', '--json', '--project', 'own')).stdout).length
    const before = await countRuns()
    const run = ['eval', 'run', '--dry-run', '--re-evaluate-all', '--backend', 'quick', '--project', 'own']
    const { code, stdout } = await home.run(...run)
    assert.equal(code, 0)
    assert.match(stdout, /^3 sessions, 9 calls, about [\d,]+ tokens in and 5,400 out, free of charge\.\n$/)
    assert.equal(JSON.parse((await home.run(...run, '--json')).stdout).calls, 9)
    assert.equal(await countRuns(), before)
  })

  test('a judged session is shown with each expert and their average, and foreign text cannot steer the terminal', async () => {
    const { code, stdout } = await home.run('eval', 'show', 'esc', '--project', 'own')
    assert.equal(code, 0)
    assert.ok(stdout.startsWith('esc  N\\x1b[31mame\\u{202e}\n'), stdout)
    assert.match(stdout, /^strict_critic +30 +60 +50 +40 +70 +– +–$/m)
    assert.match(stdout, /^average +30 +60 +50 +40 +70 +– +–$/m)
    assert.match(stdout, /^ {2}tech_lead: It answered\. It was brief\.$/m)
    const json = await home.run('eval', 'show', 'esc', '--project', 'own', '--json')
    for (const character of ['\u001b', '\u202e']) assert.ok(!json.stdout.includes(character))
    assert.equal(JSON.parse(json.stdout).name, 'N\u001b[31mame\u202e')
  })

  test('stats come as a table, as CSV and as JSON', async () => {
    const csv = await home.run('eval', 'stats', '--csv', '--project', 'own')
    const [heading, row, end] = csv.stdout.split('\n')
    assert.equal(
      heading,
      'week_start,bucket,sample_count,task_complexity,goal_completion,tool_usage_quality,efficiency,communication,' +
        'subagent_orchestration,self_extension,judge_models',
    )
    assert.match(row ?? '', /^\d{4}-\d\d-\d\d,overall,2,30,60,50,40,70,,,gemma4:31b-cloud$/)
    assert.equal(end, '')
    const stats = JSON.parse((await home.run('eval', 'stats', '--json', '--project', 'own')).stdout)
    assert.equal(stats.weekly[0].sample_count, 2)
    assert.match((await home.run('eval', 'stats', '--project', 'own', '--by-complexity')).stdout, / 26-50 +2 /)
  })

  test('every table is JSON on request, and without rows it says what to do', async () => {
    const tables = [
      ...[
        ['eval', 'list'],
        ['eval', 'runs'],
        ['eval', 'pins'],
        ['eval', 'panels'],
        ['eval', 'rubrics'],
        ['eval', 'separation'],
      ],
      ...[
        ['backend', 'list'],
        ['project', 'list'],
        ['key', 'list'],
        ['profile', 'list'],
        ['db', 'status'],
      ],
    ]
    await Promise.all(
      tables.map(async table => {
        const { code, stdout, stderr } = await home.run(...table, '--json', '--project', 'own')
        assert.equal(code, 0, `${table.join(' ')}: ${stderr}`)
        assert.equal(typeof JSON.parse(stdout), 'object', table.join(' '))
      }),
    )
    assert.equal(
      (await home.run('key', 'list', '--project', 'own')).stdout,
      'No keys. Create one with: whetstone key create USER\n',
    )
  })

  test('own panels and rubrics are added from a file, shown and put in force', async () => {
    const shown = await home.run('eval', 'panels', 'show', 'trio')
    const file = join(home.path, 'panel.yaml')
    writeFileSync(file, shown.stdout.replace('name: trio', 'name: mine'))
    const added = await home.run('eval', 'panels', 'add', file, '--json')
    assert.equal(added.code, 0, added.stderr)
    const { version } = JSON.parse(added.stdout)
    assert.match(version, /^mine@/)
    const pins = await home.run('eval', 'pins', '--panel', 'mine')
    assert.match(pins.stdout, new RegExp(`^judge +${version}$`, 'm'))
    assert.match((await home.run('eval', 'panels')).stdout, /^mine@\S+ +mine +\S+ \S+ +yes$/m)
    assert.equal(
      (await home.run('eval', 'rubrics', 'add', '/nowhere.yaml')).stderr,
      'whetstone: /nowhere.yaml cannot be read: ENOENT.\n',
    )
  })

  test('a run that is followed on a server goes on when Ctrl-C stops the following', async () => {
    const session = ['--session', 'fine', '--project', 'own']
    const following = home.start(['eval', 'run', '--backend', 'slow', '--model', 'm', ...session])
    await following.shows('calls')
    const listed = async () => JSON.parse((await home.run('eval', 'runs', '--json', '--project', 'own')).stdout)
    while ((await listed())[0].judge_model !== 'm');
    following.child.kill('SIGINT')
    const { code, stderr } = await following.finished
    assert.equal(code, 130)
    assert.match(stderr, /The run goes on in the server\. To see it: whetstone eval runs\./)
    const [run] = await listed()
    assert.notEqual(run.ended_because, 'cancelled')
    const cancelled = await home.run('eval', 'cancel', run.run_id, '--project', 'own')
    assert.match(cancelled.stdout, /^The run (is cancelled|had ended before)/)
    const backend = await home.run('backend', 'test', 'ollama')
    assert.equal(backend.code, 1)
    assert.match(backend.stdout, /"ollama"/)
  })

  test('the demo beside a server and own sessions uses the server, and a project of its own', async () => {
    const { code, stdout, stderr } = await home.run('demo')
    assert.equal(code, 0, stderr)
    assert.match(stdout, /in a project of theirs: --project demo\nImported 36 sample sessions\./)
    assert.match((await home.run('eval', 'list', '--project', 'demo', '--limit', '1')).stdout, /^demo-/m)
  })

  test('errors are one sentence and code 1, what is not understood is code 2', async () => {
    const unknown = await home.run('eval', 'show', 'nobody')
    assert.deepEqual(
      [unknown.code, unknown.stdout, unknown.stderr],
      [1, '', 'whetstone: There is no session "nobody".\n'],
    )
    const backend = await home.run('eval', 'run', '--backend', 'nowhere')
    assert.deepEqual([backend.code, backend.stdout], [1, ''])
    assert.match(backend.stderr, /^whetstone: .*no backend "nowhere"; known are: .*\n$/)
    const unreachable = await home.run('eval', 'list', '--url', 'http://127.0.0.1:9')
    assert.match(unreachable.stderr, /^whetstone: No server answers at http:\/\/127\.0\.0\.1:9: .*\n$/)
    const project = await home.run('eval', 'list', '--project', 'gone')
    assert.match(project.stderr, /^whetstone: There is no project "gone"\./)
    for (const wrong of [['eval', 'stats', '--nope'], ['nope'], ['eval', 'list', '--limit', 'x'], ['import']])
      assert.equal((await home.run(...wrong)).code, 2, wrong.join(' '))
    const env = { DATABASE_URL: 'postgres://127.0.0.1:9/x', WHETSTONE_HOME: join(home.path, 'elsewhere') }
    const outage = await home.start(['eval', 'list'], { env }).finished
    assert.match(outage.stderr, /^whetstone: The database does not answer \(ECONNREFUSED\)\..*\n$/)
  })

  const withData = { skip: existsSync(tau) ? false : 'needs the τ-bench sessions' }
  test('the baseline separates the τ-bench sessions as its document says', withData, async () => {
    await home.run('project', 'create', 'tau')
    const imported = await home.run('import', tau, '--project', 'tau')
    assert.equal(imported.code, 0, imported.stderr)
    await home.run('eval', 'pins', '--panel', 'baseline', '--project', 'tau')
    assert.match(
      (await home.run('eval', 'separation', '--project', 'tau')).stdout,
      /^No pass under the pins \(baseline@/,
    )
    assert.equal((await home.run('eval', 'run', '--backend', 'baseline', '--project', 'tau')).code, 0)
    const { stdout } = await home.run('eval', 'separation', '--project', 'tau')
    assert.match(
      stdout,
      /^goal_completion: AUC 0\.336 \(0\.222–0\.471\)\n120 sessions of 30 tasks, 36 successes and 84 failures/,
    )
  })
})
