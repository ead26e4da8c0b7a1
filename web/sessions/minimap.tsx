import { useEffect, useRef } from 'react'
import { isUserTurn, MESSAGE_FLAGS } from '#sessions/message-flags.ts'
import type { Outline, Rating } from './session-query.ts'

const WIDTH = 12

interface MinimapProps {
  outline: Outline
  ratings: Rating[]
  view: { from: number; to: number }
  onChoose: (index: number) => void
}

/** The whole conversation in a strip: turns, failures, thumbs, and the part that is seen. The outline says the same in words. */
export function Minimap({ outline, ratings, view, onChoose }: MinimapProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const element = canvas.current
    if (element === null) return
    const draw = () => drawMarks(element, outline, ratings)
    draw()
    const observer = new ResizeObserver(draw)
    observer.observe(element)
    const scheme = new MutationObserver(draw)
    scheme.observe(document.documentElement, { attributeFilter: ['data-mantine-color-scheme'] })
    return () => {
      observer.disconnect()
      scheme.disconnect()
    }
  }, [outline, ratings])
  const choose = (event: { clientY: number }) => {
    const box = canvas.current?.getBoundingClientRect()
    if (box) onChoose(Math.floor(((event.clientY - box.top) / box.height) * outline.flags.length))
  }
  return (
    <div className="minimap" aria-hidden="true" onClick={choose}>
      <canvas ref={canvas} />
      <div style={{ top: `${view.from * 100}%`, height: `max(4px, ${(Math.min(1, view.to) - view.from) * 100}%)` }} />
    </div>
  )
}

function drawMarks(canvas: HTMLCanvasElement, outline: Outline, ratings: Rating[]): void {
  const scale = window.devicePixelRatio || 1
  const height = canvas.clientHeight
  canvas.width = WIDTH * scale
  canvas.height = height * scale
  const context = canvas.getContext('2d')
  if (context === null) return
  context.scale(scale, scale)
  const style = getComputedStyle(canvas)
  const colour = (name: string) => style.getPropertyValue(name)
  const count = Math.max(1, outline.flags.length)
  const step = Math.max(1, height / count)
  const mark = (index: number, name: string, left: number, width: number, size = step) => {
    context.fillStyle = colour(name)
    context.fillRect(left, (index / count) * height, width, Math.min(3, Math.max(1, size)))
  }
  for (const [index, flags] of outline.flags.entries()) if (isUserTurn(flags)) mark(index, '--person', 1, 5)
  for (const [index, flags] of outline.flags.entries()) {
    if ((flags & MESSAGE_FLAGS.failed) !== 0) mark(index, '--error', 7, 4)
  }
  for (const { message_index, rating } of ratings) mark(message_index, rating === 1 ? '--ok' : '--warn', 0, WIDTH, 3)
}
