import './status.css'

const SHOWN = {
  evaluated: { glyph: '●', word: 'judged' },
  stale: { glyph: '◐', word: 'stale' },
  pending: { glyph: '○', word: 'pending' },
} as const

const BECAUSE = {
  judge: 'Judged by another judge than the one that is pinned.',
  rubric: 'Judged under another rubric than the one that is pinned.',
  content: 'The session went on since.',
}

/** How far the judging of a session is, as a sign and a word. */
export function Status({ status, because }: { status: keyof typeof SHOWN; because?: keyof typeof BECAUSE | null }) {
  const { glyph, word } = SHOWN[status]
  return (
    <span className="status" data-status={status} title={because ? BECAUSE[because] : undefined}>
      <span aria-hidden="true">{glyph}</span> {word}
    </span>
  )
}
