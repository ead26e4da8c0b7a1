/** The address's parameters as text, each by its name, defaults left out: what a person can read and change. */
export function readAddress(text: string): { [name: string]: string } {
  return Object.fromEntries(new URLSearchParams(text))
}

/** The parameters as the address has them; those without a value are left out. */
export function writeAddress(parameters: { [name: string]: unknown }): string {
  const written = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== '' && value !== false) written.set(name, String(value))
  }
  const text = written.toString()
  return text === '' ? '' : `?${text}`
}

/**
 * A page's reader of its address, as the router takes it. The router gives a page also what the reader left out, so that is set
 * to nothing here: a value without meaning must not reach the server.
 */
export function readOnly<Search extends object>(read: (given: { [name: string]: unknown }) => Search) {
  return (given: { [name: string]: unknown }): Search => ({
    ...Object.fromEntries(Object.keys(given).map(name => [name, undefined])),
    ...read(given),
  })
}
