export interface DiffLine {
  sign: '+' | '-' | ' '
  text: string
}

/** Beyond so many pairs of lines a change is shown as a whole: all out, all in. */
const MOST_PAIRS = 1_000_000
/** Lines around a change that are shown with it. */
const CONTEXT = 3

/**
 * What an edit takes out and puts in, line by line, by the longest common subsequence; lines far from any change are left out
 * (as `null`). Pure.
 */
export function diffLines(before: string, after: string): (DiffLine | null)[] {
  const [a, b] = [splitLines(before), splitLines(after)]
  let start = 0
  while (start < a.length && start < b.length && a[start] === b[start]) start++
  let end = 0
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++
  const same = (text: string): DiffLine => ({ sign: ' ', text })
  return leaveOutFar([
    ...a.slice(0, start).map(same),
    ...diffMiddle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end).map(same),
  ])
}

function splitLines(text: string): string[] {
  return text === '' ? [] : text.split('\n')
}

function diffMiddle(a: string[], b: string[]): DiffLine[] {
  const out = (text: string): DiffLine => ({ sign: '-', text })
  const into = (text: string): DiffLine => ({ sign: '+', text })
  if (a.length * b.length > MOST_PAIRS) return [...a.map(out), ...b.map(into)]
  const width = b.length + 1
  const common = new Uint32Array((a.length + 1) * width)
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const [skipA, skipB] = [common[(i + 1) * width + j] ?? 0, common[i * width + j + 1] ?? 0]
      common[i * width + j] = a[i] === b[j] ? (common[(i + 1) * width + j + 1] ?? 0) + 1 : Math.max(skipA, skipB)
    }
  }
  const lines: DiffLine[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]]
    if (left !== undefined && left === right) {
      lines.push({ sign: ' ', text: left })
      i++
      j++
    } else if (
      right === undefined ||
      (left !== undefined && (common[(i + 1) * width + j] ?? 0) >= (common[i * width + j + 1] ?? 0))
    ) {
      lines.push(out(left ?? ''))
      i++
    } else {
      lines.push(into(right))
      j++
    }
  }
  return lines
}

function leaveOutFar(lines: DiffLine[]): (DiffLine | null)[] {
  const near = new Set<number>()
  for (const [index, line] of lines.entries()) {
    if (line.sign !== ' ') for (let at = index - CONTEXT; at <= index + CONTEXT; at++) near.add(at)
  }
  return lines.flatMap((line, index) => (near.has(index) ? [line] : near.has(index - 1) || index === 0 ? [null] : []))
}
