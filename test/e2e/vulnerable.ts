import { createServer } from 'node:http'
import { marked } from 'marked'
import { PAYLOADS, type Payload, type Sink } from './payloads.ts'

/** Pages that do with texts all that a page must not do, without any policy: what a detector has to notice. */
export interface VulnerableServer {
  url: string
  /** The page of payloads, each in a frame of its own. */
  pathOf: (payloads: Payload[]) => string
  close: () => Promise<void>
}

/** Serves them on a port of their own; for tests alone. */
export async function serveVulnerable(): Promise<VulnerableServer> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const one = PAYLOADS[Number(/^\/payload\/(\d+)$/.exec(pathname)?.[1] ?? -1)]
    const isList = pathname === '/list'
    response.writeHead(one === undefined && !isList ? 404 : 200, { 'content-type': 'text/html; charset=utf-8' })
    if (isList) response.end(frameAll(searchParams.get('ids') ?? ''))
    else response.end(one === undefined ? '' : `<!doctype html><meta charset=utf-8>${FIRE}${SINKS[one.sink](one.text)}`)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    pathOf: payloads => `/list?ids=${payloads.map(one => one.id).join(',')}`,
    close: () => new Promise(resolve => server.close(() => resolve())),
  }
}

function frameAll(ids: string): string {
  const frames = ids.split(',').map(id => `<iframe width=200 height=90 src="/payload/${Number(id)}"></iframe>`)
  return `<!doctype html><title>list</title>${frames.join('')}`
}

/**
 * Plays the reader: lets every event happen that an element listens to, clicks what can be clicked. And plays the scripts of
 * a page: believes that `settings` is what it once made itself.
 */
const FIRE = `<script>
addEventListener('load', () => setTimeout(() => {
  for (const element of document.querySelectorAll('*')) {
    for (const { name } of [...element.attributes]) {
      if (name.startsWith('on')) element.dispatchEvent(new Event(name.slice(2), { bubbles: true }))
    }
    if (element.matches('a, area, button')) {
      element.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, view: window }))
    }
  }
  const source = window.settings?.script?.href ?? window.settings?.script?.value
  if (source) document.head.append(Object.assign(document.createElement('script'), { src: source }))
}))
</script>`

const SINKS: { [sink in Sink]: (text: string) => string } = {
  markup: text => `<div>${text}</div>`,
  mutation: text =>
    `<div id=place></div><script>
      const parsed = new DOMParser().parseFromString(${embed(text)}, 'text/html').body.innerHTML
      document.getElementById('place').innerHTML = parsed
    </script>`,
  double: text => `<input value="${text}">`,
  single: text => `<input value='${text}'>`,
  bare: text => `<input value=${text}>`,
  link: text => `<a href="${text.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}">x</a>`,
  markdown: text => `<div>${marked.parse(text, { async: false })}</div>`,
  style: text => `<style>${text}</style><p>text</p><input value=secret>`,
  template: text =>
    `<div id=place></div><script>
      const text = ${embed(text)}.replace(/{{(.*?)}}|[$#]{(.*)}|<%=(.*?)%>/, (_, a, b, c) => Function('return ' + (a ?? b ?? c))())
      document.getElementById('place').textContent = text
    </script>`,
  script: text => `<script>const said = "${text}"</script>`,
  quoted: text => `<script>const said = '${text}'</script>`,
  backtick: text => `<script>const said = \`${text}\`</script>`,
  escaped: text => `<script>const said = "${text.replaceAll('"', '\\"')}"</script>`,
  comment: text => `<script>// ${text}\n</script>`,
  json: text => `<script>const said = ${JSON.stringify({ text })}</script>`,
  merge: text =>
    `<div id=place></div><script>
      const merge = (into, from) => {
        for (const name of Object.keys(from)) {
          if (from[name] instanceof Object) merge((into[name] ??= {}), from[name])
          else into[name] = from[name]
        }
      }
      merge({}, JSON.parse(${embed(text)}))
      document.getElementById('place').innerHTML = ({}).template ?? ''
    </script>`,
  terminal: text => `<pre>${colour(text)}</pre>`,
  folded: text => `<input value="${text.normalize('NFKC')}"><div>${text.normalize('NFKC')}</div>`,
  stripped: text => `<div>${text.replace(/\p{Cf}/gu, '')}</div>`,
  upper: text => `<div>${text.toUpperCase()}</div>`,
  lower: text => `<div>${text.replaceAll('\u212a', 'k')}</div>`,
  decoded: text => `<div>${decode(decode(text))}</div>`,
}

/** The text as a string of a script, for sinks that are careless in other ways. */
function embed(text: string): string {
  return JSON.stringify(text).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}

/** What a careless view of a terminal's output makes of it. */
function colour(text: string): string {
  return text
    .replaceAll('\u001b', '␛')
    .replaceAll('\u0007', '␇')
    .replace(/␛\]8;;(.*?)(?:␛\\|␇)/g, (_, address) => (address === '' ? '</a>' : `<a href="${address}">`))
    .replace(/␛\]\d+;(.*?)␇/g, '<b>$1</b>')
    .replace(/␛\[[\d;]*[A-Za-z]/g, '')
}

/** Undoes entities, per cent and the escapes of scripts, once. */
function decode(text: string): string {
  const entities: { [name: string]: string } = { lt: '<', gt: '>', amp: '&', quot: '"' }
  return text
    .replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replace(/\\u([0-9a-f]{4})|\\x([0-9a-f]{2})/gi, (_, wide, short) =>
      String.fromCharCode(Number.parseInt(wide ?? short, 16)),
    )
    .replace(/\\([0-7]{2,3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)))
    .replace(/&#x([0-9a-f]+);|&#(\d+);/gi, (_, hex, decimal) =>
      String.fromCharCode(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)),
    )
    .replace(/&(lt|gt|amp|quot);?/g, (_, name) => entities[name] ?? '')
}
