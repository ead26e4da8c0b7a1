/**
 * How fast datasets change: `node bench/datasets.ts [--cases 100000] [--bytes 1000]`.
 *
 * Uploads cases of about `--bytes` bytes to a server in a process of its own: first all, then the same with one in a hundred
 * changed, then the same as CSV. Then measures what is read of such a dataset, and what one more case costs. Prints seconds,
 * and the server's largest memory meanwhile.
 */
import { parseArgs } from 'node:util'
import { measureDatasets } from './datasets-run.ts'

const { values } = parseArgs({
  options: { cases: { type: 'string', default: '100000' }, bytes: { type: 'string', default: '1000' } },
})

const measured = await measureDatasets({ cases: Number(values.cases), bytes: Number(values.bytes) })
for (const { name, ms, note } of measured.steps)
  console.log(`${name}: ${formatTime(ms)}${note === '' ? '' : `, ${note}`}`)
console.log(
  `memory of the server before ${Math.round(measured.rss_before / 1e6)} MB, at most ${Math.round(measured.rss_most / 1e6)} MB`,
)

function formatTime(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(2)} s`
}
