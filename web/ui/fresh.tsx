import { padCount } from './numbers.ts'
import './plain.css'

/** Offers what is new in a list, which keeps its place until then. */
export function Fresh({ count, onShow }: { count: number; onShow: () => void }) {
  if (count === 0) return null
  return (
    <button type="button" className="fresh" onClick={onShow}>
      {`${padCount(count >= 100 ? '100+' : count)} new · show`}
    </button>
  )
}
