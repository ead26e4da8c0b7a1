/**
 * Code as tokens to be coloured: comments, strings, numbers and the words that languages keep for themselves. It knows
 * languages by what their comments look like and no more, which is enough to read by. Every token ends in linear time. Pure.
 */

export interface CodeToken {
  kind: 'comment' | 'string' | 'number' | 'keyword' | 'plain'
  text: string
}

/** More lines than that are shown without colours. */
const MOST_LINES = 500

const COMMENTS = {
  hash: '#[^\\n]*',
  slash: '//[^\\n]*|/\\*[^]*?(?:\\*/|$)',
  dash: '--[^\\n]*',
}

const HASH = 'py python sh bash shell zsh console yaml yml toml ruby rb perl r make makefile dockerfile ini conf'
const DASH = 'sql lua haskell hs elm'
const SLASH =
  'js javascript jsx mjs cjs ts typescript tsx mts json jsonc java kotlin kt c h cpp hpp cc cs csharp go rust rs swift ' +
  'scala php dart css scss less proto graphql zig'

const STYLES = new Map<string, keyof typeof COMMENTS>([
  ...HASH.split(' ').map(name => [name, 'hash'] as const),
  ...DASH.split(' ').map(name => [name, 'dash'] as const),
  ...SLASH.split(' ').map(name => [name, 'slash'] as const),
])

const KEYWORDS = new Set(
  (
    'abstract and as assert async await begin break case catch class const continue def default defer del do done elif else ' +
    'elsif end enum esac except export extends extern false fi final finally fn for from func function go if impl implements ' +
    'import in instanceof interface is lambda let local loop match mod module mut namespace new nil None not null of or ' +
    'package pass private protected pub public raise readonly return self select SELECT FROM WHERE JOIN ON GROUP BY ' +
    'ORDER LIMIT INSERT INTO UPDATE DELETE CREATE TABLE INDEX AND OR NOT NULL static struct super switch then this throw ' +
    'throws trait true True False try type typeof undefined union unless until use using var void where while with yield'
  ).split(' '),
)

/** @returns null for a language that is not known, and for more than 500 lines: such code is shown as it is. */
export function readCode(text: string, language: string): CodeToken[] | null {
  const style = STYLES.get(language.trim().split(/\s/, 1)[0]?.toLowerCase() ?? '')
  if (style === undefined || text.split('\n', MOST_LINES + 1).length > MOST_LINES) return null
  const strings = '"(?:[^"\\\\\\n]|\\\\.)*"?|\'(?:[^\'\\\\\\n]|\\\\.)*\'?|`(?:[^`\\\\]|\\\\.)*`?'
  const pattern = new RegExp(`(${COMMENTS[style]})|(${strings})|(\\b\\d[\\w.]*)|([A-Za-z_$][\\w$]*)`, 'g')
  const tokens: CodeToken[] = []
  let end = 0
  for (const match of text.matchAll(pattern)) {
    const kind = nameToken(match)
    if (kind === null) continue
    if (match.index > end) tokens.push({ kind: 'plain', text: text.slice(end, match.index) })
    tokens.push({ kind, text: match[0] })
    end = match.index + match[0].length
  }
  if (end < text.length) tokens.push({ kind: 'plain', text: text.slice(end) })
  return tokens
}

function nameToken([, comment, string, number, word]: RegExpExecArray): CodeToken['kind'] | null {
  if (comment !== undefined) return 'comment'
  if (string !== undefined) return 'string'
  if (number !== undefined) return 'number'
  return word !== undefined && KEYWORDS.has(word) ? 'keyword' : null
}
