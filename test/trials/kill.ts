/**
 * Kills server, worker and database at random while runs are under way, and checks what came of it:
 *
 *   node test/trials/kill.ts --kills 200 --sessions 60 --seed 1
 */
import { parseArgs } from 'node:util'
import { runKillTrial } from './kill-trial.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    sessions: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})

console.log(`seed ${values.seed}`)
const report = await runKillTrial({
  kills: Number(values.kills),
  sessions: Number(values.sessions),
  seed: Number(values.seed),
  say: line => console.log(line),
})
console.log(report)
