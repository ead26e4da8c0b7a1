import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createMiddleware } from 'hono/factory'
import type { AppEnv } from './context.ts'

/** One file of the built web application, as it is sent. */
interface PageFile {
  type: string
  etag: string
  bytes: { [encoding in Encoding]: Uint8Array<ArrayBuffer> }
  /** Its name holds a hash of its content. */
  immutable: boolean
}

type Encoding = 'br' | 'gzip' | 'identity'

const WEB_FOLDER = fileURLToPath(new URL('../../web/dist/', import.meta.url))

const TYPES: { [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/**
 * What the pages may do. Scripts come from this server alone and markup is never made from text, so what agents, models
 * and their users wrote cannot run. Styles may stand in the document, since Mantine writes its variables there.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types default',
].join('; ')

const HEADERS = {
  'content-security-policy': POLICY,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  vary: 'accept-encoding',
}

/** What the build's files are called. */
const LIKE_FILES = /^\/(assets\/|[\w-]+\.(js|svg)$)/

const NOT_BUILT =
  'The web application is not built here. In a checkout, `npm ci && npm run web` builds it; then load this page again.\n' +
  'Everything else works: /openapi.json describes the API, and the command line does all that there is.\n'

/**
 * Serves the built web application: `/` and everything below `/p/` is the application itself, which reads the address;
 * its files stand beside. All other paths are left to the API.
 *
 * @param folder where the build lies. Files are kept in memory, those of former builds too, so that a page which is open
 *   while a new build is put there can still load its parts.
 */
export function servePages(folder = WEB_FOLDER) {
  const files = new Map<string, PageFile>()
  let builtAt = 0
  return createMiddleware<AppEnv>(async (c, next) => {
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return next()
    const { path } = c.req
    const isPage = path === '/' || path.startsWith('/p/')
    if (isPage || (builtAt === 0 && LIKE_FILES.test(path))) {
      const found = readBuildTime(folder)
      if (found !== null && found !== builtAt && readFiles(folder, files)) builtAt = found
    }
    const file = files.get(isPage ? '/index.html' : path)
    if (file !== undefined)
      return answerFile(file, c.req.header('accept-encoding') ?? '', c.req.header('if-none-match'))
    if (!isPage) return next()
    return c.text(NOT_BUILT, 503, HEADERS)
  })
}

/** Null without a build. */
function readBuildTime(folder: string): number | null {
  return statSync(join(folder, 'built.json'), { throwIfNoEntry: false })?.mtimeMs ?? null
}

/** False, and the former files stay, when the build is replaced in this moment; the next page looks again. */
function readFiles(folder: string, files: Map<string, PageFile>): boolean {
  try {
    for (const [path, file] of listPageFiles(folder)) files.set(path, file)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}

function listPageFiles(folder: string): Map<string, PageFile> {
  const files = new Map<string, PageFile>()
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const type = TYPES[extname(name)]
    if (type === undefined) continue
    const identity = readFileSync(join(folder, name))
    const path = `/${name.replaceAll(sep, '/')}`
    files.set(path, {
      type,
      etag: `"${createHash('sha256').update(identity).digest('base64url').slice(0, 22)}"`,
      bytes: { identity, br: readFileSync(join(folder, `${name}.br`)), gzip: readFileSync(join(folder, `${name}.gz`)) },
      immutable: path.startsWith('/assets/'),
    })
  }
  return files
}

function answerFile(file: PageFile, accepted: string, known: string | undefined): Response {
  const encoding = chooseEncoding(accepted)
  const headers = {
    ...HEADERS,
    'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag: file.etag,
  }
  if (known?.split(/\s*,\s*/).some(tag => tag.replace(/^W\//, '') === file.etag)) {
    return new Response(null, { status: 304, headers })
  }
  return new Response(file.bytes[encoding], {
    headers: {
      ...headers,
      'content-type': file.type,
      'content-length': String(file.bytes[encoding].byteLength),
      ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
    },
  })
}

/** The smallest that the client takes; a weight of 0 means that it does not. */
function chooseEncoding(accepted: string): Encoding {
  const taken = (name: string) =>
    new RegExp(`(^|,)\\s*${name}\\s*(;\\s*q=(?!0(\\.0*)?\\s*(,|$))[^,]*)?\\s*(,|$)`, 'i').test(accepted)
  if (taken('br')) return 'br'
  return taken('gzip') ? 'gzip' : 'identity'
}
