import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const BUILT = join(ROOT, 'web', 'dist', 'built.json')
/** What the web application is made of besides its own folder, and the files of `src/` that it names. */
const BESIDE = [
  'src/errors.ts',
  'src/json.ts',
  'src/json-trouble.ts',
  'src/lines.ts',
  'package-lock.json',
  'tsconfig.json',
]

/**
 * Builds the web application if its sources are here (in a package they are not, it carries the build) and are not those of
 * the build that is there. A build that fails leaves the former one, and whoever starts a server goes on without a new one.
 *
 * @param report is told what happens, in a line each: that it takes a few seconds, or what to do.
 * @returns whether what is served is up to date.
 */
export async function ensureWebBuilt(report: (line: string) => void): Promise<boolean> {
  const script = join(ROOT, 'web', 'build.ts')
  if (!existsSync(script) || readBuiltHash() === hashWebSources()) return true
  if (!existsSync(join(ROOT, 'node_modules', 'vite'))) {
    report('The web application is not built, since Vite is not installed. `npm ci` without --omit=dev brings it.')
    return false
  }
  report('Building the web application, once for these sources …')
  const failure = await runScript(script)
  if (failure !== null) report(`The web application could not be built; \`npm run web\` shows why. ${failure}`)
  return failure === null
}

/** A hash over everything that the build is made from. */
export function hashWebSources(): string {
  const own = readdirSync(join(ROOT, 'web'), { recursive: true, encoding: 'utf8' })
    .filter(name => /\.\w+$/.test(name) && !name.endsWith('.md') && !/^dist/.test(name))
    .map(name => `web/${name.replaceAll(sep, '/')}`)
  const hash = createHash('sha256')
  const named = own.flatMap(path => {
    const imports = readFileSync(join(ROOT, path), 'utf8').matchAll(/'#([\w./-]+\.ts)'/g)
    return [...imports].map(match => `src/${match[1]}`)
  })
  for (const path of [...new Set([...own, ...named, ...BESIDE])].sort()) {
    const file = join(ROOT, path)
    if (existsSync(file)) hash.update(`${path}\n`).update(createHash('sha256').update(readFileSync(file)).digest())
  }
  return hash.digest('hex')
}

function readBuiltHash(): string | null {
  try {
    const built: unknown = JSON.parse(readFileSync(BUILT, 'utf8'))
    return typeof built === 'object' && built !== null && 'sources' in built ? String(built.sources) : null
  } catch {
    return null
  }
}

/** @returns the end of what it complained of; null when all went well. */
function runScript(script: string): Promise<string | null> {
  return new Promise(resolve => {
    const child = spawn(process.execPath, [script], { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] })
    let shown = ''
    child.stderr.setEncoding('utf8').on('data', text => {
      shown = `${shown}${text}`.slice(-500)
    })
    child.on('error', error => resolve(error.message))
    child.on('close', code => resolve(code === 0 ? null : shown.trim()))
  })
}
