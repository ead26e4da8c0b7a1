/**
 * Kills server, worker and database at random while work is under way, and checks what came of it:
 *
 *   node test/trials/kill.ts --kills 200 --work judging|sweeps --size 60 --seed 1
 *
 * The size is sessions or cases of each round.
 */
import { parseArgs } from 'node:util'
import { planJudgingWork } from './judging-work.ts'
import { runKillTrial } from './kill-trial.ts'
import { planSweepWork } from './sweep-work.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    work: { type: 'string', default: 'judging' },
    size: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})

console.log(`seed ${values.seed}`)
const work = values.work === 'sweeps' ? planSweepWork(Number(values.size)) : planJudgingWork(Number(values.size))
const options = { kills: Number(values.kills), seed: Number(values.seed), say: (line: string) => console.log(line) }
console.log(await runKillTrial(options, work))
