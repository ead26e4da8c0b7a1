import { quoteSpreadsheet } from '#spreadsheet.ts'

export type Cell = string | number | null

/** A table as CSV (RFC 4180), with what a spreadsheet would take for a formula made harmless. */
export function writeCsv(header: string[], rows: Cell[][]): string {
  return writeLines([header, ...rows])
}

/** Lines of such a table, without its header. */
export function writeLines(rows: Cell[][]): string {
  return rows.map(row => `${row.map(quoteSpreadsheet).join(',')}\r\n`).join('')
}

/** Hands a text to the browser as a file. */
export function offerFile(name: string, text: string): void {
  offerBlob(name, new Blob([text], { type: 'text/csv;charset=utf-8' }))
}

/** Hands the browser a file. */
export function offerBlob(name: string, blob: Blob): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
