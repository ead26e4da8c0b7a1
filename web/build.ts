/**
 * Builds the web application into `web/dist`, with a brotli and a gzip copy of each file: `npm run web`. `whetstone start`
 * and the demo do it by themselves when the sources have changed.
 */
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { build } from 'vite'
import { hashWebSources } from '#cli/start-web.ts'

const web = import.meta.dirname
const target = join(web, 'dist')
// Beside it, so that nobody serves half of it.
const unfinished = join(web, `dist-${process.pid}`)

const sources = hashWebSources()
await build({
  root: web,
  configFile: false,
  logLevel: 'error',
  build: {
    outDir: unfinished,
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    // Its polyfill would be for browsers that this does not run in.
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_000,
  },
})
await compressFiles(unfinished)
writeFileSync(join(unfinished, 'built.json'), `${JSON.stringify({ sources })}\n`)
replaceBuild()

/** Text that does not change is compressed once, as well as it can be. */
async function compressFiles(folder: string): Promise<void> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => /\.\w+$/.test(name))
  await Promise.all(
    files.map(async name => {
      const bytes = readFileSync(join(folder, name))
      const size = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length }
      writeFileSync(join(folder, `${name}.br`), await promisify(brotliCompress)(bytes, { params: size }))
      writeFileSync(join(folder, `${name}.gz`), await promisify(gzip)(bytes, { level: 9 }))
    }),
  )
}

/** Two builds at the same time must not mix: the last one is there as a whole. */
function replaceBuild(): void {
  for (let attempt = 1; ; attempt++) {
    rmSync(target, { recursive: true, force: true })
    try {
      renameSync(unfinished, target)
      return
    } catch (error) {
      if (attempt === 10) throw error
    }
  }
}
