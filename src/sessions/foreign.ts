/** An object of a source, of which only some fields are known. */
export interface Foreign {
  [field: string]: unknown
}
