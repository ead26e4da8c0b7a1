/**
 * One process of Whetstone for the trials: `server` serves and works, `worker` only works. Configured by the environment
 * as Whetstone is. Prints a line when it is ready; SIGTERM ends it in order.
 */
import { createApi } from '#api.ts'
import { loadConfig } from '#config.ts'
import { serve } from '#http/serve.ts'
import { openApp } from '#open.ts'
import { startTasks } from '#tasks.ts'

const config = await loadConfig(process.env)
const { app, close } = await openApp(config, { supervise: true })
const worker = startTasks(app)
const listening = process.argv[2] === 'server' ? await serve(createApi(app).fetch, config.host, config.port) : null

process.once('SIGTERM', async () => {
  await listening?.close()
  await worker.stop()
  await close()
})
console.log(`ready ${listening?.url ?? ''}`)
