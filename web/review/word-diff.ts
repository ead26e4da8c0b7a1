/** A part of one of two texts: in both, in the first alone (`-`), in the second alone (`+`). */
export interface WordChange {
  sign: ' ' | '-' | '+'
  text: string
}

/** Texts that differ in more places are shown as two: all out, all in. */
const MOST_EDITS = 600
/** A word, a stretch of white space, or one sign. */
const TOKEN = /[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu

/**
 * What became of a text, word by word. The first text is what is the same and what is out, the second what is the same and
 * what is in. A shortest way between them, found as E. W. Myers does ("An O(ND) difference algorithm and its variations",
 * Algorithmica 1, 1986). Pure.
 */
export function diffWords(before: string, after: string): WordChange[] {
  const { head, tail } = findEqualLines(before, after)
  const a = before.slice(head, before.length - tail).match(TOKEN) ?? []
  const b = after.slice(head, after.length - tail).match(TOKEN) ?? []
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++
  return join([
    { sign: ' ', text: before.slice(0, head) + a.slice(0, start).join('') },
    ...diffMiddle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    { sign: ' ', text: a.slice(a.length - end).join('') + before.slice(before.length - tail) },
  ])
}

/** Where the second text has what the first has not, as offsets in it. */
export function findAdded(changes: WordChange[]): { from: number; to: number }[] {
  let at = 0
  return changes.flatMap(({ sign, text }) => {
    if (sign === '-') return []
    const from = at
    at += text.length
    return sign === '+' ? [{ from, to: at }] : []
  })
}

/** How many characters of whole lines two texts begin and end with in common: with every key that is typed most of them. */
function findEqualLines(a: string, b: string): { head: number; tail: number } {
  const shorter = Math.min(a.length, b.length)
  let head = 0
  while (head < shorter && a.charCodeAt(head) === b.charCodeAt(head)) head++
  head = head === 0 ? 0 : a.lastIndexOf('\n', head - 1) + 1
  let tail = 0
  while (tail < shorter - head && a.charCodeAt(a.length - 1 - tail) === b.charCodeAt(b.length - 1 - tail)) tail++
  const line = tail === 0 ? -1 : a.indexOf('\n', a.length - tail)
  return { head, tail: line === -1 ? 0 : a.length - line - 1 }
}

function diffMiddle(a: string[], b: string[]): WordChange[] {
  const trace = a.length === 0 || b.length === 0 ? null : findWay(a, b)
  if (trace === null) {
    return [
      { sign: '-', text: a.join('') },
      { sign: '+', text: b.join('') },
    ]
  }
  const changes: WordChange[] = []
  let [x, y] = [a.length, b.length]
  for (let d = trace.length - 1; d > 0; d--) {
    const furthest = trace[d - 1] ?? new Int32Array()
    const at = (k: number) => furthest[k + d - 1] ?? -1
    const k = x - y
    const isIn = k === -d || (k !== d && at(k - 1) < at(k + 1))
    const [fromX, fromK] = isIn ? [at(k + 1), k + 1] : [at(k - 1), k - 1]
    const fromY = fromX - fromK
    const same = isIn ? x - fromX : x - fromX - 1
    for (let n = 0; n < same; n++) changes.push({ sign: ' ', text: a[--x] ?? '' })
    y -= same
    changes.push(isIn ? { sign: '+', text: b[--y] ?? '' } : { sign: '-', text: a[--x] ?? '' })
    ;[x, y] = [fromX, fromY]
  }
  while (x > 0) changes.push({ sign: ' ', text: a[--x] ?? '' })
  return changes.reverse()
}

/** How far each diagonal `k` (at `k + d`) goes with `d` edits, for every `d` up to the last; null for too many. */
function findWay(a: string[], b: string[]): Int32Array[] | null {
  const trace: Int32Array[] = []
  for (let d = 0; d <= Math.min(MOST_EDITS, a.length + b.length); d++) {
    const former = trace.at(-1)
    const furthest = new Int32Array(2 * d + 1)
    const at = (k: number) => (Math.abs(k) < d ? (former?.[k + d - 1] ?? -1) : -1)
    for (let k = -d; k <= d; k += 2) {
      let x = d === 0 ? 0 : k === -d || (k !== d && at(k - 1) < at(k + 1)) ? at(k + 1) : at(k - 1) + 1
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++
      furthest[k + d] = x
      if (x >= a.length && x - k >= b.length) return [...trace, furthest]
    }
    trace.push(furthest)
  }
  return null
}

/** Neighbours of one sign are one; where words are replaced on both sides of a gap, the gap goes with them. */
function join(changes: WordChange[]): WordChange[] {
  // What is the same, and the change that follows it.
  const blocks = [{ same: '', out: '', into: '' }]
  for (const { sign, text } of changes) {
    const last = blocks.at(-1)
    if (last === undefined || text === '') continue
    if (sign === '-') last.out += text
    else if (sign === '+') last.into += text
    else if (last.out === '' && last.into === '') last.same += text
    else blocks.push({ same: text, out: '', into: '' })
  }
  const folded: typeof blocks = []
  for (const block of blocks) {
    const before = folded.at(-1)
    const isGap = /^[^\S\n]+$/.test(block.same) && block.out !== '' && block.into !== ''
    if (before !== undefined && isGap && before.out !== '' && before.into !== '') {
      before.out += block.same + block.out
      before.into += block.same + block.into
    } else folded.push({ ...block })
  }
  const joined = folded.flatMap(({ same, out, into }): WordChange[] => [
    { sign: ' ', text: same },
    { sign: '-', text: out },
    { sign: '+', text: into },
  ])
  return joined.filter(({ text }) => text !== '')
}
