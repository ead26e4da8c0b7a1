/**
 * A server with its worker as a process of its own, for the benchmarks; configured by the environment as Whetstone is.
 * Tells its parent its address when it is ready, and its CPU time and memory whenever the parent asks.
 */
import { createApi } from '#api.ts'
import { loadConfig } from '#config.ts'
import { serve } from '#http/serve.ts'
import { openApp } from '#open.ts'
import { startTasks } from '#tasks.ts'

const config = await loadConfig(process.env)
const { app, close } = await openApp(config, { supervise: true })
const worker = startTasks(app)
const listening = await serve(createApi(app).fetch, config.host, config.port)

const stop = async () => {
  await listening.close()
  await worker.stop()
  await close()
  process.exit()
}
process.on('message', () => process.send?.({ cpu: process.cpuUsage(), rss: process.memoryUsage.rss() }))
process.on('SIGTERM', stop)
process.on('disconnect', stop)
process.send?.({ url: listening.url })
