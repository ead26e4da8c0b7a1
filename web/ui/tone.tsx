import './plain.css'

export interface ToneWords {
  sign: string
  words: string
  tone: 'ok' | 'warn' | 'error' | 'meta'
}

/** How something stands: a sign in its colour, and words. */
export function Tone({ sign, words, tone }: ToneWords) {
  return (
    <span className="tone" data-tone={tone}>
      <span aria-hidden="true">{sign}</span> {words}
    </span>
  )
}
