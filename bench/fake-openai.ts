/**
 * A model backend to measure against, as its own process:
 *
 *   node bench/fake-openai.ts --port 4999 --latency-ms 200
 *   node bench/fake-openai.ts --port 4999 --median 200 --sigma 0.8 --seed 1 --reply '{"ok":true}'
 *   node bench/fake-openai.ts --verdicts
 *
 * With `--verdicts` it answers as the expert that the prompt names first, with scores that depend on the expert alone.
 * Prints its base URL when it listens.
 */
import { parseArgs } from 'node:util'
import { startFake } from '../test/openai-fake.ts'
import { replyToPrompt } from '../test/verdicts.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4999' },
    'latency-ms': { type: 'string', default: '0' },
    median: { type: 'string' },
    sigma: { type: 'string', default: '0.8' },
    seed: { type: 'string', default: '1' },
    reply: { type: 'string', default: 'ok' },
    verdicts: { type: 'boolean', default: false },
  },
})

const fake = await startFake({
  port: Number(values.port),
  latency:
    values.median === undefined
      ? Number(values['latency-ms'])
      : { median_ms: Number(values.median), sigma: Number(values.sigma), seed: Number(values.seed) },
  reply: values.verdicts ? ({ text }) => ({ text: replyToPrompt(text) }) : { text: values.reply },
  keep: false,
})
console.log(fake.url)
