import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const INSTALLED = [
  // Without windows, which nobody sees here, it takes a third less of the processor.
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/lib/chromium/chromium',
]

/** Why tests with a browser are left out; said once a file, loudly. */
export const NO_BROWSER =
  'No browser was found, so the tests of the web application did not run. Install Chromium (apt-get install chromium; ' +
  'npx playwright-core install chromium), or name one with WHETSTONE_TEST_BROWSER=/path/to/chromium.'

/**
 * Finds a Chromium: the one of `WHETSTONE_TEST_BROWSER`, Playwright's own, the system's; as root on Debian it is installed.
 *
 * @returns its path; null when there is none.
 */
export function findBrowser(): string | null {
  const named = process.env.WHETSTONE_TEST_BROWSER
  if (named) return named
  const there = [chromium.executablePath(), ...INSTALLED].find(path => existsSync(path))
  if (there !== undefined) return there
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return null
  console.log('Installing Chromium for the tests of the web application …')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const install = (browser: string) =>
    spawnSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', browser, 'fonts-dejavu-core'], { env })
      .status === 0
  if (!install('chromium-headless-shell')) {
    spawnSync('apt-get', ['update', '-q'], { env })
    if (!install('chromium-headless-shell')) install('chromium')
  }
  return INSTALLED.find(path => existsSync(path)) ?? null
}

/** Starts the browser. Its own sandbox cannot be had as root. */
export function launchBrowser(executablePath: string, args: string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox', ...args] : args })
}
