/** Hands bytes that were fetched to the browser as a file: a link of its own could not send the key and the project. */
export function offerBlob(name: string, blob: Blob): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
