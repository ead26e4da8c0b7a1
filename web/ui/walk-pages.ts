/** A page of a list, and where the next one begins. */
export interface WalkedPage<Row, Place> {
  rows: Row[]
  next: Place | null
}

/**
 * Every row of a list that comes in pages, each once, a page at a time. What moves while it is walked through, moves to the head
 * (a session that goes on), which has been passed by then: so the head is looked at again in the end, as far as it is new.
 *
 * @param fetchPage null asks for the first page.
 * @param keyOf what names a row; null for one without a name, which is taken as it comes.
 */
export async function* walkPages<Row, Place>(
  fetchPage: (place: Place | null) => Promise<WalkedPage<Row, Place>>,
  keyOf: (row: Row) => string | null,
): AsyncGenerator<Row[]> {
  const seen = new Set<string>()
  for (const again of [false, true]) {
    let place: Place | null = null
    do {
      const page: WalkedPage<Row, Place> = await fetchPage(place)
      const rows = page.rows.filter(row => {
        const key = keyOf(row)
        return key === null ? !again : !seen.has(key)
      })
      for (const row of rows) seen.add(keyOf(row) ?? '')
      if (again && rows.length === 0) return
      if (rows.length > 0) yield rows
      place = page.next
    } while (place !== null)
  }
}
