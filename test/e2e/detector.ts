import type { Page } from 'playwright-core'
import { ELSEWHERE } from './payloads.ts'

/** Something that a text did which is no more than text. */
export interface Sighting {
  what: 'ran' | 'dialog' | 'request' | 'navigation' | 'window' | 'policy' | 'element'
  detail: string
}

export interface Detector {
  sightings: Sighting[]
  /** Looks through all that is on the page now, in its frames too, for what no page of ours is made of. */
  look: () => Promise<void>
}

declare global {
  interface Window {
    __xssSeen?: (what: Sighting['what'], detail: string) => Promise<void>
  }
}

/**
 * Watches a page before it goes anywhere: payloads that run, dialogs, requests to other servers, navigation, new windows,
 * what the policy had to stop, elements that no page of ours has.
 *
 * @param isOwn tells the addresses of the server that is tested.
 */
export async function watchPage(page: Page, isOwn: (address: string) => boolean): Promise<Detector> {
  const sightings: Sighting[] = []
  const see = (what: Sighting['what'], detail: string) => void sightings.push({ what, detail: detail.slice(0, 300) })
  const isForeign = (address: string) => !isOwn(address) && !/^(about:|data:|blob:)/i.test(address)
  await page.context().exposeBinding('__xssSeen', (_, what: Sighting['what'], detail: string) => see(what, detail))
  await page.addInitScript(() => {
    const tell = (what: Sighting['what'], detail: string) => void window.__xssSeen?.(what, detail)
    const run = (id: unknown) => tell('ran', `payload ${id} at ${location.pathname}`)
    Object.assign(window, { __xss: run, __XSS: run })
    window.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sample }) =>
      tell('policy', `${effectiveDirective} ${blockedURI} ${sample}`),
    )
  })
  page.on('dialog', dialog => {
    see('dialog', dialog.message())
    void dialog.dismiss().catch(() => {})
  })
  page.context().on('request', request => {
    if (isForeign(request.url())) see('request', request.url())
  })
  // It leads nowhere; asking for its name would take its time.
  await page.context().route(
    address => address.hostname === ELSEWHERE,
    route => route.abort(),
  )
  page.on('framenavigated', frame => {
    const address = frame.url()
    if (isForeign(address) || address.startsWith('data:')) see('navigation', address)
  })
  page.context().on('page', opened => see('window', opened.url()))
  const look = async () => {
    for (const frame of page.frames()) {
      const found = await frame.evaluate(findForeignElements).catch(error => {
        // A frame may go meanwhile, the page may not.
        if (frame === page.mainFrame() && !/navigation|destroyed/.test(String(error))) throw error
        return []
      })
      for (const one of found) see('element', `${one} at ${frame.url().slice(0, 100)}`)
    }
  }
  return { sightings, look }
}

/**
 * Elements that no page of ours is made of: kinds of elements, handlers in attributes, addresses that lead to scripts or
 * elsewhere, names that payloads give. Runs in the browser, so it stands by itself.
 */
function findForeignElements(): string[] {
  const KINDS =
    'iframe, frame, frameset, object, embed, applet, base, math, marquee, audio, video, source, track, picture, template, ' +
    'noscript:not(body > noscript), plaintext, xmp, noembed, noframes, area, map, foreignObject, animate, set, image, xss, script:not([src]), ' +
    'meta[http-equiv], table[background], [srcdoc], [ping], [formaction], [autofocus][onfocus], form[action]'
  const LOADS = ['src', 'srcset', 'href', 'xlink:href', 'action', 'formaction', 'poster', 'data', 'background', 'ping']
  const IS_TEXT = /^(title|alt|value|placeholder|label|aria-[a-z]+|data-[a-z-]+|datetime)$/
  const found: string[] = []
  // A form's own fields may stand in the place of what every element has, so it is asked for by the prototype.
  const { getAttributeNames, getAttribute, matches } = Element.prototype
  for (const element of document.querySelectorAll('*')) {
    const is = (selector: string) => matches.call(element, selector)
    const troubles: string[] = is(KINDS) ? ['kind'] : []
    for (const name of getAttributeNames.call(element)) {
      // Ids that the library of components draws by lot may spell anything.
      const value = (getAttribute.call(element, name) ?? '').replaceAll(/\bmantine-[a-z0-9]+\b/g, '')
      if (/^on/i.test(name)) troubles.push(name)
      else if (LOADS.includes(name)) {
        const address = URL.parse(value, document.baseURI)
        const isOwn = address?.origin === location.origin || value === '' || value.startsWith('#')
        const isShown = is('img') && value.startsWith('data:image/')
        const isFollowed = is('a') && /^(https?|blob):$/.test(address?.protocol ?? '')
        if (!isOwn && !isShown && !isFollowed) troubles.push(`${name}=${value}`)
      } else if (IS_TEXT.test(name)) continue
      else if (/xss[.-]|__xss/i.test(value) || (/^(id|name)$/.test(name) && /^(settings|__proto__)$/i.test(value)))
        troubles.push(`${name}=${value}`)
      else if (name === 'style' && /url\(|expression|@import/i.test(value)) troubles.push(`${name}=${value}`)
    }
    if (is('style') && /xss|url\((?!["']?data:)|@import/i.test(element.textContent ?? '')) troubles.push('style')
    if (troubles.length > 0) found.push(`${troubles.join(' ').slice(0, 120)} of ${element.outerHTML.slice(0, 120)}`)
  }
  return found
}
