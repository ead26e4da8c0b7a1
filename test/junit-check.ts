/** Checks XML against what readers of JUnit's reports accept: well formed, and of the elements and attributes they know. */

interface Element {
  name: string
  attributes: Map<string, string>
  children: Element[]
  text: string
}

/** Attributes that an element may have, `!` those it must; and its children in their order. */
const GRAMMAR: { [name: string]: { attributes: string; children: string[] } } = {
  testsuites: { attributes: 'name time tests failures disabled errors', children: ['testsuite'] },
  testsuite: {
    attributes: 'name! tests! failures errors time disabled skipped timestamp hostname id package',
    children: ['properties', 'testcase', 'system-out', 'system-err'],
  },
  properties: { attributes: '', children: ['property'] },
  property: { attributes: 'name! value!', children: [] },
  testcase: {
    attributes: 'name! assertions time classname status',
    children: ['skipped', 'error', 'failure', 'system-out', 'system-err'],
  },
  failure: { attributes: 'type message', children: [] },
  error: { attributes: 'type message', children: [] },
  skipped: { attributes: 'type message', children: [] },
  'system-out': { attributes: '', children: [] },
  'system-err': { attributes: '', children: [] },
}

/** Reads a report. Throws for what is not well formed or not of the schema. */
export function readJunit(xml: string): Element {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0 forbids.
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(xml) || !xml.isWellFormed()) {
    throw new Error('a character that XML 1.0 does not have')
  }
  const body = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\s*/, '')
  const root: Element = { name: '', attributes: new Map(), children: [], text: '' }
  const open = [root]
  const tokens = /<\/([\w-]+)>|<([\w-]+)((?:\s+[\w-]+="[^"<]*")*)\s*(\/?)>|([^<]+)|(<)/g
  for (const [token, closing, opening, attributes = '', empty, text] of body.matchAll(tokens)) {
    const parent = open.at(-1) ?? root
    if (text !== undefined) parent.text += unescapeXml(text)
    else if (closing !== undefined) {
      if (open.pop()?.name !== closing) throw new Error(`${token} closes another element`)
    } else if (opening !== undefined) {
      const element = { name: opening, attributes: readAttributes(attributes), children: [], text: '' }
      parent.children.push(element)
      if (empty === '') open.push(element)
    } else throw new Error(`a < that is no tag in: ${body.slice(0, 200)}`)
  }
  const [suites] = root.children
  if (open.length !== 1 || suites?.name !== 'testsuites' || root.children.length !== 1) throw new Error('not one root')
  checkElement(suites)
  return suites
}

function checkElement({ name, attributes, children }: Element): void {
  const rule = GRAMMAR[name]
  if (rule === undefined) throw new Error(`<${name}> is not known`)
  const known = rule.attributes.split(' ')
  for (const attribute of attributes.keys()) {
    if (!known.some(one => one.replace('!', '') === attribute))
      throw new Error(`${attribute} of <${name}> is not known`)
  }
  for (const one of known.filter(one => one.endsWith('!'))) {
    if (!attributes.has(one.slice(0, -1))) throw new Error(`<${name}> lacks ${one}`)
  }
  let last = 0
  for (const child of children) {
    const place = rule.children.indexOf(child.name)
    if (place < last) throw new Error(`<${child.name}> does not belong there in <${name}>`)
    last = place
    checkElement(child)
  }
}

function readAttributes(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, unescapeXml(value)]),
  )
}

function unescapeXml(text: string): string {
  return text.replace(/&(\w*);?/g, (entity, name: string) => {
    const character = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }[name]
    if (character === undefined || !entity.endsWith(';')) throw new Error(`${entity} is no entity`)
    return character
  })
}
