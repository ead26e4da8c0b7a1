/**
 * How fast sessions come in: `node bench/import.ts [--sessions 20000] [--repeat 3] [--stream-mb 0]`.
 *
 * Sends NDJSON over HTTP to a server in a process of its own, then loads the very same rows by a bare COPY into tables with
 * the same indexes and constraints on the same server. Prints both rates and their ratio; with `--stream-mb` also sends one
 * upload of that size and prints the server's largest memory meanwhile.
 */
import { parseArgs } from 'node:util'
import { measureImport, measureLongUpload } from './import-run.ts'

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '20000' },
    repeat: { type: 'string', default: '3' },
    'stream-mb': { type: 'string', default: '0' },
    profile: { type: 'string' },
  },
})

const execArgv = values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`]
const rounds = await measureImport({ sessions: Number(values.sessions), repeat: Number(values.repeat), execArgv })
for (const { megabytes, import_s, copy_s, server_ms } of rounds) {
  console.log(
    `${megabytes.toFixed(0)} MB: import ${import_s.toFixed(2)} s (${(megabytes / import_s).toFixed(0)} MB/s, CPU of the server ` +
      `${(server_ms / 1000).toFixed(2)} s), COPY ${copy_s.toFixed(2)} s: ${((copy_s / import_s) * 100).toFixed(0)} % of its rate`,
  )
}
const shares = rounds.map(round => round.copy_s / round.import_s).sort((a, b) => a - b)
console.log(`median ${((shares[Math.floor(shares.length / 2)] ?? 0) * 100).toFixed(0)} %`)

if (Number(values['stream-mb']) > 0) {
  const upload = await measureLongUpload(Number(values['stream-mb']))
  console.log(
    `${values['stream-mb']} MB in one upload: ${upload.seconds.toFixed(0)} s, memory of the server before ` +
      `${Math.round(upload.rss_before / 1e6)} MB, at most ${Math.round(upload.rss_most / 1e6)} MB`,
  )
}
