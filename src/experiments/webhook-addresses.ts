import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { Invalid } from '#errors.ts'

/** Which addresses webhooks may call, and how names become addresses. */
export interface AddressGuard {
  allowPrivate: boolean
  /** All addresses of a name. */
  resolve: (name: string) => Promise<LookupAddress[]>
}

/** How long a name may take when a webhook is made; when it is called, the call's own deadline holds. */
const RESOLVE_MS = 3_000

/** The guard with the system's own resolver. */
export function createGuard(allowPrivate: boolean): AddressGuard {
  return { allowPrivate, resolve: name => lookup(name, { all: true }) }
}

/**
 * Reads the address of a webhook and refuses what it must not call. A name that cannot be resolved now is taken: what it
 * stands for is checked again at every connection.
 *
 * @throws Invalid
 */
export async function checkWebhookUrl(guard: AddressGuard, text: string): Promise<URL> {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw refuse('Expected an address that begins with https:// or http://')
  if (url.username !== '' || url.password !== '') throw refuse('Expected no user and no password in the address')
  if (url.hash !== '') throw refuse('Expected no "#" in the address')
  const host = bareHost(url)
  const timer = AbortSignal.timeout(RESOLVE_MS)
  const late = new Promise<[]>(resolve => timer.addEventListener('abort', () => resolve([])))
  const literal = isIP(host) === 0 ? [] : [{ address: host, family: isIP(host) }]
  const found = literal.length > 0 ? literal : await Promise.race([guard.resolve(host).catch(() => []), late])
  const trouble = findRefused(guard, host, found)
  if (trouble !== null) throw refuse(trouble)
  return url
}

/** Why an address that is no name may not be called; null if it may. Connections to such an address ask no resolver. */
export function findLiteralTrouble(guard: AddressGuard, url: URL): string | null {
  const host = bareHost(url)
  return isIP(host) === 0 ? null : findRefused(guard, host, [{ address: host, family: isIP(host) }])
}

/**
 * The resolver of connections: every address of the name is checked, and the connection goes to the very addresses that
 * were, so that a name which changes its meaning in between leads nowhere.
 */
export function createGuardedLookup(guard: AddressGuard): LookupFunction {
  return (name, options, callback) => {
    guard.resolve(name).then(
      addresses => {
        const trouble = findRefused(guard, name, addresses)
        const [first] = addresses
        if (trouble !== null) callback(new Error(trouble), '', 0)
        else if (first === undefined) callback(new Error(`${name} has no address.`), '', 0)
        else if (options.all) callback(null, addresses)
        else callback(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    )
  }
}

/** Whether an address is not one of the public internet: of this machine, a private network, a link, a cloud's metadata. */
export function isInternalAddress(address: string): boolean {
  const plain = address.replace(/%.*$/, '')
  if (isIP(plain) === 4) return internal4.check(plain, 'ipv4')
  return isIP(plain) !== 6 || !global6.check(plain, 'ipv6') || reserved6.check(plain, 'ipv6')
}

/** IANA's special-purpose registry (RFC 6890 and what followed), multicast, and Azure's address for its own guests. */
const internal4 = listSubnets('ipv4', [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
])
/** The part that is given out as public; loopback, mapped IPv4, unique local and link-local addresses lie outside. */
const global6 = listSubnets('ipv6', [['2000::', 3]])
/** Within it: protocols' own (Teredo among them), examples, and 6to4, which carries IPv4 addresses. */
const reserved6 = listSubnets('ipv6', [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
])

function listSubnets(family: 'ipv4' | 'ipv6', subnets: [string, number][]): BlockList {
  const list = new BlockList()
  for (const [net, prefix] of subnets) list.addSubnet(net, prefix, family)
  return list
}

function findRefused(guard: AddressGuard, host: string, addresses: LookupAddress[]): string | null {
  const internal = guard.allowPrivate ? undefined : addresses.find(({ address }) => isInternalAddress(address))
  if (internal === undefined) return null
  const what = host === internal.address ? host : `${host} (${internal.address})`
  return `${what} is no public address. The operator can allow it: webhooks: { allow_private: true } in whetstone.yaml`
}

function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

function refuse(message: string): Invalid {
  return new Invalid(message, ['body', 'url'], 'webhook_url')
}
