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
